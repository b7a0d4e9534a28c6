"""Sessions of roles in the store: begun for whoever may assume the role, and by the server for a job.

A job on a cluster works with sessions that this server keeps alive for as long as it looks after the job, and
ends when that is over: from then on nothing of the job's can be read or written with them.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

from burnish.server.credentials import new_access_key_id
from burnish.server.iam.entities import EntityKind, Role
from burnish.server.iam.store import IamStore, new_id, now

#: Who asks for a session that the server begins itself.
SERVER = "bedrock.amazonaws.com"
SERVICE_PATH = "/service-role/"
_TRUSTS_NOBODY = {
    "Version": "2012-10-17",
    "Statement": {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"},
}


@dataclass(frozen=True, kw_only=True)
class NewCredentials:
    """Credentials that were just made, of which the token is kept as a hash only."""

    key_id: str
    secret: str = field(repr=False)
    token: str = field(repr=False)
    began_at: datetime
    expires_at: datetime

    @property
    def token_hash(self) -> str:
        """What is kept of the token."""
        return hashlib.sha256(self.token.encode()).hexdigest()

    @property
    def members(self) -> Mapping[str, Any]:
        """The credentials as STS answers with them."""
        return {
            "AccessKeyId": self.key_id,
            "SecretAccessKey": self.secret,
            "SessionToken": self.token,
            "Expiration": self.expires_at,
        }


def new_credentials(lasting: timedelta) -> NewCredentials:
    """Credentials that are in no store yet."""
    began_at = datetime.now(UTC).replace(microsecond=0)
    return NewCredentials(
        key_id=new_access_key_id("ASIA"),
        secret=secrets.token_urlsafe(30),
        token=secrets.token_urlsafe(240),
        began_at=began_at,
        expires_at=began_at + lasting,
    )


def begin_session(
    store: IamStore,
    role: Role,
    *,
    name: str,
    lasting: timedelta,
    policies: Sequence[str] | None = None,
    tags: Mapping[str, str] = MappingProxyType({}),
    source: str = SERVER,
) -> NewCredentials:
    """A session of a role that is new in the store, limited by ``policies`` where there are any."""
    made = new_credentials(lasting)
    with store.database.change():
        store.database.execute("delete from sessions where expires_at < ?", made.began_at.isoformat())
        store.database.execute(
            "insert into sessions values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            *(made.key_id, role.name, name, made.secret, made.token_hash),
            *(json.dumps(list(policies)) if policies else None, json.dumps(dict(tags)), source),
            *(made.began_at.isoformat(), made.expires_at.isoformat()),
        )
    return made


def prolong_sessions(store: IamStore, key_ids: Iterable[str], lasting: timedelta) -> None:
    """Let sessions last so long from now on."""
    until = (datetime.now(UTC).replace(microsecond=0) + lasting).isoformat()
    with store.database.change():
        for key_id in key_ids:
            store.database.execute("update sessions set expires_at = ? where id = ?", until, key_id)


def end_sessions(store: IamStore, key_ids: Iterable[str]) -> None:
    """End sessions now: their keys open nothing from then on."""
    with store.database.change():
        for key_id in key_ids:
            store.database.execute("delete from sessions where id = ?", key_id)


def service_role(store: IamStore, name: str, *, account_id: str, policy: str) -> Role:
    """A role of the server's own with one policy, made where it is missing. Nobody is trusted with it."""
    with store.database.change():
        if store.role(name) is None:
            arn = f"arn:aws:iam::{account_id}:role{SERVICE_PATH}{name}"
            store.database.execute(
                "insert into roles values (?, ?, ?, ?, ?, ?, ?, ?)",
                *(name, new_id("AROA"), arn, SERVICE_PATH, json.dumps(_TRUSTS_NOBODY)),
                *("Used by this server itself", 3600, now()),
            )
        store.database.execute(
            "insert or replace into entity_policies values (?, ?, ?, ?)", EntityKind.ROLE, name, name, policy
        )
    role = store.role(name)
    if role is None:
        raise LookupError(f"The role {name} was deleted as it was made")
    return role
