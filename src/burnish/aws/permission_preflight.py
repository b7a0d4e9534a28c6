"""The rights that a job needs, looked at before it is created: those of its role, and the caller's own.

IAM is asked to simulate each action (SimulatePrincipalPolicy), which counts every policy there is; whoever
may not ask that gets told so, and the job is created all the same.
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
from burnish.policies import trusts_bedrock


@dataclass(frozen=True)
class _Need:
    """An action that somebody must be allowed, on some resources."""

    action: str
    resources: tuple[str, ...]


def look_at_rights(clients: Clients, config: FinetuningJobConfig, objects: Sequence[S3Uri]) -> Findings:
    """Whether Bedrock can take the role on, the role do its work, and the caller create the job."""
    found = Findings()
    with found.as_far_as_allowed("who is asking"):
        scope = JobScope(account_id=clients.account_id, region=clients.region)
        _look_at_role(clients.iam, config, objects, scope, found)
        _look_at_caller(clients, config, found)
    return found


def _look_at_role(
    iam: Client, config: FinetuningJobConfig, objects: Sequence[S3Uri], scope: JobScope, found: Findings
) -> None:
    arn = config.role_arn
    with found.as_far_as_allowed(f"whether Bedrock can take on {arn}"):
        try:
            role = call(iam.get_role, f"look at the role {arn}", RoleName=arn.rpartition("/")[2])["Role"]
        except NotFound:
            remedy = "`create_or_update_model_customization_role` makes one"
            found.problems.append(f"there is no role {arn}: {remedy}")
            return
        found.problems.extend(_trust_problems(arn, role["AssumeRolePolicyDocument"], scope))
    with found.as_far_as_allowed(f"what {arn} may do"):
        lacking = _lacking(iam, arn, _needs_of_role(config, objects, scope), _context(scope))
        found.problems.extend(f"the role {arn} may not {what}" for what in lacking)


def _look_at_caller(clients: Clients, config: FinetuningJobConfig, found: Findings) -> None:
    needs = [
        _Need("bedrock:CreateModelCustomizationJob", ("*",)),
        _Need("iam:PassRole", (config.role_arn,)),
    ]
    with found.as_far_as_allowed("what the caller may do"):
        caller = _principal(clients)
        context = {"iam:PassedToService": "bedrock.amazonaws.com"}
        lacking = _lacking(clients.iam, caller, needs, context) if caller else []
        found.problems.extend(f"you, {caller}, may not {what}" for what in lacking)


def _trust_problems(role_arn: str, trust_policy: Mapping[str, Any], scope: JobScope) -> list[str]:
    job = scope.jobs.replace("*", "any")
    if trusts_bedrock(json.dumps(trust_policy), account_id=scope.account_id, source_arn=job):
        return []
    whose = f"bedrock.amazonaws.com for jobs of {scope.account_id} in {scope.region}"
    remedy = "`create_or_update_model_customization_role` makes one that does"
    return [f"the role {role_arn} does not trust {whose}: {remedy}"]


def _needs_of_role(config: FinetuningJobConfig, objects: Sequence[S3Uri], scope: JobScope) -> list[_Need]:
    bucket = f"arn:{scope.partition}:s3:::"
    output = S3Uri.parse(config.output_uri).child("any")
    needs = [
        _Need("s3:GetObject", tuple(f"{bucket}{uri.bucket}/{uri.key}" for uri in objects)),
        _Need("s3:ListBucket", tuple(dict.fromkeys(f"{bucket}{uri.bucket}" for uri in objects))),
        _Need("s3:PutObject", (f"{bucket}{output.bucket}/{output.key}",)),
    ]
    if config.model_kms_key_id and ":key/" in config.model_kms_key_id:
        actions = ("kms:Decrypt", "kms:GenerateDataKey", "kms:DescribeKey", "kms:CreateGrant")
        needs += [_Need(action, (config.model_kms_key_id,)) for action in actions]
    if config.grader_lambda_arn:
        needs.append(_Need("lambda:InvokeFunction", (config.grader_lambda_arn,)))
    return [need for need in needs if need.resources]


def _context(scope: JobScope) -> Mapping[str, str]:
    return {
        "aws:ResourceAccount": scope.account_id,
        "kms:ViaService": f"bedrock.{scope.region}.amazonaws.com",
    }


def _lacking(iam: Client, principal: str, needs: Sequence[_Need], context: Mapping[str, str]) -> list[str]:
    """What of the needs the principal is not allowed, in words."""
    entries = [
        {"ContextKeyName": name, "ContextKeyValues": [value], "ContextKeyType": "string"}
        for name, value in context.items()
    ]
    lacking = []
    for need in needs:
        answer = call(
            iam.simulate_principal_policy,
            f"ask what {principal} may do",
            PolicySourceArn=principal,
            ActionNames=[need.action],
            ResourceArns=list(need.resources),
            ContextEntries=entries,
        )
        refused = sorted(_refused(answer["EvaluationResults"]))
        lacking += [f"{need.action} on {resource}: allow it in its policies" for resource in refused]
    return lacking


def _refused(results: Sequence[Mapping[str, Any]]) -> set[str]:
    """The resources on which an action is not allowed; IAM may answer for each, or for all with details."""
    refused = set()
    for result in results:
        details = result.get("ResourceSpecificResults") or [result]
        for detail in details:
            decision = detail.get("EvalResourceDecision") or detail.get("EvalDecision")
            if decision != "allowed":
                refused.add(str(detail.get("EvalResourceName", "*")))
    return refused


def _principal(clients: Clients) -> str | None:
    """The ARN under which IAM knows the caller; None for the root of an account, who may do everything."""
    arn = clients.caller_arn
    if arn.endswith(":root"):
        return None
    if ":assumed-role/" not in arn:
        return arn
    # The session's ARN lacks the role's path, so the role itself is asked for.
    name = arn.split("/")[1]
    role = call(clients.iam.get_role, f"look at the role {name!r}", RoleName=name)
    return str(role["Role"]["Arn"])
