"""IAM's roles and policies, in the file ``iam.sqlite3`` of a data folder."""

from __future__ import annotations

import secrets
import sqlite3
import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from burnish.server.databases import Database
from burnish.server.migrations import IAM

FILE_NAME = "iam.sqlite3"


@dataclass(frozen=True, kw_only=True)
class Role:
    """A role, and what says who may assume it."""

    name: str
    id: str
    arn: str
    path: str
    trust_policy: str
    description: str | None
    max_session_duration: int
    created_at: datetime
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A managed policy; its documents are its versions."""

    arn: str
    name: str
    id: str
    path: str
    description: str | None
    default_version: int
    created_at: datetime
    updated_at: datetime
    attachment_count: int
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PolicyVersion:
    """One document of a managed policy."""

    number: int
    document: str
    created_at: datetime
    is_default: bool


class IamStore:
    """The roles and policies of a server's data folder. Safe to use from several threads."""

    def __init__(self, data: Path) -> None:
        data.mkdir(parents=True, exist_ok=True)
        self.database = Database(data / FILE_NAME, IAM)

    def close(self) -> None:
        """Let the file go."""
        self.database.close()

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

    def policy(self, arn: str) -> Policy | None:
        """The managed policy of that ARN, or None."""
        return next(iter(self._policies("where arn = ?", arn)), None)

    def policies(
        self, path_prefix: str = "/", after: str = "", size: int = -1, *, only_attached: bool = False
    ) -> list[Policy]:
        """So many managed policies under a path, by name, whose names come after one; without their tags."""
        attached = "and exists (select 1 from attachments where policy_arn = arn)" if only_attached else ""
        where = f"where name > ?2 and substr(path, 1, length(?1)) = ?1 {attached} order by name limit ?3"
        return self._policies(where, path_prefix, after, size, with_tags=False)

    def attached_policies(self, role_name: str, path_prefix: str = "/") -> list[Policy]:
        """The managed policies that are attached to a role, by name."""
        return self._policies(
            "where arn in (select policy_arn from attachments where role = ?1) "
            "and substr(path, 1, length(?2)) = ?2 order by name",
            role_name,
            path_prefix,
        )

    def versions(self, policy_arn: str) -> list[PolicyVersion]:
        """The versions of a managed policy, the newest first."""
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

    def policy_documents_of(self, role_name: str) -> list[str]:
        """Every permission document of a role: its inline policies, then those attached to it."""
        rows = self.database.rows(
            "select document from role_policies where role = ?1 union all "
            "select document from attachments a join policies p on p.arn = a.policy_arn "
            "join policy_versions v on v.policy_arn = p.arn and v.number = p.default_version "
            "where a.role = ?1",
            role_name,
        )
        return [row["document"] for row in rows]

    def tags(self, arn: str) -> dict[str, str]:
        """The tags of a role or policy, by key."""
        return {
            row["key"]: row["value"]
            for row in self.database.rows("select key, value from tags where arn = ? order by key", arn)
        }

    def _roles(self, where: str, *values: object, with_tags: bool = True) -> list[Role]:
        return [
            Role(**_with_moments(row), tags=self.tags(row["arn"]) if with_tags else {})
            for row in self.database.rows(f"select * from roles {where}", *values)  # noqa: S608  # `where` is ours
        ]

    def _policies(self, where: str, *values: object, with_tags: bool = True) -> list[Policy]:
        columns = "arn, name, id, path, description, default_version, created_at, updated_at"
        counted = "(select count(*) from attachments where policy_arn = arn) as attachment_count"
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
