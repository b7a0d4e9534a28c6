"""IAM's operations on users.

`burnish.server.iam.operations` runs those that change something in a transaction each.
"""

from __future__ import annotations

from functools import partial
from operator import attrgetter

from burnish.server.iam.answers import boundary_members, user_members, user_named
from burnish.server.iam.entities import User
from burnish.server.iam.entity_policies import forget, limit, set_tags
from burnish.server.iam.paging import Members, among, page
from burnish.server.iam.renaming import rename
from burnish.server.iam.store import IamStore, new_id, now
from burnish.server.principals import Principal, PrincipalKind
from burnish.server.wire.call import Call, ServiceFault


def create_user(store: IamStore, call: Call) -> Members:
    """The new user, who has neither keys nor permissions yet."""
    given = call.parameters
    user = new_user(store, given["UserName"], call.caller.account_id, path=given.get("Path", "/"))
    set_tags(store, user.arn, given.get("Tags", []))
    if boundary := given.get("PermissionsBoundary"):
        limit(store, user, boundary)
    return {"User": _described(store, user_named(store, user.name))}


def new_user(store: IamStore, name: str, account_id: str, *, path: str = "/") -> User:
    """A user that is new in the store. Raises the fault ``EntityAlreadyExists``."""
    _check_name_is_free(store, name)
    arn = f"arn:aws:iam::{account_id}:user{path}{name}"
    store.database.execute("insert into users values (?, ?, ?, ?, ?)", name, new_id("AIDA"), arn, path, now())
    return user_named(store, name)


def get_user(store: IamStore, call: Call) -> Members:
    """A user; without a name whoever asks."""
    principal = call.caller.principal
    if call.parameters.get("UserName") is None and principal.kind is PrincipalKind.ROOT:
        return {"User": _root_members(store, principal)}
    return {"User": _described(store, user_in(store, call))}


def list_users(store: IamStore, call: Call) -> Members:
    """The users under a path."""
    after = partial(store.users, call.parameters.get("PathPrefix", "/"))
    return page("Users", call, after, key=attrgetter("name"), shown=partial(user_members, with_tags=False))


def update_user(store: IamStore, call: Call) -> None:
    """Change a user's name or path. Its id, keys, policies and groups stay."""
    given, user = call.parameters, user_named(store, call.parameters["UserName"])
    name = given.get("NewUserName", user.name)
    if name.lower() != user.name.lower():
        _check_name_is_free(store, name)
    rename(store, user, name=name, path=given.get("NewPath", user.path))


def delete_user(store: IamStore, call: Call) -> None:
    """Delete a user. Refused while it is in a group, and while there are policies or keys of it."""
    user = user_in(store, call)
    for table, what in (("access_keys", "access keys"), ("bearer_keys", "service specific credentials")):
        if store.database.rows(f"select 1 from {table} where user = ?", user.name):  # noqa: S608  # tables of ours
            raise ServiceFault("DeleteConflict", f"Cannot delete entity, must delete {what} first.")
    if store.groups_of(user.name, size=1):
        raise ServiceFault("DeleteConflict", "Cannot delete entity, must remove users from group first.")
    forget(store, user)
    store.database.execute("delete from users where name = ?", user.name)


def list_mfa_devices(store: IamStore, call: Call) -> Members:
    """No devices: this server knows keys only. Tools ask for them before they delete a user."""
    user_in(store, call)
    return page("MFADevices", call, among([], str), key=str)


def user_in(store: IamStore, call: Call) -> User:
    """The user that a request names, or else the one who asks. Raises a fault where there is none."""
    principal, name = call.caller.principal, call.parameters.get("UserName")
    if name is None and principal.kind is not PrincipalKind.USER:
        raise ServiceFault("ValidationError", "Must specify userName when calling with non-User credentials")
    return user_named(store, name or principal.name)


def _check_name_is_free(store: IamStore, name: str) -> None:
    if store.user(name):
        raise ServiceFault("EntityAlreadyExists", f"User with name {name} already exists.")


def _root_members(store: IamStore, principal: Principal) -> Members:
    """The root as a user. AWS gives the account's number as its id, which its own model finds too short."""
    return {
        "Path": "/",
        "UserName": "root",
        "UserId": f"AIDAROOT{principal.account_id}",
        "Arn": principal.arn,
        "CreateDate": store.began_at(),
    }


def _described(store: IamStore, user: User) -> Members:
    return user_members(user) | boundary_members(store.boundary_of(user))
