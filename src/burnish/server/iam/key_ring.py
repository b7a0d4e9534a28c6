"""All keys of a server: the account's first one, those of users and of sessions, and bearer keys."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Generic, TypeVar

from burnish.policies.patterns import context_of
from burnish.server.credentials import ServerCredentials
from burnish.server.databases import Database
from burnish.server.iam.access_keys import ACTIVE
from burnish.server.iam.entities import Role, User
from burnish.server.iam.store import IamStore
from burnish.server.principals import BearerKey, Principal, PrincipalKind, SigningKey, root_of

Found = TypeVar("Found")


class _WhileUnchanged(Generic[Found]):
    """What was found in a database, by its name, for as long as nobody changes anything there."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._state: tuple[object, dict[str, Found]] = None, {}

    def get(self, name: str, find: Callable[[str], Found | None]) -> Found | None:
        """What ``find`` gives for a name. Of what it does not find nothing is kept: strangers choose that."""
        # Asked for before anything is read: what changes meanwhile makes the next request read again.
        version = self._database.version
        last, known = self._state
        if version != last:
            known = {}
            self._state = version, known
        if name not in known:
            found = find(name)
            if found is None:
                return None
            known[name] = found
        return known[name]


class KeyRing:
    """The keys in a server's data folder, each with what its owner may do at this moment.

    Whatever changes that, also in another process, holds from the next request on.
    """

    def __init__(self, credentials: ServerCredentials, store: IamStore) -> None:
        self.credentials = credentials
        self.store = store
        self._signing_keys: _WhileUnchanged[SigningKey] = _WhileUnchanged(store.database)
        self._bearer_keys: _WhileUnchanged[BearerKey] = _WhileUnchanged(store.database)

    @property
    def first(self) -> ServerCredentials:
        """The access key of the account's root."""
        return self.credentials

    def signing_key(self, access_key: str) -> SigningKey | None:
        """The access key of that id: the account's, a user's that is switched on, or a session's."""
        if first := self.credentials.signing_key(access_key):
            return first
        return self._signing_keys.get(access_key, self._kept_key)

    def bearer_key(self, name: str) -> BearerKey | None:
        """The Bedrock API key of that name that is switched on, or None."""
        return self._bearer_keys.get(name, self._kept_bearer_key)

    def _kept_key(self, access_key: str) -> SigningKey | None:
        return (
            self._key_of_user(access_key)
            or self._key_of_session(access_key)
            or self._key_of_user_session(access_key)
        )

    def _kept_bearer_key(self, name: str) -> BearerKey | None:
        row = self.store.database.row("select * from bearer_keys where name = ? and status = ?", name, ACTIVE)
        user = self.store.user(row["user"]) if row else None
        if row is None or user is None:
            return None
        return BearerKey(
            id=row["id"],
            token_hash=row["token_hash"],
            principal=self.principal_of(user),
            expires_at=_moment(row["expires_at"]),
        )

    def principal_of(self, user: User) -> Principal:
        """A user as the one who acts."""
        account_id = self.credentials.account_id
        context = _context(PrincipalKind.USER, user.arn, user.id, account_id, user.tags)
        return Principal(
            kind=PrincipalKind.USER,
            account_id=account_id,
            arn=user.arn,
            user_id=user.id,
            name=user.name,
            grants=self.store.grants_of(user),
            policy_arn=user.arn,
            context=context | context_of({"aws:username": user.name}),
        )

    def _key_of_user(self, access_key: str) -> SigningKey | None:
        row = self.store.database.row(
            "select * from access_keys where id = ? and status = ?", access_key, ACTIVE
        )
        user = self.store.user(row["user"]) if row else None
        if row is None or user is None:
            return None
        return SigningKey(
            access_key=access_key,
            secret_key=row["secret"],
            principal=self.principal_of(user),
            expires_at=_moment(row["expires_at"]),
        )

    def _key_of_session(self, access_key: str) -> SigningKey | None:
        row = self.store.database.row("select * from sessions where id = ?", access_key)
        if row is None:
            return None
        return SigningKey(
            access_key=access_key,
            secret_key=row["secret"],
            token_hash=row["token_hash"],
            principal=self._session(dict(row)),
            expires_at=_moment(row["expires_at"]),
        )

    def _key_of_user_session(self, access_key: str) -> SigningKey | None:
        row = self.store.database.row("select * from user_sessions where id = ?", access_key)
        if row is None:
            return None
        user = self.store.user(row["user"]) if row["user"] else None
        principal = self.principal_of(user) if user else root_of(self.credentials.account_id)
        issued = context_of({"aws:TokenIssueTime": row["created_at"]})
        return SigningKey(
            access_key=access_key,
            secret_key=row["secret"],
            token_hash=row["token_hash"],
            principal=replace(principal, context={**principal.context, **issued}, has_session_token=True),
            expires_at=_moment(row["expires_at"]),
        )

    def _session(self, row: Mapping[str, str]) -> Principal:
        """A session of a role as the one who acts. With its role it goes, too."""
        role = self.store.role(row["role"])
        if role is None:
            raise LookupError(f"The session {row['id']} has outlived its role")
        session = session_of(
            self.store,
            self.credentials.account_id,
            role,
            name=row["name"],
            policies=tuple(json.loads(row["policies"])) if row["policies"] else None,
            tags=json.loads(row["tags"]),
        )
        issued = context_of({"aws:TokenIssueTime": row["created_at"]})
        return replace(session, context={**session.context, **issued})


def session_of(
    store: IamStore,
    account_id: str,
    role: Role,
    *,
    name: str,
    policies: tuple[str, ...] | None = None,
    tags: Mapping[str, str] = MappingProxyType({}),
) -> Principal:
    """A session of a role as the one who acts: what the role may do, within its own policies."""
    user_id = f"{role.id}:{name}"
    return Principal(
        kind=PrincipalKind.SESSION,
        account_id=account_id,
        arn=session_arn(account_id, role.name, name),
        user_id=user_id,
        name=role.name,
        grants=store.grants_of(role, policies),
        policy_arn=role.arn,
        context=_context(PrincipalKind.SESSION, role.arn, user_id, account_id, {**role.tags, **tags}),
    )


def session_arn(account_id: str, role_name: str, session_name: str) -> str:
    """The ARN of a session of a role."""
    return f"arn:aws:sts::{account_id}:assumed-role/{role_name}/{session_name}"


def _context(
    kind: PrincipalKind, arn: str, user_id: str, account_id: str, tags: Mapping[str, str]
) -> dict[str, tuple[str, ...]]:
    known = {
        "aws:PrincipalArn": arn,
        "aws:PrincipalAccount": account_id,
        "aws:PrincipalType": kind.value,
        "aws:userid": user_id,
        "aws:ResourceAccount": account_id,
    }
    of_tags = {f"aws:PrincipalTag/{key}": value for key, value in tags.items()}
    return context_of(known | of_tags)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
