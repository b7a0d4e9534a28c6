"""The policy documents of a customization job's role: its trust policy, and its permissions by policy name.

They follow the Bedrock user guide ("Create a service role for model customization", "Protect model
customization jobs using a VPC", "Encryption of model customization jobs"), narrowed to what is in use.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from burnish.configs import VpcConfig
from burnish.errors import InvalidConfig

PREFIX = "Burnish-"

Document: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class RoleNeeds:
    """What the jobs of a role use.

    A bucket is given by its name, or as ``s3://bucket/folder/`` where only that folder is used. KMS keys are
    given by ARN: those that encrypt custom models or the data. ``grader_lambda_arn`` is for reinforcement
    fine-tuning.
    """

    buckets: tuple[str, ...]
    kms_key_arns: tuple[str, ...] = ()
    vpc: VpcConfig | None = None
    grader_lambda_arn: str | None = None

    def problems(self) -> list[str]:
        """The problems with it; empty if there are none."""
        problems = [] if self.buckets else ["buckets is empty: name each bucket that a job will use"]
        problems += [
            f"kms_key_arns holds {key!r}: a policy takes the ARN of a key, not an alias or an id"
            for key in self.kms_key_arns
            if ":key/" not in key
        ]
        return problems


def role_needs(
    buckets: Sequence[str], kms_key_arns: Sequence[str], vpc: VpcConfig | None, grader_lambda_arn: str | None
) -> RoleNeeds:
    """What the jobs of a role use, of sequences of any kind."""
    return RoleNeeds(
        buckets=tuple(buckets),
        kms_key_arns=tuple(kms_key_arns),
        vpc=vpc,
        grader_lambda_arn=grader_lambda_arn,
    )


@dataclass(frozen=True, kw_only=True)
class JobScope:
    """The account and the region whose jobs may assume the role."""

    account_id: str
    region: str

    @property
    def partition(self) -> str:
        """``aws``, or the name of the partition that the region is in."""
        if self.region.startswith("cn-"):
            return "aws-cn"
        return "aws-us-gov" if self.region.startswith("us-gov-") else "aws"

    @property
    def jobs(self) -> str:
        """The ARN pattern of all customization jobs: the ARN of one is not known before it is created."""
        return self._every("model-customization-job")

    @property
    def imports(self) -> str:
        """The ARN pattern of all jobs that import a model."""
        return self._every("model-import-job")

    @property
    def batches(self) -> str:
        """The ARN pattern of all batch inference jobs."""
        return self._every("model-invocation-job")

    def _every(self, kind: str) -> str:
        return f"arn:{self.partition}:bedrock:{self.region}:{self.account_id}:{kind}/*"

    def ec2(self, resource: str) -> str:
        """The ARN of something in the network, such as ``subnet/subnet-1``."""
        return f"arn:{self.partition}:ec2:{self.region}:{self.account_id}:{resource}"


def trust_policy(scope: JobScope) -> Document:
    """The trust policy: Bedrock may assume the role, for the jobs of this account and region only.

    Customization jobs, those that bring a model that was tuned elsewhere, and batch inference.
    Without the conditions, a job of any other account could use the role (the "confused deputy" problem).
    """
    return _document(
        {
            "Effect": "Allow",
            "Principal": {"Service": "bedrock.amazonaws.com"},
            "Action": "sts:AssumeRole",
            "Condition": {
                "StringEquals": {"aws:SourceAccount": scope.account_id},
                "ArnEquals": {"aws:SourceArn": [scope.jobs, scope.imports, scope.batches]},
            },
        }
    )


def policies_for(needs: RoleNeeds, scope: JobScope) -> dict[str, Document]:
    """The policies of the role, by name: one for each thing that its jobs use. Raises `InvalidConfig`."""
    if problems := needs.problems():
        raise InvalidConfig("The role for customization jobs", problems)
    policies = {_bucket_name(bucket): bucket_policy(bucket, scope) for bucket in needs.buckets}
    policies |= {f"{PREFIX}KMS-{_short(key)}": kms_policy(key, scope) for key in needs.kms_key_arns}
    if needs.vpc:
        policies[f"{PREFIX}VPC"] = vpc_policy(needs.vpc, scope)
    if needs.grader_lambda_arn:
        policies[f"{PREFIX}Lambda"] = lambda_policy(needs.grader_lambda_arn)
    return policies


def bucket_policy(bucket: str, scope: JobScope) -> Document:
    """Permission to list one bucket, and to read and write its objects, or those of a folder."""
    name, _, folder = bucket.removeprefix("s3://").partition("/")
    arn = f"arn:{scope.partition}:s3:::{name}"
    objects = f"{arn}/{folder.rstrip('/')}/*" if folder else f"{arn}/*"
    return _document(
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject", "s3:ListBucket"],
            "Resource": [arn, objects],
        }
    )


def kms_policy(key_arn: str, scope: JobScope) -> Document:
    """Permission to use a key, through Bedrock and S3 only."""
    services = [f"{service}.{scope.region}.amazonaws.com" for service in ("bedrock", "s3")]
    return _document(
        {
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey", "kms:CreateGrant"],
            "Resource": [key_arn],
            "Condition": {"StringEquals": {"kms:ViaService": services}},
        }
    )


def vpc_policy(vpc: VpcConfig, scope: JobScope) -> Document:
    """Permission to create and delete the network interfaces of jobs, in these subnets only."""
    # Bedrock tags the interfaces that it makes: by that the role can touch no others.
    tagged, job = "BedrockManaged", "BedrockModelCustomizationJobArn"
    subnets = [scope.ec2(f"subnet/{subnet}") for subnet in vpc.subnet_ids]
    groups = [scope.ec2(f"security-group/{group}") for group in vpc.security_group_ids]
    interfaces = scope.ec2("network-interface/*")
    described = ("NetworkInterfaces", "Vpcs", "DhcpOptions", "Subnets", "SecurityGroups")
    return _document(
        # EC2 takes no resources for what describes.
        {"Effect": "Allow", "Action": [f"ec2:Describe{what}" for what in described], "Resource": ["*"]},
        {
            "Effect": "Allow",
            "Action": ["ec2:CreateNetworkInterface"],
            "Resource": [interfaces, *subnets, *groups],
            "Condition": {
                "StringEquals": {f"aws:RequestTag/{tagged}": ["true"]},
                "ArnEquals": {f"aws:RequestTag/{job}": [scope.jobs]},
            },
        },
        {
            "Effect": "Allow",
            "Action": [
                "ec2:CreateNetworkInterfacePermission",
                "ec2:DeleteNetworkInterface",
                "ec2:DeleteNetworkInterfacePermission",
            ],
            "Resource": ["*"],
            "Condition": {
                "StringEquals": {f"ec2:ResourceTag/{tagged}": ["true"]},
                "ArnEquals": {"ec2:Subnet": subnets, f"ec2:ResourceTag/{job}": [scope.jobs]},
            },
        },
        {
            "Effect": "Allow",
            "Action": ["ec2:CreateTags"],
            "Resource": [interfaces],
            "Condition": {
                "StringEquals": {"ec2:CreateAction": ["CreateNetworkInterface"]},
                "ForAllValues:StringEquals": {"aws:TagKeys": [tagged, job]},
            },
        },
    )


def lambda_policy(function_arn: str) -> Document:
    """Permission to invoke the grader function, in any version."""
    return _document(
        {
            "Effect": "Allow",
            "Action": ["lambda:InvokeFunction"],
            "Resource": [function_arn, f"{function_arn}:*"],
        }
    )


def effect_of(document: Document) -> str:
    """What a policy permits, in a few words."""
    statement = document["Statement"][0]
    service = str(statement["Action"][0]).partition(":")[0]
    reach = statement["Resource"]
    return {
        "s3": f"read and write {reach[-1]}",
        "kms": f"use the key {reach[0]}",
        "ec2": "run jobs in the VPC",
        "lambda": f"invoke the grader {reach[0]}",
    }[service]


def _document(*statements: Mapping[str, Any]) -> Document:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _bucket_name(bucket: str) -> str:
    """The name of a bucket's policy. Each folder has its own, so that adding one does not replace another."""
    name, _, folder = bucket.removeprefix("s3://").partition("/")
    return f"{PREFIX}S3-{name}" + (f"-{_short(folder.rstrip('/'))}" if folder else "")


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
