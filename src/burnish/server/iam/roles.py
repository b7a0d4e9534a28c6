"""IAM's operations on roles: who may assume them, what they may do, their tags.

`burnish.server.iam.operations` runs those that change something in a transaction each.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from operator import attrgetter, itemgetter

from burnish.server.iam.answers import (
    check_document,
    encoded,
    length_of,
    policy_at,
    role_members,
    role_named,
    tag_list,
)
from burnish.server.iam.paging import Members, among, page
from burnish.server.iam.store import IamStore, Policy, Role, new_id, now
from burnish.server.wire.call import Call, ServiceFault

MAX_TAGS = 50
MAX_ATTACHED = 10
#: What all inline policies of a role have together, at most.
MAX_INLINE_LENGTH = 10_240


def create_role(store: IamStore, call: Call) -> Members:
    """The new role."""
    given = call.parameters
    name, path = given["RoleName"], given.get("Path", "/")
    check_document(given["AssumeRolePolicyDocument"], is_trust=True)
    arn = f"arn:aws:iam::{call.caller.account_id}:role{path}{name}"
    if store.role(name):
        raise ServiceFault("EntityAlreadyExists", f"Role with name {name} already exists.")
    store.database.execute(
        "insert into roles values (?, ?, ?, ?, ?, ?, ?, ?)",
        *(name, new_id("AROA"), arn, path, given["AssumeRolePolicyDocument"]),
        *(given.get("Description"), given.get("MaxSessionDuration", 3600), now()),
    )
    set_tags(store, arn, given.get("Tags", []))
    return {"Role": role_members(role_named(store, name))}


def get_role(store: IamStore, call: Call) -> Members:
    """The role."""
    return {"Role": role_members(_role(store, call))}


def list_roles(store: IamStore, call: Call) -> Members:
    """The roles under a path."""
    after = partial(store.roles, call.parameters.get("PathPrefix", "/"))
    return page("Roles", call, after, key=attrgetter("name"), shown=partial(role_members, with_tags=False))


def update_role(store: IamStore, call: Call) -> None:
    """Change a role's description or session length, where one is given."""
    given = call.parameters
    store.database.execute(
        "update roles set description = coalesce(?, description), "
        "max_session_duration = coalesce(?, max_session_duration) where name = ?",
        *(given.get("Description"), given.get("MaxSessionDuration"), _role(store, call).name),
    )


def update_assume_role_policy(store: IamStore, call: Call) -> None:
    """Replace a role's trust policy."""
    check_document(call.parameters["PolicyDocument"], is_trust=True)
    store.database.execute(
        "update roles set trust_policy = ? where name = ?",
        *(call.parameters["PolicyDocument"], _role(store, call).name),
    )


def delete_role(store: IamStore, call: Call) -> None:
    """Delete a role. Refused while it has policies."""
    role = _role(store, call)
    if store.attached_policies(role.name):
        raise ServiceFault("DeleteConflict", "Cannot delete entity, must detach all policies first.")
    if store.database.rows("select 1 from role_policies where role = ?", role.name):
        raise ServiceFault("DeleteConflict", "Cannot delete entity, must delete policies first.")
    store.database.execute("delete from tags where arn = ?", role.arn)
    store.database.execute("delete from roles where name = ?", role.name)


def put_role_policy(store: IamStore, call: Call) -> None:
    """Put an inline policy into a role, in place of one of the same name."""
    given = call.parameters
    check_document(given["PolicyDocument"], longest=MAX_INLINE_LENGTH)
    role = _role(store, call)
    store.database.execute(
        "insert or replace into role_policies values (?, ?, ?)",
        *(role.name, given["PolicyName"], given["PolicyDocument"]),
    )
    # Measured with the new policy in the place of one of its name; a fault takes it back.
    rows = store.database.rows("select document from role_policies where role = ?", role.name)
    if sum(length_of(row["document"]) for row in rows) > MAX_INLINE_LENGTH:
        raise ServiceFault(
            "LimitExceeded",
            f"Maximum policy size of {MAX_INLINE_LENGTH} bytes exceeded for role {role.name}",
        )


