"""IAM's operations that are the same for users, groups and roles: their policies; boundaries and tags of two.

Each takes how the entity is found, which `burnish.server.iam.operations` binds; that runs those that change
something in a transaction each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import TypeAlias

from burnish.server.iam.answers import check_document, encoded, length_of, policy_at, tag_list
from burnish.server.iam.entities import Actor, Entity, EntityKind, Policy
from burnish.server.iam.paging import Members, among, page
from burnish.server.iam.store import IamStore
from burnish.server.wire.call import Call, ServiceFault

#: Which user, group or role a request is about. Raises the fault ``NoSuchEntity``.
Finder: TypeAlias = Callable[[IamStore, Call], Entity]
#: The same of what has tags and may have a boundary, which groups do not.
ActorFinder: TypeAlias = Callable[[IamStore, Call], Actor]

MAX_TAGS = 50
MAX_ATTACHED = 10
#: What all inline policies of one entity have together, at most.
MAX_INLINE_LENGTHS = {EntityKind.ROLE: 10_240, EntityKind.USER: 2_048, EntityKind.GROUP: 5_120}
QUOTAS = {
    EntityKind.ROLE: "PoliciesPerRole",
    EntityKind.USER: "PoliciesPerUser",
    EntityKind.GROUP: "PoliciesPerGroup",
}
NAMES = {EntityKind.ROLE: "RoleName", EntityKind.USER: "UserName", EntityKind.GROUP: "GroupName"}


def put_policy(find: Finder, store: IamStore, call: Call) -> None:
    """Put an inline policy into an entity, in place of one of the same name."""
    given, entity = call.parameters, find(store, call)
    most = MAX_INLINE_LENGTHS[entity.kind]
    check_document(given["PolicyDocument"], longest=most)
    store.database.execute(
        "insert or replace into entity_policies values (?, ?, ?, ?)",
        *(entity.kind, entity.name, given["PolicyName"], given["PolicyDocument"]),
    )
    # Measured with the new policy in the place of one of its name; a fault takes it back.
    if sum(length_of(document) for document in _inline(store, entity).values()) > most:
        raise ServiceFault(
            "LimitExceeded", f"Maximum policy size of {most} bytes exceeded for {entity.kind} {entity.name}"
        )


def get_policy(find: Finder, store: IamStore, call: Call) -> Members:
    """One inline policy of an entity."""
    entity, name = find(store, call), call.parameters["PolicyName"]
    found = _inline(store, entity)
    if name not in found:
        raise _no_policy(entity, name)
    return {NAMES[entity.kind]: entity.name, "PolicyName": name, "PolicyDocument": encoded(found[name])}


def list_policies(find: Finder, store: IamStore, call: Call) -> Members:
    """The names of an entity's inline policies."""
    names = list(_inline(store, find(store, call)))
    return page("PolicyNames", call, among(names, str), key=str)


def delete_policy(find: Finder, store: IamStore, call: Call) -> None:
    """Take an inline policy out of an entity."""
    entity, name = find(store, call), call.parameters["PolicyName"]
    deleted = "delete from entity_policies where kind = ? and entity = ? and name = ?"
    if not store.database.execute(deleted, entity.kind, entity.name, name):
        raise _no_policy(entity, name)


def attach_policy(find: Finder, store: IamStore, call: Call) -> None:
    """Attach a managed policy to an entity."""
    entity, policy = find(store, call), policy_at(store, call.parameters["PolicyArn"])
    # A set, because what is attached already may be attached again, also at the limit.
    attached = {other.arn for other in store.attached_policies(entity)} | {policy.arn}
    if len(attached) > MAX_ATTACHED:
        raise ServiceFault("LimitExceeded", f"Cannot exceed quota for {QUOTAS[entity.kind]}: {MAX_ATTACHED}")
    store.database.execute(
        "insert or ignore into entity_attachments values (?, ?, ?)", entity.kind, entity.name, policy.arn
    )


