"""IAM's users, groups, roles and policies, in the file ``iam.sqlite3`` of a data folder."""

from __future__ import annotations

import secrets
import sqlite3
import string
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

from burnish.policies.evaluation import Grants
from burnish.server.credentials import FILE_NAME as CREDENTIALS
from burnish.server.databases import Database
from burnish.server.iam import aws_policies
from burnish.server.iam.entities import Entity, EntityKind, Group, Policy, PolicyVersion, Role, User
from burnish.server.migrations import IAM

FILE_NAME = "iam.sqlite3"


class IamStore:
    """The users, groups, roles and policies of a server's data folder. Safe to use from several threads."""

    def __init__(self, data: Path) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self.database = Database(data / FILE_NAME, IAM)
        self._data = data

    def close(self) -> None:
        """Let the file go."""
        self.database.close()

    def began_at(self) -> datetime:
        """When the account began, as far as can be told: since when its data folder has its key."""
        key = self._data / CREDENTIALS
        at = (key if key.exists() else self._data).stat().st_mtime
        return datetime.fromtimestamp(at, UTC).replace(microsecond=0)

    def role(self, name: str) -> Role | None:
        """The role of that name, in upper or lower case, or None."""
        return next(iter(self._roles("where name = ?", name)), None)

    def role_by_arn(self, arn: str) -> Role | None:
        """The role of that ARN, or None."""
        return next(iter(self._roles("where arn = ?", arn)), None)

    def roles(self, path_prefix: str = "/", after: str = "", size: int = -1) -> list[Role]:
        """So many roles under a path, by name, whose names come after one; without their tags."""
        # Not by `like`, to which _ and % in a path are wildcards, and which ignores case.
        where = "where name > ?2 and substr(path, 1, length(?1)) = ?1 order by name limit ?3"
        return self._roles(where, path_prefix, after, size, with_tags=False)

    def user(self, name: str) -> User | None:
        """The user of that name, in upper or lower case, or None."""
        return next(iter(self._users("where name = ?", name)), None)

    def user_by_arn(self, arn: str) -> User | None:
        """The user of that ARN, or None."""
        return next(iter(self._users("where arn = ?", arn)), None)

    def users(self, path_prefix: str = "/", after: str = "", size: int = -1) -> list[User]:
        """So many users under a path, by name, whose names come after one; without their tags."""
        where = "where name > ?2 and substr(path, 1, length(?1)) = ?1 order by name limit ?3"
        return self._users(where, path_prefix, after, size, with_tags=False)

    def members_of(self, group: str, after: str = "", size: int = -1) -> list[User]:
        """So many users of a group, by name, whose names come after one; without their tags."""
        where = "join memberships on user = name where group_name = ?1 and user > ?2 order by user limit ?3"
        return self._users(where, group, after, size, with_tags=False)

    def group(self, name: str) -> Group | None:
        """The group of that name, in upper or lower case, or None."""
        return next(iter(self._groups("where name = ?", name)), None)

    def group_by_arn(self, arn: str) -> Group | None:
        """The group of that ARN, or None."""
        return next(iter(self._groups("where arn = ?", arn)), None)

    def groups(self, path_prefix: str = "/", after: str = "", size: int = -1) -> list[Group]:
        """So many groups under a path, by name, whose names come after one."""
        where = "where name > ?2 and substr(path, 1, length(?1)) = ?1 order by name limit ?3"
        return self._groups(where, path_prefix, after, size)

    def groups_of(self, user: str, after: str = "", size: int = -1) -> list[Group]:
        """So many groups that a user is in, by name, whose names come after one."""
        where = (
            "join memberships on group_name = name "
            "where user = ?1 and group_name > ?2 order by group_name limit ?3"
        )
        return self._groups(where, user, after, size)

    def policy(self, arn: str) -> Policy | None:
        """The managed policy of that ARN, the account's or one of AWS, or None."""
        if of_aws := aws_policies.policy_at(arn):
            return replace(of_aws, attachment_count=self._attachment_count(arn))
        return next(iter(self._policies("where arn = ?", arn)), None)

    def policies(
        self, path_prefix: str = "/", after: str = "", size: int = -1, *, only_attached: bool = False
    ) -> list[Policy]:
        """So many managed policies under a path, by name, whose names come after one; without their tags."""
        attached = (
            "and exists (select 1 from entity_attachments where policy_arn = arn)" if only_attached else ""
        )
        where = f"where name > ?2 and substr(path, 1, length(?1)) = ?1 {attached} order by name limit ?3"
        return self._policies(where, path_prefix, after, size, with_tags=False)

    def attached_policies(self, entity: Entity, path_prefix: str = "/") -> list[Policy]:
        """The managed policies that are attached to an entity, by name."""
        rows = self.database.rows(
            "select policy_arn from entity_attachments where kind = ? and entity = ?",
            *(entity.kind, entity.name),
        )
        found = [policy for row in rows if (policy := self.policy(row["policy_arn"]))]
        under = [policy for policy in found if policy.path.startswith(path_prefix)]
        return sorted(under, key=lambda policy: policy.name.lower())

    def entities_with(self, policy_arn: str, kind: EntityKind, *, as_boundary: bool = False) -> list[str]:
        """The names of the entities that have a managed policy attached, or as their boundary."""
        table = "boundaries" if as_boundary else "entity_attachments"
        sql = f"select entity from {table} where policy_arn = ? and kind = ? order by entity"  # noqa: S608  # a table of ours
        return [row["entity"] for row in self.database.rows(sql, policy_arn, kind)]

    def is_boundary(self, policy_arn: str) -> bool:
        """Whether a managed policy limits any role or user."""
        return bool(self.database.row("select 1 from boundaries where policy_arn = ? limit 1", policy_arn))

    def boundary_of(self, entity: Entity) -> str | None:
        """The ARN of the policy that limits a role or user, or None."""
        found = self.database.row(
            "select policy_arn from boundaries where kind = ? and entity = ?", entity.kind, entity.name
        )
        return str(found["policy_arn"]) if found else None

    def versions(self, policy_arn: str) -> list[PolicyVersion]:
        """The versions of a managed policy, the newest first; of one of AWS that which counts."""
        if aws_policies.policy_at(policy_arn):
            return [aws_policies.version_of(policy_arn)]
        rows = self.database.rows(
            "select number, document, v.created_at, number = default_version as is_default "
            "from policy_versions v join policies on arn = policy_arn where policy_arn = ? "
            "order by number desc",
            policy_arn,
        )
        return [
            PolicyVersion(
                number=row["number"],
                document=row["document"],
                created_at=_moment(row["created_at"]),
                is_default=bool(row["is_default"]),
            )
            for row in rows
        ]

    def policy_documents_of(self, name: str, kind: EntityKind = EntityKind.ROLE) -> list[str]:
        """Every permission document of an entity: inline, then attached, then those of a user's groups."""
        own = self._own_documents_of(name, kind)
        if kind is not EntityKind.USER:
            return own
        of_groups = (self._own_documents_of(group.name, EntityKind.GROUP) for group in self.groups_of(name))
        return [*own, *chain.from_iterable(of_groups)]

    def document_of(self, policy_arn: str) -> str | None:
        """The document of a managed policy that counts, or None where there is no such policy."""
        if aws_policies.policy_at(policy_arn):
            return aws_policies.version_of(policy_arn).document
        found = self.database.row(
            "select document from policies p join policy_versions v "
            "on v.policy_arn = p.arn and v.number = p.default_version where p.arn = ?",
            policy_arn,
        )
        return str(found["document"]) if found else None

    def grants_of(self, entity: Entity, session: tuple[str, ...] | None = None) -> Grants:
        """The policies that decide what an entity may do; a boundary that is gone allows nothing."""
        boundary = self.boundary_of(entity)
        limit = None if boundary is None else tuple(filter(None, [self.document_of(boundary)]))
        identity = tuple(self.policy_documents_of(entity.name, entity.kind))
        return Grants(identity=identity, boundary=limit, session=session)

    def tags(self, arn: str) -> dict[str, str]:
        """The tags of a role, user or policy, by key."""
        return {
            row["key"]: row["value"]
            for row in self.database.rows("select key, value from tags where arn = ? order by key", arn)
        }

    def _own_documents_of(self, name: str, kind: EntityKind) -> list[str]:
        inline = self.database.rows(
            "select document from entity_policies where kind = ? and entity = ? order by name", kind, name
        )
        attached = self.database.rows(
            "select policy_arn from entity_attachments where kind = ? and entity = ?", kind, name
        )
        documents = [self.document_of(row["policy_arn"]) for row in attached]
        return [*(row["document"] for row in inline), *filter(None, documents)]

    def _roles(self, where: str, *values: object, with_tags: bool = True) -> list[Role]:
        return [
            Role(**_with_moments(row), tags=self.tags(row["arn"]) if with_tags else {})
            for row in self.database.rows(f"select * from roles {where}", *values)  # noqa: S608  # `where` is ours
        ]

    def _users(self, where: str, *values: object, with_tags: bool = True) -> list[User]:
        return [
            User(**_with_moments(row), tags=self.tags(row["arn"]) if with_tags else {})
            for row in self.database.rows(f"select users.* from users {where}", *values)  # noqa: S608  # as above
        ]

    def _groups(self, where: str, *values: object) -> list[Group]:
        rows = self.database.rows(f"select groups.* from groups {where}", *values)  # noqa: S608  # as above
        return [Group(**_with_moments(row)) for row in rows]

    def _attachment_count(self, policy_arn: str) -> int:
        counted = "select count(*) as count from entity_attachments where policy_arn = ?"
        return int(self.database.rows(counted, policy_arn)[0]["count"])

    def _policies(self, where: str, *values: object, with_tags: bool = True) -> list[Policy]:
        columns = "arn, name, id, path, description, default_version, created_at, updated_at"
        counted = "(select count(*) from entity_attachments where policy_arn = arn) as attachment_count"
        return [
            Policy(**_with_moments(row), tags=self.tags(row["arn"]) if with_tags else {})
            for row in self.database.rows(f"select {columns}, {counted} from policies {where}", *values)  # noqa: S608  # as above
        ]


def new_id(prefix: str) -> str:
    """An identifier as IAM makes them, e.g. ``AROA…`` for a role."""
    return prefix + "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(17))


def now() -> str:
    """This second, as the store keeps it."""
    return datetime.now(UTC).replace(microsecond=0).isoformat()


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _with_moments(row: sqlite3.Row) -> dict[str, Any]:
    return {key: _moment(row[key]) if key.endswith("_at") else row[key] for key in row.keys()}  # noqa: SIM118
