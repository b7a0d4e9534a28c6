"""The policies that AWS manages and this server knows: those for Bedrock, S3 and IAM, and the two broad ones.

Their documents are AWS's, as of the dates that ``aws_policies.json`` gives. Others of AWS do not exist here,
for none of the services that they are about is.
https://docs.aws.amazon.com/aws-managed-policy/latest/reference/policy-list.html
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from burnish.server.iam.entities import Policy, PolicyVersion

ARN_PREFIX = "arn:aws:iam::aws:policy/"


@cache
def aws_policies() -> Mapping[str, Policy]:
    """AWS's policies by ARN, in the order of their names."""
    return {ARN_PREFIX + name: _policy(name, facts) for name, facts in _facts().items()}


def policy_at(arn: str) -> Policy | None:
    """The policy of AWS of that ARN, or None."""
    return aws_policies().get(arn)


@cache
def version_of(arn: str) -> PolicyVersion:
    """The version of a policy of AWS that counts, with its document."""
    policy = aws_policies()[arn]
    return PolicyVersion(
        number=policy.default_version,
        document=json.dumps(_facts()[policy.name]["document"]),
        created_at=policy.updated_at,
        is_default=True,
    )


@cache
def _facts() -> Mapping[str, Any]:
    text = (files(__package__) / "aws_policies.json").read_text(encoding="utf-8")
    facts: Mapping[str, Any] = json.loads(text)
    return dict(sorted(facts.items()))


def _policy(name: str, facts: Mapping[str, Any]) -> Policy:
    # Of the ids that AWS gives its policies only the form is known here.
    made_of = hashlib.sha256(name.encode()).hexdigest().upper()[:17]
    return Policy(
        arn=ARN_PREFIX + name,
        name=name,
        id=f"ANPA{made_of}",
        path="/",
        description=None,
        default_version=facts["version"],
        created_at=datetime.fromisoformat(facts["created"]),
        updated_at=datetime.fromisoformat(facts["updated"]),
        attachment_count=0,
    )
