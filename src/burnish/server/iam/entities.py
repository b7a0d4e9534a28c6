"""What IAM keeps: users, groups and roles, which have policies, and managed policies with their versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, TypeAlias


class EntityKind(StrEnum):
    """The kinds of entities that have policies."""

    ROLE = "role"
    USER = "user"
    GROUP = "group"


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
    kind: ClassVar[EntityKind] = EntityKind.ROLE


@dataclass(frozen=True, kw_only=True)
class User:
    """A user of the account."""

    name: str
    id: str
    arn: str
    path: str
    created_at: datetime
    tags: Mapping[str, str] = field(default_factory=dict)
    kind: ClassVar[EntityKind] = EntityKind.USER


@dataclass(frozen=True, kw_only=True)
class Group:
    """A group of users, who may do what its policies allow."""

    name: str
    id: str
    arn: str
    path: str
    created_at: datetime
    kind: ClassVar[EntityKind] = EntityKind.GROUP


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


#: What acts, and is limited by a boundary.
Actor: TypeAlias = Role | User
Entity: TypeAlias = Actor | Group
