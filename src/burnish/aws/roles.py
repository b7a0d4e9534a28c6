"""The IAM role that a customization job takes on: it may read and write the buckets in use, nothing else."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from burnish.aws.clients import Client
from burnish.aws.retries import call, call_to_end
from burnish.aws.role_policies import JobScope, RoleNeeds, effect_of, policies_for, trust_policy
from burnish.errors import Conflict, NotFound

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
    iam: Client, *, role_name: str, needs: RoleNeeds, scope: JobScope
) -> str:
    """The ARN of a role that jobs of this account and region can take on to use what they need.

    Where the role exists only what differs is written, and what else it may do is kept: jobs that are running
    under it keep theirs. What replaces a policy that was changed by hand is logged as a warning.
    """
    plan = plan_role(iam, role_name=role_name, needs=needs, scope=scope)
    for step in plan.replaced:
        log.warning("The role %r: %s", role_name, step)
    return apply_plan(iam, plan)


def plan_role(iam: Client, *, role_name: str, needs: RoleNeeds, scope: JobScope) -> RolePlan:
    """What `create_or_update_model_customization_role` would do. Only looks."""
    trust, wanted = trust_policy(scope), policies_for(needs, scope)
    role = _if_there(iam.get_role, f"look at the role {role_name!r}", RoleName=role_name)
    if role is None:
        steps = [
            f"create it, for customization jobs of the account {scope.account_id} in {scope.region} alone",
            *(f"let it {effect_of(document)}" for document in wanted.values()),
        ]
        return RolePlan(role_name=role_name, arn=None, trust=trust, policies=wanted, steps=tuple(steps))
    present = {name: _policy(iam, role_name, name) for name in wanted}
    return _renewal(role["Role"], trust, wanted, present)


def apply_plan(iam: Client, plan: RolePlan) -> str:
    """The ARN of the role, once everything is done that the plan lists."""
    action = f"create or update the role {plan.role_name!r}"
    arn = plan.arn or _arn_of_new_role(iam, plan, action)
    if plan.arn and plan.trust:
        trust = json.dumps(plan.trust)
        call(iam.update_assume_role_policy, action, RoleName=plan.role_name, PolicyDocument=trust)
    for name, document in plan.policies.items():
        body = json.dumps(document)
        call(iam.put_role_policy, action, RoleName=plan.role_name, PolicyName=name, PolicyDocument=body)
    return arn


def delete_role(iam: Client, role: str) -> None:
    """Delete a role, given by name or ARN, with the policies it holds."""
    role_name = role.rpartition("/")[2]

    def delete(operation: Callable[..., Any], **which: Any) -> None:
        action = f"delete the role {role_name!r}"
        call_to_end(operation, action, already=NotFound, RoleName=role_name, **which)

    for name in _all_of(iam.list_role_policies, "PolicyNames", role_name):
        delete(iam.delete_role_policy, PolicyName=name)
    for policy in _all_of(iam.list_attached_role_policies, "AttachedPolicies", role_name):
        delete(iam.detach_role_policy, PolicyArn=policy["PolicyArn"])
    delete(iam.delete_role)


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
            added.append(f"let it {effect_of(document)}")
        elif present[name] != document:
            replaced.append(
                f"replace its policy {name}, which was changed by hand: it is to {effect_of(document)}"
            )
    return RolePlan(
        role_name=role["RoleName"],
        arn=role["Arn"],
        trust=trust if role["AssumeRolePolicyDocument"] != trust else None,
        policies={name: document for name, document in wanted.items() if present[name] != document},
        steps=(*replaced, *added),
        replaced=tuple(replaced),
    )


def _arn_of_new_role(iam: Client, plan: RolePlan, action: str) -> str:
    """Made here, or a moment ago by a request of ours whose answer was lost, or by somebody else."""
    trust = json.dumps(plan.trust)
    try:
        made = call(
            iam.create_role,
            action,
            RoleName=plan.role_name,
            AssumeRolePolicyDocument=trust,
            Description="Lets Bedrock customization jobs read and write the buckets of Burnish",
        )
    except Conflict as error:
        if error.code != "EntityAlreadyExists":
            raise
        call(iam.update_assume_role_policy, action, RoleName=plan.role_name, PolicyDocument=trust)
        made = call(iam.get_role, action, RoleName=plan.role_name)
    return str(made["Role"]["Arn"])


def _policy(iam: Client, role_name: str, name: str) -> Mapping[str, Any] | None:
    action = f"look at the policy {name!r} of the role {role_name!r}"
    found = _if_there(iam.get_role_policy, action, RoleName=role_name, PolicyName=name)
    return found and found["PolicyDocument"]


def _if_there(look: Callable[..., Any], action: str, **arguments: Any) -> Mapping[str, Any] | None:
    try:
        found: Mapping[str, Any] = call(look, action, **arguments)
    except NotFound:
        return None
    return found


def _all_of(list_page: Callable[..., Any], members: str, role_name: str) -> list[Any]:
    """Everything in a listing of IAM, read to its end before any of it is deleted."""
    look = partial(call, list_page, f"look at the role {role_name!r}", RoleName=role_name)
    page = look()
    found = list(page[members])
    while page.get("IsTruncated"):
        page = look(Marker=page["Marker"])
        found += page[members]
    return found
