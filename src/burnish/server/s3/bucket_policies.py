"""Bucket policies as far as they concern Bedrock itself: whether it may write to a bucket in its own name."""

from __future__ import annotations

import json
from typing import Any

from burnish.policies.evaluation import BEDROCK, AccessDecision, AccessRequest, decision_for_bedrock
from burnish.policies.patterns import context_of
from burnish.server.s3.role_storage import RoleStorage, bucket_and_key

_SID = "AmazonBedrockLogsWrite"


def bedrock_may_write(storage: RoleStorage, folder: str, *, region: str) -> AccessDecision:
    """What the policy of a bucket says to Bedrock's writing below a folder of it, on behalf of a region.

    Raises `NotFound` for a bucket that is not there, and `ServiceUnavailable`.
    """
    account_id = storage.credentials.account_id
    bucket, key = bucket_and_key(folder)
    context = {
        "aws:SourceAccount": account_id,
        "aws:SourceArn": f"arn:aws:bedrock:{region}:{account_id}:*",
        "aws:SecureTransport": "true",
        "aws:ResourceAccount": account_id,
    }
    request = AccessRequest(
        action="s3:PutObject", resource=f"arn:aws:s3:::{bucket}/{key}/any", context=context_of(context)
    )
    return decision_for_bedrock(storage.policy(bucket) or "", request)


def let_bedrock_write(storage: RoleStorage, folder: str, *, region: str) -> None:
    """Add the statement to a bucket's policy that AWS adds, where the sender may change the policy."""
    account_id = storage.credentials.account_id
    bucket, key = bucket_and_key(folder)
    statement = {
        "Sid": _SID,
        "Effect": "Allow",
        "Principal": {"Service": BEDROCK},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{bucket}/{key}/*",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": account_id},
            "ArnLike": {"aws:SourceArn": f"arn:aws:bedrock:{region}:{account_id}:*"},
        },
    }
    given = storage.policy(bucket)
    policy: dict[str, Any] = json.loads(given) if given else {"Version": "2012-10-17", "Statement": []}
    before = policy["Statement"]
    # One statement need not stand in a list.
    others = before if isinstance(before, list) else [before]
    policy["Statement"] = [*(one for one in others if one.get("Sid") != _SID), statement]
    storage.set_policy(bucket, json.dumps(policy))
