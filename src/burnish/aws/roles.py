"""The IAM role that a customization job assumes, limited to the buckets and keys that it uses."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from burnish.aws.clients import Client
from burnish.aws.retries import call, call_deletion
from burnish.aws.role_policies import JobScope, RoleNeeds, effect_of, policies_for, trust_policy
from burnish.errors import AccessDenied, Conflict, NotFound
from burnish.phrasing import Phrasing
from burnish.suggestions import did_you_mean

log = logging.getLogger(__name__)


def role_name_for(role_name_base: str, region: str) -> str:
    """The name of the role in a region: each region has its own."""
    # Roles are global, and ours trusts jobs of one region: two regions must not overwrite each other's.
    return f"{role_name_base}{region.replace('-', '')}"


@dataclass(frozen=True, kw_only=True)
class RolePlan:
    """The changes that make a role usable for jobs. Print it to see the steps; `apply_plan` executes them."""

    role_name: str
    #: None where the role does not exist yet.
    arn: str | None
    trust: Mapping[str, Any] | None = None
    #: The policies to write, by name. Each is replaced in one call, so that running jobs never lack
    #: permissions.
    policies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    steps: tuple[str, ...] = ()
    #: Those steps that overwrite manual changes.
    replaced: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.steps:
            return f"The role {self.role_name!r} is as it should be."
        return "\n".join([f"The role {self.role_name!r}:", *(f"  - {step}" for step in self.steps)])


def create_or_update_model_customization_role(
    iam: Client, *, role_name: str, needs: RoleNeeds, scope: JobScope
) -> str:
    """Create or update a role for the jobs of this account and region, and return its ARN.

    Of an existing role only differing policies are written. Other policies are kept, because jobs may be
    running under them. A warning is logged for each manual change that is overwritten.
    """
    plan = plan_role(iam, role_name=role_name, needs=needs, scope=scope)
    for step in plan.replaced:
        log.warning("The role %r: %s", role_name, step)
    return apply_plan(iam, plan)


def plan_role(iam: Client, *, role_name: str, needs: RoleNeeds, scope: JobScope) -> RolePlan:
    """What `create_or_update_model_customization_role` would do. Read-only."""
    trust, wanted = trust_policy(scope), policies_for(needs, scope)
    role = _if_exists(iam.get_role, f"describe the role {role_name!r}", RoleName=role_name)
    if role is None:
        steps = [
            f"create it, for customization jobs of the account {scope.account_id} in {scope.region} only",
            *(f"let it {effect_of(document)}" for document in wanted.values()),
        ]
        return RolePlan(role_name=role_name, arn=None, trust=trust, policies=wanted, steps=tuple(steps))
    present = {name: _policy(iam, role_name, name) for name in wanted}
    return _update_plan(role["Role"], trust, wanted, present)


def apply_plan(iam: Client, plan: RolePlan) -> str:
    """Execute a plan, and return the role's ARN."""
    action = f"create or update the role {plan.role_name!r}"
    arn = plan.arn or _create_role(iam, plan, action)
    if plan.arn and plan.trust:
        trust = json.dumps(plan.trust)
        call(iam.update_assume_role_policy, action, RoleName=plan.role_name, PolicyDocument=trust)
    for name, document in plan.policies.items():
        body = json.dumps(document)
        call(iam.put_role_policy, action, RoleName=plan.role_name, PolicyName=name, PolicyDocument=body)
    return arn


@dataclass(frozen=True, kw_only=True)
class ServiceRole:
    """A role that Bedrock may assume. A list does not tell its policies."""

    role_name: str
    role_arn: str
    creation_time: datetime
    description: str = ""
    policies: tuple[str, ...] = ()


def list_roles(iam: Client) -> Iterator[ServiceRole]:
    """The roles of the account that Bedrock may assume, by name, read page by page."""
    read_page = partial(call, iam.list_roles, "list the roles")
    page = read_page()
    while True:
        yield from (_role_of(one) for one in page["Roles"] if _is_for_bedrock(one))
        if not page.get("IsTruncated"):
            return
        page = read_page(Marker=page["Marker"])


def get_role(iam: Client, role: str) -> ServiceRole:
    """The role of this name or ARN with its policies. Raises `NotFound` with the most similar name."""
    found = _described(iam, role)
    own = _all_of(iam.list_role_policies, "PolicyNames", found.role_name)
    attached = _all_of(iam.list_attached_role_policies, "AttachedPolicies", found.role_name)
    return replace(found, policies=(*own, *(one["PolicyName"] for one in attached)))


