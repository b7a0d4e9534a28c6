"""Other names and paths of users and groups, which keep their ids, their policies and their keys."""

from __future__ import annotations

import json
from typing import Any

from burnish.server.iam.entities import EntityKind, Group, User
from burnish.server.iam.store import IamStore

#: Where an entity's row is, and which columns of other tables refer to its name.
_TABLES = {EntityKind.USER: "users", EntityKind.GROUP: "groups"}
_REFERENCES = {
    EntityKind.USER: (
        ("access_keys", "user"),
        ("bearer_keys", "user"),
        ("memberships", "user"),
        ("user_sessions", "user"),
    ),
    EntityKind.GROUP: (("memberships", "group_name"),),
}
_BY_KIND = ("entity_policies", "entity_attachments", "boundaries")


def rename(store: IamStore, entity: User | Group, *, name: str, path: str) -> None:
    """Give a user or group another name and path, in everything that names it, in one transaction."""
    arn = f"{entity.arn.removesuffix(entity.path + entity.name)}{path}{name}"
    database = store.database
    # Until the transaction ends, rows may name what has another name already.
    database.execute("pragma defer_foreign_keys = on")
    for table, column in _REFERENCES[entity.kind]:
        database.execute(f"update {table} set {column} = ? where {column} = ?", name, entity.name)  # noqa: S608  # ours
    for table in _BY_KIND:
        database.execute(
            f"update {table} set entity = ? where kind = ? and entity = ?",  # noqa: S608  # as above
            *(name, entity.kind, entity.name),
        )
    database.execute(
        f"update {_TABLES[entity.kind]} set name = ?, path = ?, arn = ? where name = ?",  # noqa: S608  # as above
        *(name, path, arn, entity.name),
    )
    database.execute("update tags set arn = ? where arn = ?", arn, entity.arn)
    if entity.kind is EntityKind.USER:
        _rename_in_trust_policies(store, entity.arn, arn)


def _rename_in_trust_policies(store: IamStore, old_arn: str, arn: str) -> None:
    """Have roles trust a user by the new ARN: AWS updates principals, and leaves resources as they are."""
    for role in store.roles():
        document = json.loads(role.trust_policy)
        statements = document["Statement"]
        changed = [
            _rename_principal(statement.get("Principal"), old_arn, arn)
            for statement in (statements if isinstance(statements, list) else [statements])
        ]
        if any(changed):
            store.database.execute(
                "update roles set trust_policy = ? where name = ?", json.dumps(document), role.name
            )


def _rename_principal(principal: Any, old_arn: str, arn: str) -> bool:  # noqa: ANN401  # JSON
    """Whether a statement's principal, now renamed in place, was named by the old ARN."""
    named = principal.get("AWS") if isinstance(principal, dict) else None
    if named == old_arn:
        principal["AWS"] = arn
        return True
    if isinstance(named, list) and old_arn in named:
        principal["AWS"] = [arn if one == old_arn else one for one in named]
        return True
    return False
