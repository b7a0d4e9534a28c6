"""The IAM role that a customization job takes on: it may read and write the buckets in use, nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from burnish.aws.clients import Client
from burnish.aws.faults import translated_errors
from burnish.errors import Conflict, InvalidConfig

POLICY_PREFIX = "Burnish-S3-"


def role_name_for(role_name_base: str, region: str) -> str:
    """The name of the role in a region: each region has its own."""
    return f"{role_name_base}{region.replace('-', '')}"


def create_or_update_model_customization_role(
    iam: Client, *, role_name: str, account_id: str, region: str, buckets: Sequence[str]
) -> str:
    """The ARN of a role that jobs of this account and region can take on to use these buckets.

    Where the role exists its trust is renewed and the buckets are added: jobs that are running under it
    keep theirs.
    """
    if not buckets:
        raise InvalidConfig(
            f"The role {role_name!r}", ["buckets is empty: name each bucket that a job will use"]
        )
    trust = json.dumps(trust_policy(account_id=account_id, region=region))
    with translated_errors(f"create or update the role {role_name!r}"):
        arn = _arn_of_trusted_role(iam, role_name, trust)
        for bucket in buckets:
            iam.put_role_policy(
                RoleName=role_name,
                PolicyName=f"{POLICY_PREFIX}{bucket}",
                PolicyDocument=json.dumps(bucket_policy(bucket, region=region)),
            )
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


def _arn_of_trusted_role(iam: Client, role_name: str, trust: str) -> str:
    try:
        with translated_errors(f"create the role {role_name!r}"):
            made = iam.create_role(
                RoleName=role_name,
                AssumeRolePolicyDocument=trust,
                Description="Lets Bedrock customization jobs read and write the buckets of Burnish",
            )
    except Conflict as error:
        if error.code != "EntityAlreadyExists":
            raise
        iam.update_assume_role_policy(RoleName=role_name, PolicyDocument=trust)
        made = iam.get_role(RoleName=role_name)
    return str(made["Role"]["Arn"])


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
