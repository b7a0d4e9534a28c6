"""Keys of users as the command line issues them, in the data folder of a server that runs or not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from burnish.errors import InvalidInput, NotFound
from burnish.server.iam.access_keys import new_access_key
from burnish.server.iam.answers import check_document, policy_at
from burnish.server.iam.bearer_keys import new_bearer_key
from burnish.server.iam.entities import User
from burnish.server.iam.store import IamStore
from burnish.server.iam.users import new_user
from burnish.server.wire.call import ServiceFault

ACCESS, BEARER = "access key", "bearer key"
_TABLES = {ACCESS: "access_keys", BEARER: "bearer_keys"}


@dataclass(frozen=True, kw_only=True)
class IssuedKey:
    """A key of a user, without what is secret of it."""

    key_id: str
    user: str
    kind: str
    status: str
    created: datetime
    expires: datetime | None


@dataclass(frozen=True, kw_only=True)
class NewKey:
    """A key that was just made, with its secret or token, which is not shown again."""

    key_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class NewPolicies:
    """What a user is permitted as a key is made: managed policies by ARN, and documents by name."""

    arns: Sequence[str] = ()
    documents: Sequence[tuple[str, str]] = ()


def issue_key(
    store: IamStore,
    account_id: str,
    user_name: str,
    policies: NewPolicies,
    *,
    kind: str = ACCESS,
    expires_at: datetime | None = None,
) -> NewKey:
    """A new key of a user, who is made where there is none. Raises `InvalidInput`."""
    with _faults_told(), store.database.change():
        user = store.user(user_name) or new_user(store, user_name, account_id)
        _permit(store, user, policies)
        if kind == BEARER:
            key_id, secret = new_bearer_key(store, user, account_id, expires_at=expires_at)
        else:
            key_id, secret = new_access_key(store, user, expires_at=expires_at)
    return NewKey(key_id=key_id, secret=secret)


def issued_keys(store: IamStore) -> list[IssuedKey]:
    """The keys of all users, by user."""
    found = [
        IssuedKey(
            key_id=row["id"],
            user=row["user"],
            kind=kind,
            status=row["status"],
            created=datetime.fromisoformat(row["created_at"]),
            expires=datetime.fromisoformat(row["expires_at"]) if row["expires_at"] else None,
        )
        for kind, table in _TABLES.items()
        for row in store.database.rows(f"select * from {table}")  # noqa: S608  # tables of ours
    ]
    return sorted(found, key=lambda key: (key.user, key.created, key.key_id))


def revoke_key(store: IamStore, key_id: str) -> None:
    """Delete a key, which opens nothing from then on. Raises `NotFound`."""
    with store.database.change():
        deleted = [
            store.database.execute(f"delete from {table} where id = ?", key_id)  # noqa: S608  # as above
            for table in _TABLES.values()
        ]
    if not any(deleted):
        raise NotFound(f"There is no key {key_id!r}: `burnish keys list` lists them")


def _permit(store: IamStore, user: User, policies: NewPolicies) -> None:
    for arn in policies.arns:
        policy_at(store, arn)
        store.database.execute(
            "insert or ignore into entity_attachments values (?, ?, ?)", user.kind, user.name, arn
        )
    for name, document in policies.documents:
        check_document(document)
        store.database.execute(
            "insert or replace into entity_policies values (?, ?, ?, ?)", user.kind, user.name, name, document
        )


@contextmanager
def _faults_told() -> Iterator[None]:
    try:
        yield
    except ServiceFault as fault:
        raise InvalidInput(fault.message) from fault
