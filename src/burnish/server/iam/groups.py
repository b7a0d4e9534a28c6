"""IAM's operations on groups: what their policies allow, each of their users may do.

`burnish.server.iam.operations` runs those that change something in a transaction each.
"""

from __future__ import annotations

from functools import partial
from operator import attrgetter

from burnish.server.iam.answers import group_members, group_named, user_members, user_named
from burnish.server.iam.entities import Group
from burnish.server.iam.entity_policies import forget
from burnish.server.iam.paging import Members, page
from burnish.server.iam.renaming import rename
from burnish.server.iam.store import IamStore, new_id, now
from burnish.server.wire.call import Call, ServiceFault

# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MAX_GROUPS_PER_USER = 10


def create_group(store: IamStore, call: Call) -> Members:
    """The new group, which has neither users nor permissions yet."""
    name, path = call.parameters["GroupName"], call.parameters.get("Path", "/")
    _check_name_is_free(store, name)
    arn = f"arn:aws:iam::{call.caller.account_id}:group{path}{name}"
    store.database.execute(
        "insert into groups values (?, ?, ?, ?, ?)", name, new_id("AGPA"), arn, path, now()
    )
    return {"Group": group_members(group_named(store, name))}


def get_group(store: IamStore, call: Call) -> Members:
    """A group and its users."""
    group = group_in(store, call)
    users = page(
        "Users",
        call,
        partial(store.members_of, group.name),
        key=attrgetter("name"),
        shown=partial(user_members, with_tags=False),
    )
    return {"Group": group_members(group), **users}


def list_groups(store: IamStore, call: Call) -> Members:
    """The groups under a path."""
    after = partial(store.groups, call.parameters.get("PathPrefix", "/"))
    return page("Groups", call, after, key=attrgetter("name"), shown=group_members)


def list_groups_for_user(store: IamStore, call: Call) -> Members:
    """The groups that a user is in."""
    user = user_named(store, call.parameters["UserName"])
    after = partial(store.groups_of, user.name)
    return page("Groups", call, after, key=attrgetter("name"), shown=group_members)


def update_group(store: IamStore, call: Call) -> None:
    """Change a group's name or path. Its users and its policies stay."""
    given, group = call.parameters, group_in(store, call)
    name = given.get("NewGroupName", group.name)
    if name.lower() != group.name.lower():
        _check_name_is_free(store, name)
    rename(store, group, name=name, path=given.get("NewPath", group.path))


def delete_group(store: IamStore, call: Call) -> None:
    """Delete a group. Refused while it has users or policies."""
    group = group_in(store, call)
    if store.members_of(group.name, size=1):
        raise ServiceFault("DeleteConflict", "Cannot delete entity, must remove users from group first.")
    forget(store, group)
    store.database.execute("delete from groups where name = ?", group.name)


def add_user_to_group(store: IamStore, call: Call) -> None:
    """Put a user into a group; one who is there already stays."""
    group, user = group_in(store, call), user_named(store, call.parameters["UserName"])
    names = {other.name for other in store.groups_of(user.name)} | {group.name}
    if len(names) > MAX_GROUPS_PER_USER:
        raise ServiceFault("LimitExceeded", f"Cannot exceed quota for GroupsPerUser: {MAX_GROUPS_PER_USER}")
    store.database.execute("insert or ignore into memberships values (?, ?)", user.name, group.name)


def remove_user_from_group(store: IamStore, call: Call) -> None:
    """Take a user out of a group; one who is not in it stays out."""
    group, user = group_in(store, call), user_named(store, call.parameters["UserName"])
    removed = "delete from memberships where user = ? and group_name = ?"
    store.database.execute(removed, user.name, group.name)


def group_in(store: IamStore, call: Call) -> Group:
    """The group that a request names. Raises the fault ``NoSuchEntity``."""
    return group_named(store, call.parameters["GroupName"])


def _check_name_is_free(store: IamStore, name: str) -> None:
    if store.group(name):
        raise ServiceFault("EntityAlreadyExists", f"Group with name {name} already exists.")
