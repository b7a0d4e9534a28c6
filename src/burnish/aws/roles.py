"""The IAM role that a customization job takes on: it may read and write the buckets in use, nothing else."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from burnish.aws.clients import Client
from burnish.aws.faults import translated_errors
from burnish.errors import Conflict, InvalidConfig, NotFound

POLICY_PREFIX = "Burnish-S3-"

log = logging.getLogger(__name__)


def role_name_for(role_name_base: str, region: str) -> str:
    """The name of the role in a region: each region has its own."""
    return f"{role_name_base}{region.replace('-', '')}"


@dataclass(frozen=True, kw_only=True)
class RolePlan:
    """What lets jobs take a role on. Printed, it is the steps; `apply_plan` does them."""

    role_name: str
    #: None where the role is still to be made.
    arn: str | None
    trust: Mapping[str, Any] | None = None
    #: By name, the policies to write. Writing one replaces it at once: the role never lacks its rights.
    policies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    steps: tuple[str, ...] = ()
    #: Those of the steps that replace what somebody has changed by hand.
    replaced: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.steps:
            return f"The role {self.role_name!r} is as it should be."
        return "\n".join([f"The role {self.role_name!r}:", *(f"  - {step}" for step in self.steps)])


def create_or_update_model_customization_role(
    iam: Client, *, role_name: str, account_id: str, region: str, buckets: Sequence[str]
) -> str:
    """The ARN of a role that jobs of this account and region can take on to use these buckets.

    Where the role exists only what differs is written, and buckets are added: jobs that are running under
    it keep theirs. What replaces a policy that was changed by hand is logged as a warning.
    """
    plan = plan_role(iam, role_name=role_name, account_id=account_id, region=region, buckets=buckets)
    for step in plan.replaced:
        log.warning("The role %r: %s", role_name, step)
    return apply_plan(iam, plan)


def plan_role(
    iam: Client, *, role_name: str, account_id: str, region: str, buckets: Sequence[str]
) -> RolePlan:
    """What `create_or_update_model_customization_role` would do. Only looks."""
    if not buckets:
        raise InvalidConfig(
            f"The role {role_name!r}", ["buckets is empty: name each bucket that a job will use"]
        )
    trust = trust_policy(account_id=account_id, region=region)
    wanted = {f"{POLICY_PREFIX}{bucket}": bucket_policy(bucket, region=region) for bucket in buckets}
    with translated_errors(f"look at the role {role_name!r}"):
        role = _if_there(lambda: iam.get_role(RoleName=role_name)["Role"])
        if role is None:
            steps = [
                f"create it, for customization jobs of the account {account_id} in {region} alone",
                *(f"let it read and write {_reach_of(document)}" for document in wanted.values()),
            ]
            return RolePlan(role_name=role_name, arn=None, trust=trust, policies=wanted, steps=tuple(steps))
        present = {name: _policy(iam, role_name, name) for name in wanted}
    return _renewal(role, trust, wanted, present)


def apply_plan(iam: Client, plan: RolePlan) -> str:
    """The ARN of the role, once everything is done that the plan lists."""
    with translated_errors(f"create or update the role {plan.role_name!r}"):
        arn = plan.arn or _arn_of_new_role(iam, plan)
        if plan.arn and plan.trust:
            iam.update_assume_role_policy(RoleName=plan.role_name, PolicyDocument=json.dumps(plan.trust))
        for name, document in plan.policies.items():
            iam.put_role_policy(RoleName=plan.role_name, PolicyName=name, PolicyDocument=json.dumps(document))
    return arn


def delete_role(iam: Client, role: str) -> None:
    """Delete a role, given by name or ARN, with the policies it holds."""
    role_name = role.rpartition("/")[2]
    with translated_errors(f"delete the role {role_name!r}"):
        for name in _all_of(iam.list_role_policies, "PolicyNames", role_name):
            iam.delete_role_policy(RoleName=role_name, PolicyName=name)
        for policy in _all_of(iam.list_attached_role_policies, "AttachedPolicies", role_name):
            iam.detach_role_policy(RoleName=role_name, PolicyArn=policy["PolicyArn"])
        iam.delete_role(RoleName=role_name)


def trust_policy(*, account_id: str, region: str) -> dict[str, Any]:
    """Who may take the role on: Bedrock, for customization jobs of this account in this region.

    The job's own ARN is unknown before the job exists, hence the wildcard (Bedrock user guide, "Create a
    service role for model customization").
    """
    jobs = f"arn:{_partition_of(region)}:bedrock:{region}:{account_id}:model-customization-job/*"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "bedrock.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": account_id},
                    "ArnEquals": {"aws:SourceArn": jobs},
                },
            }
        ],
    }


def bucket_policy(bucket: str, *, region: str) -> dict[str, Any]:
    """What the role may do in one bucket: list it, and read and write its objects."""
    arn = f"arn:{_partition_of(region)}:s3:::{bucket}"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:PutObject", "s3:ListBucket"],
                "Resource": [arn, f"{arn}/*"],
            }
        ],
    }


def _renewal(
    role: Mapping[str, Any],
    trust: Mapping[str, Any],
    wanted: Mapping[str, Mapping[str, Any]],
    present: Mapping[str, Mapping[str, Any] | None],
) -> RolePlan:
    """What makes a role that exists as it should be."""
    replaced, added = [], []
    if role["AssumeRolePolicyDocument"] != trust:
        replaced.append("replace its trust policy, which is not the one for customization jobs alone")
    for name, document in wanted.items():
        if present[name] is None:
            added.append(f"let it read and write {_reach_of(document)}")
        elif present[name] != document:
            replaced.append(
                f"replace its policy {name}, which was changed by hand: "
                f"it is to read and write {_reach_of(document)}"
            )
    return RolePlan(
        role_name=role["RoleName"],
        arn=role["Arn"],
        trust=trust if role["AssumeRolePolicyDocument"] != trust else None,
        policies={name: document for name, document in wanted.items() if present[name] != document},
        steps=(*replaced, *added),
        replaced=tuple(replaced),
    )


def _arn_of_new_role(iam: Client, plan: RolePlan) -> str:
    """Made here, or a moment ago by somebody else with the same plan."""
    trust = json.dumps(plan.trust)
    try:
        with translated_errors(f"create the role {plan.role_name!r}"):
            made = iam.create_role(
                RoleName=plan.role_name,
                AssumeRolePolicyDocument=trust,
                Description="Lets Bedrock customization jobs read and write the buckets of Burnish",
            )
    except Conflict as error:
        if error.code != "EntityAlreadyExists":
            raise
        iam.update_assume_role_policy(RoleName=plan.role_name, PolicyDocument=trust)
        made = iam.get_role(RoleName=plan.role_name)
    return str(made["Role"]["Arn"])


def _policy(iam: Client, role_name: str, name: str) -> Mapping[str, Any] | None:
    return _if_there(lambda: iam.get_role_policy(RoleName=role_name, PolicyName=name)["PolicyDocument"])


def _if_there(look: Callable[[], Mapping[str, Any]]) -> Mapping[str, Any] | None:
    try:
        with translated_errors("look at the role"):
            return look()
    except NotFound:
        return None


def _reach_of(document: Mapping[str, Any]) -> str:
    return str(document["Statement"][0]["Resource"][0])


def _all_of(list_page: Callable[..., Any], key: str, role_name: str) -> Iterator[Any]:
    """Everything in a listing of IAM, read to its end before any of it is deleted."""
    found: list[Any] = []
    page = list_page(RoleName=role_name)
    found += page[key]
    while page.get("IsTruncated"):
        page = list_page(RoleName=role_name, Marker=page["Marker"])
        found += page[key]
    return iter(found)


def _partition_of(region: str) -> str:
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"
