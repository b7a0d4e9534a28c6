"""Who calls in tests of batches, what its role may do, and a process that answers as it is told."""

from __future__ import annotations

import asyncio
import json

from burnish.engine.inference_messages import Answer
from burnish.server.iam.operations import iam_handlers
from burnish.server.wire.call import Call, Identity

ACCOUNT, REGION = "123456789012", "us-east-1"
CALLER = Identity(account_id=ACCOUNT, access_key="AKIA", region=REGION)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/batch"
ALL = json.dumps(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
)
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "bedrock.amazonaws.com"},
            "Action": "sts:AssumeRole",
        },
    }
)


def done(control, operation: str, **parameters) -> None:
    """Carry out an operation of IAM."""
    call = Call(service="iam", operation=operation, parameters=parameters, caller=CALLER)
    asyncio.run(iam_handlers(control.iam)["iam", operation](call))


class Inference:
    """Answers with what it was asked; ``trouble`` are errors that come before the next answers."""

    def __init__(self, *trouble: Exception, seconds: float = 0.0) -> None:
        self.trouble = list(trouble)
        self.seconds = seconds
        self.asked, self.at_once, self.most_at_once = [], 0, 0

    async def answer(self, request):
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(self.seconds)
        self.at_once -= 1
        if self.trouble:
            raise self.trouble.pop(0)
        self.asked.append(request)
        return Answer(text=request.turns[-1].text, stop_reason="end_turn", input_tokens=3, output_tokens=2)