def get_role_policy(store: IamStore, call: Call) -> Members:
    """One inline policy of a role."""
    role, name = _role(store, call), call.parameters["PolicyName"]
    rows = store.database.rows(
        "select document from role_policies where role = ? and name = ?", role.name, name
    )
    if not rows:
        raise _no_role_policy(name)
    return {"RoleName": role.name, "PolicyName": name, "PolicyDocument": encoded(rows[0]["document"])}


def list_role_policies(store: IamStore, call: Call) -> Members:
    """The names of a role's inline policies."""
    role = _role(store, call)
    rows = store.database.rows("select name from role_policies where role = ? order by name", role.name)
    return page("PolicyNames", call, among([row["name"] for row in rows], str), key=str)


def delete_role_policy(store: IamStore, call: Call) -> None:
    """Take an inline policy out of a role."""
    name = call.parameters["PolicyName"]
    role = _role(store, call)
    if not store.database.execute("delete from role_policies where role = ? and name = ?", role.name, name):
        raise _no_role_policy(name)


def attach_role_policy(store: IamStore, call: Call) -> None:
    """Attach a managed policy to a role."""
    role, policy = _role(store, call), policy_at(store, call.parameters["PolicyArn"])
    # A set, because what is attached already may be attached again, also at the limit.
    attached = {other.arn for other in store.attached_policies(role.name)} | {policy.arn}
    if len(attached) > MAX_ATTACHED:
        raise ServiceFault("LimitExceeded", f"Cannot exceed quota for PoliciesPerRole: {MAX_ATTACHED}")
    store.database.execute("insert or ignore into attachments values (?, ?)", role.name, policy.arn)


def detach_role_policy(store: IamStore, call: Call) -> None:
    """Detach a managed policy from a role."""
    arn = call.parameters["PolicyArn"]
    role = _role(store, call)
    if not store.database.execute(
        "delete from attachments where role = ? and policy_arn = ?", role.name, arn
    ):
        raise ServiceFault("NoSuchEntity", f"Policy {arn} was not found.")


def list_attached_role_policies(store: IamStore, call: Call) -> Members:
    """The managed policies of a role."""
    policies = store.attached_policies(_role(store, call).name, call.parameters.get("PathPrefix", "/"))
    return page("AttachedPolicies", call, among(policies, _folded_name), key=_folded_name, shown=_attached)


def tag_role(store: IamStore, call: Call) -> None:
    """Add tags to a role, or change their values."""
    set_tags(store, _role(store, call).arn, call.parameters["Tags"])


def untag_role(store: IamStore, call: Call) -> None:
    """Take tags off a role."""
    role = _role(store, call)
    for key in call.parameters["TagKeys"]:
        store.database.execute("delete from tags where arn = ? and key = ?", role.arn, key)


def list_role_tags(store: IamStore, call: Call) -> Members:
    """The tags of a role."""
    key = itemgetter("Key")
    return page("Tags", call, among(tag_list(_role(store, call).tags), key), key=key)


def list_instance_profiles_for_role(store: IamStore, call: Call) -> Members:
    """No profiles: there are no instances here. Tools ask for them before they delete a role."""
    role_named(store, call.parameters["RoleName"])
    return page("InstanceProfiles", call, among([], str), key=str)


def set_tags(store: IamStore, arn: str, tags: list[Mapping[str, str]]) -> None:
    """Give a role or policy these tags. Raises the fault ``LimitExceeded`` above 50."""
    for tag in tags:
        store.database.execute("insert or replace into tags values (?, ?, ?)", arn, tag["Key"], tag["Value"])
    # Counted once they are written, for a tag that only changes its value is not one more.
    if len(store.tags(arn)) > MAX_TAGS:
        raise ServiceFault("LimitExceeded", f"The number of tags has reached the maximum limit: {MAX_TAGS}")


def _folded_name(policy: Policy) -> str:
    """What policies are ordered by: their names, upper and lower case alike."""
    return policy.name.lower()


def _attached(policy: Policy) -> Members:
    return {"PolicyName": policy.name, "PolicyArn": policy.arn}


def _role(store: IamStore, call: Call) -> Role:
    return role_named(store, call.parameters["RoleName"])


def _no_role_policy(name: str) -> ServiceFault:
    return ServiceFault("NoSuchEntity", f"The role policy with name {name} cannot be found.")