def role_arn(iam: Client, role: str) -> str:
    """The ARN of the role of this name; an ARN is not looked up."""
    return role if role.startswith("arn:") else _described(iam, role).role_arn


def name_in(role: str) -> str:
    """The name of a role that is given by name or ARN."""
    return role.rpartition("/")[2]


def delete_role(iam: Client, role: str) -> None:
    """Delete a role, given by name or ARN, with the policies it holds."""
    role_name = name_in(role)

    def delete(operation: Callable[..., Any], **which: Any) -> None:
        action = f"delete the role {role_name!r}"
        call_deletion(operation, action, RoleName=role_name, **which)

    # IAM refuses to delete a role that still has policies.
    try:
        names = _all_of(iam.list_role_policies, "PolicyNames", role_name)
    except NotFound as error:
        raise _no_role(iam, role) from error
    for name in names:
        delete(iam.delete_role_policy, PolicyName=name)
    for policy in _all_of(iam.list_attached_role_policies, "AttachedPolicies", role_name):
        delete(iam.detach_role_policy, PolicyArn=policy["PolicyArn"])
    delete(iam.delete_role)


def _update_plan(
    role: Mapping[str, Any],
    trust: Mapping[str, Any],
    wanted: Mapping[str, Mapping[str, Any]],
    present: Mapping[str, Mapping[str, Any] | None],
) -> RolePlan:
    """The plan that updates an existing role."""
    replaced, added = [], []
    if role["AssumeRolePolicyDocument"] != trust:
        replaced.append(
            "replace its trust policy, which is not the one for customization and import jobs only"
        )
    for name, document in wanted.items():
        if present[name] is None:
            added.append(f"let it {effect_of(document)}")
        elif present[name] != document:
            replaced.append(
                f"replace its policy {name}, which was changed by hand: it should {effect_of(document)}"
            )
    return RolePlan(
        role_name=role["RoleName"],
        arn=role["Arn"],
        trust=trust if role["AssumeRolePolicyDocument"] != trust else None,
        policies={name: document for name, document in wanted.items() if present[name] != document},
        steps=(*replaced, *added),
        replaced=tuple(replaced),
    )


def _create_role(iam: Client, plan: RolePlan, action: str) -> str:
    """Create the role and return its ARN.

    It may exist by now: created by an attempt of ours whose response was lost, or by somebody else.
    """
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


def _described(iam: Client, role: str) -> ServiceRole:
    described = _if_exists(iam.get_role, f"describe the role {role!r}", RoleName=name_in(role))
    if described is None:
        raise _no_role(iam, role)
    return _role_of(described["Role"])


def _no_role(iam: Client, role: str) -> NotFound:
    """The error with the most similar name, where the caller may list them."""
    try:
        names = [one.role_name for one in list_roles(iam)]
    except AccessDenied:
        names = []
    remedy = Phrasing(command="List them with `burnish role list`.", call="List them with IAM's ListRoles.")
    return NotFound(f"No role is called {role!r}.{did_you_mean(role, names)}", remedy=remedy)


def _role_of(member: Mapping[str, Any]) -> ServiceRole:
    return ServiceRole(
        role_name=member["RoleName"],
        role_arn=member["Arn"],
        creation_time=member["CreateDate"],
        description=member.get("Description", ""),
    )


def _is_for_bedrock(member: Mapping[str, Any]) -> bool:
    return "bedrock.amazonaws.com" in json.dumps(member.get("AssumeRolePolicyDocument", {}))


def _policy(iam: Client, role_name: str, name: str) -> Mapping[str, Any] | None:
    action = f"describe the policy {name!r} of the role {role_name!r}"
    found = _if_exists(iam.get_role_policy, action, RoleName=role_name, PolicyName=name)
    return found and found["PolicyDocument"]


def _if_exists(read: Callable[..., Any], action: str, **arguments: Any) -> Mapping[str, Any] | None:
    try:
        found: Mapping[str, Any] = call(read, action, **arguments)
    except NotFound:
        return None
    return found


def _all_of(list_page: Callable[..., Any], members: str, role_name: str) -> list[Any]:
    """All members of a listing. Read completely before any is deleted, which would shift the pages."""
    read_page = partial(call, list_page, f"describe the role {role_name!r}", RoleName=role_name)
    page = read_page()
    found = list(page[members])
    while page.get("IsTruncated"):
        page = read_page(Marker=page["Marker"])
        found += page[members]
    return found
