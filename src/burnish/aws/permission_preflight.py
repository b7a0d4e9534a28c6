"""Checks of the permissions that a job needs, before it is created: those of its role, and the caller's own.

IAM simulates each action (SimulatePrincipalPolicy), which takes every policy into account. Where the caller
is not allowed to simulate, that is reported, and the job is created all the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from burnish.aws.clients import Client, Clients
from burnish.aws.findings import Findings
from burnish.aws.objects import S3Uri
from burnish.aws.retries import call
from burnish.aws.role_policies import JobScope
from burnish.configs import FinetuningJobConfig
from burnish.errors import NotFound
from burnish.phrasing import Phrasing, Text
from burnish.policies.evaluation import trusts_bedrock


@dataclass(frozen=True)
class _Permission:
    """An action on some resources that a principal must be allowed."""

    action: str
    resources: tuple[str, ...]


def check_permissions(clients: Clients, config: FinetuningJobConfig, objects: Sequence[S3Uri]) -> Findings:
    """Check that Bedrock can assume the role, the role do its work, and the caller create the job."""
    found = Findings()
    # IAM can be out of reach where S3 and Bedrock are not: it has no endpoint inside of a network.
    with found.noting_denials("who is asking", or_silence=True):
        scope = JobScope(account_id=clients.account_id, region=clients.region)
        _check_role(clients.iam, config, objects, scope, found)
        _check_caller(clients, config, found)
    return found


_NEW_ROLE = Phrasing(
    command="`burnish role create` makes one that works",
    call="`create_or_update_model_customization_role()` makes one that works",
)


def _check_role(
    iam: Client, config: FinetuningJobConfig, objects: Sequence[S3Uri], scope: JobScope, found: Findings
) -> None:
    arn = config.role_arn
    with found.noting_denials(f"whether Bedrock can assume {arn}"):
        try:
            role = call(iam.get_role, f"describe the role {arn}", RoleName=arn.rpartition("/")[2])["Role"]
        except NotFound:
            found.problems.append(_NEW_ROLE.after(f"there is no role {arn}:"))
            return
        found.problems.extend(_trust_problems(arn, role["AssumeRolePolicyDocument"], scope))
    with found.noting_denials(f"what {arn} may do"):
        needed = _role_permissions(config, objects, scope)
        service = f"bedrock.{scope.region}.amazonaws.com"
        context = {"aws:ResourceAccount": scope.account_id, "kms:ViaService": service}
        missing = _missing_permissions(iam, arn, needed, context)
        found.problems.extend(f"the role {arn} may not {what}" for what in missing)


def _check_caller(clients: Clients, config: FinetuningJobConfig, found: Findings) -> None:
    needed = [
        _Permission("bedrock:CreateModelCustomizationJob", ("*",)),
        _Permission("iam:PassRole", (config.role_arn,)),
    ]
    with found.noting_denials("what the caller may do"):
        caller = _principal(clients)
        context = {"iam:PassedToService": "bedrock.amazonaws.com"}
        missing = _missing_permissions(clients.iam, caller, needed, context) if caller else []
        found.problems.extend(f"you, {caller}, may not {what}" for what in missing)


def _trust_problems(role_arn: str, trust_policy: Mapping[str, Any], scope: JobScope) -> list[Text]:
    job = scope.jobs.replace("*", "any")
    if trusts_bedrock(json.dumps(trust_policy), account_id=scope.account_id, source_arn=job):
        return []
    whose = f"bedrock.amazonaws.com for jobs of {scope.account_id} in {scope.region}"
    return [_NEW_ROLE.after(f"the role {role_arn} does not trust {whose}:")]


def _role_permissions(
    config: FinetuningJobConfig, objects: Sequence[S3Uri], scope: JobScope
) -> list[_Permission]:
    bucket = f"arn:{scope.partition}:s3:::"
    # Any key will do: jobs choose their own below the output.
    output = S3Uri.parse(config.output_uri).child("any")
    needed = [
        _Permission("s3:GetObject", tuple(f"{bucket}{uri.bucket}/{uri.key}" for uri in objects)),
        _Permission("s3:ListBucket", tuple(dict.fromkeys(f"{bucket}{uri.bucket}" for uri in objects))),
        _Permission("s3:PutObject", (f"{bucket}{output.bucket}/{output.key}",)),
    ]
    # IAM knows keys by their ARN: of an alias or an id nothing can be simulated.
    if config.model_kms_key_id and ":key/" in config.model_kms_key_id:
        actions = ("kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey", "kms:CreateGrant")
        needed += [_Permission(action, (config.model_kms_key_id,)) for action in actions]
    if config.grader_lambda_arn:
        needed.append(_Permission("lambda:InvokeFunction", (config.grader_lambda_arn,)))
    return [permission for permission in needed if permission.resources]


def _missing_permissions(
    iam: Client, principal: str, needed: Sequence[_Permission], context: Mapping[str, str]
) -> list[str]:
    """A sentence for each permission that the principal lacks."""
    entries = [
        {"ContextKeyName": name, "ContextKeyValues": [value], "ContextKeyType": "string"}
        for name, value in context.items()
    ]
    missing = []
    # One simulation for each permission: with several actions IAM crosses every action with every resource.
    for permission in needed:
        answer = call(
            iam.simulate_principal_policy,
            f"ask what {principal} may do",
            PolicySourceArn=principal,
            ActionNames=[permission.action],
            ResourceArns=list(permission.resources),
            ContextEntries=entries,
        )
        refused = sorted(_refused(answer["EvaluationResults"]))
        missing += [f"{permission.action} on {resource}: allow it in its policies" for resource in refused]
    return missing


def _refused(results: Sequence[Mapping[str, Any]]) -> set[str]:
    """The resources for which an action is denied. IAM has one result for each, or one with details."""
    refused = set()
    for result in results:
        details = result.get("ResourceSpecificResults") or [result]
        for detail in details:
            decision = detail.get("EvalResourceDecision") or detail.get("EvalDecision")
            if decision != "allowed":
                refused.add(str(detail.get("EvalResourceName", "*")))
    return refused


def _principal(clients: Clients) -> str | None:
    """The ARN by which IAM knows the caller; None for the root user, who may do everything."""
    arn = clients.caller_arn
    if arn.endswith(":root"):
        return None
    if ":assumed-role/" not in arn:
        return arn
    # The ARN of a session lacks the role's path, so the role has to be fetched.
    name = arn.split("/")[1]
    role = call(clients.iam.get_role, f"describe the role {name!r}", RoleName=name)
    return str(role["Role"]["Arn"])