def detach_policy(find: Finder, store: IamStore, call: Call) -> None:
    """Detach a managed policy from an entity."""
    entity, arn = find(store, call), call.parameters["PolicyArn"]
    detached = "delete from entity_attachments where kind = ? and entity = ? and policy_arn = ?"
    if not store.database.execute(detached, entity.kind, entity.name, arn):
        raise ServiceFault("NoSuchEntity", f"Policy {arn} was not found.")


def list_attached_policies(find: Finder, store: IamStore, call: Call) -> Members:
    """The managed policies of an entity."""
    policies = store.attached_policies(find(store, call), call.parameters.get("PathPrefix", "/"))
    return page("AttachedPolicies", call, among(policies, _folded_name), key=_folded_name, shown=_attached)


def put_boundary(find: ActorFinder, store: IamStore, call: Call) -> None:
    """Limit what an entity may do to what a managed policy allows."""
    limit(store, find(store, call), call.parameters["PermissionsBoundary"])


def limit(store: IamStore, entity: Actor, policy_arn: str) -> None:
    """Make a managed policy the boundary of an entity. Raises the fault ``NoSuchEntity``."""
    if store.policy(policy_arn) is None:
        raise ServiceFault("NoSuchEntity", f"Scope ARN: {policy_arn} does not exist or is not attachable.")
    store.database.execute(
        "insert or replace into boundaries values (?, ?, ?)", entity.kind, entity.name, policy_arn
    )


def delete_boundary(find: ActorFinder, store: IamStore, call: Call) -> None:
    """Take the boundary off an entity."""
    entity = find(store, call)
    store.database.execute("delete from boundaries where kind = ? and entity = ?", entity.kind, entity.name)


def tag_entity(find: ActorFinder, store: IamStore, call: Call) -> None:
    """Add tags to an entity, or change their values."""
    set_tags(store, find(store, call).arn, call.parameters["Tags"])


def untag_entity(find: ActorFinder, store: IamStore, call: Call) -> None:
    """Take tags off an entity."""
    arn = find(store, call).arn
    for key in call.parameters["TagKeys"]:
        store.database.execute("delete from tags where arn = ? and key = ?", arn, key)


def list_entity_tags(find: ActorFinder, store: IamStore, call: Call) -> Members:
    """The tags of an entity."""
    key = itemgetter("Key")
    return page("Tags", call, among(tag_list(find(store, call).tags), key), key=key)


def set_tags(store: IamStore, arn: str, tags: list[Mapping[str, str]]) -> None:
    """Give a role, user or policy these tags. Raises the fault ``LimitExceeded`` above 50."""
    for tag in tags:
        store.database.execute("insert or replace into tags values (?, ?, ?)", arn, tag["Key"], tag["Value"])
    # Counted once they are written, for a tag that only changes its value is not one more.
    if len(store.tags(arn)) > MAX_TAGS:
        raise ServiceFault("LimitExceeded", f"The number of tags has reached the maximum limit: {MAX_TAGS}")


def forget(store: IamStore, entity: Entity) -> None:
    """Delete what belongs to an entity that is deleted. Refused while it has policies."""
    if store.attached_policies(entity):
        raise ServiceFault("DeleteConflict", "Cannot delete entity, must detach all policies first.")
    if _inline(store, entity):
        raise ServiceFault("DeleteConflict", "Cannot delete entity, must delete policies first.")
    store.database.execute("delete from tags where arn = ?", entity.arn)
    store.database.execute("delete from boundaries where kind = ? and entity = ?", entity.kind, entity.name)


def _inline(store: IamStore, entity: Entity) -> dict[str, str]:
    """The inline policies of an entity, by name."""
    sql = "select name, document from entity_policies where kind = ? and entity = ? order by name"
    return {row["name"]: row["document"] for row in store.database.rows(sql, entity.kind, entity.name)}


def _folded_name(policy: Policy) -> str:
    """What policies are ordered by: their names, upper and lower case alike."""
    return policy.name.lower()


def _attached(policy: Policy) -> Members:
    return {"PolicyName": policy.name, "PolicyArn": policy.arn}


def _no_policy(entity: Entity, name: str) -> ServiceFault:
    return ServiceFault("NoSuchEntity", f"The {entity.kind} policy with name {name} cannot be found.")
