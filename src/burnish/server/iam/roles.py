"""IAM's operations on roles: who may assume them, and how long a session is.

`burnish.server.iam.operations` runs those that change something in a transaction each.
"""

from __future__ import annotations

from functools import partial
from operator import attrgetter

from burnish.server.iam.answers import boundary_members, check_document, role_members, role_named
from burnish.server.iam.entities import Role
from burnish.server.iam.entity_policies import forget, limit, set_tags
from burnish.server.iam.paging import Members, among, page
from burnish.server.iam.store import IamStore, new_id, now
from burnish.server.wire.call import Call, ServiceFault


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
    role = role_named(store, name)
    if boundary := given.get("PermissionsBoundary"):
        limit(store, role, boundary)
    return {"Role": _described(store, role)}


def get_role(store: IamStore, call: Call) -> Members:
    """The role."""
    return {"Role": _described(store, role_in(store, call))}


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
        *(given.get("Description"), given.get("MaxSessionDuration"), role_in(store, call).name),
    )


def update_assume_role_policy(store: IamStore, call: Call) -> None:
    """Replace a role's trust policy."""
    check_document(call.parameters["PolicyDocument"], is_trust=True)
    store.database.execute(
        "update roles set trust_policy = ? where name = ?",
        *(call.parameters["PolicyDocument"], role_in(store, call).name),
    )


def delete_role(store: IamStore, call: Call) -> None:
    """Delete a role. Refused while it has policies."""
    role = role_in(store, call)
    forget(store, role)
    store.database.execute("delete from roles where name = ?", role.name)


def list_instance_profiles_for_role(store: IamStore, call: Call) -> Members:
    """No profiles: there are no instances here. Tools ask for them before they delete a role."""
    role_named(store, call.parameters["RoleName"])
    return page("InstanceProfiles", call, among([], str), key=str)


def role_in(store: IamStore, call: Call) -> Role:
    """The role that a request names. Raises the fault ``NoSuchEntity``."""
    return role_named(store, call.parameters["RoleName"])


def _described(store: IamStore, role: Role) -> Members:
    return role_members(role) | boundary_members(store.boundary_of(role))
