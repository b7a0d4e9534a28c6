"""IAM's operations on the access keys of users. The secret is shown once, when the key is made.

`burnish.server.iam.operations` runs those that change something in a transaction each.
"""

from __future__ import annotations

import secrets
from datetime import datetime

from burnish.server.credentials import new_access_key_id
from burnish.server.iam.entities import User
from burnish.server.iam.paging import Members, among, page
from burnish.server.iam.store import IamStore, now
from burnish.server.iam.users import user_in
from burnish.server.principals import PrincipalKind
from burnish.server.wire.call import Call, ServiceFault

MAX_KEYS = 2
ACTIVE = "Active"


def create_access_key(store: IamStore, call: Call) -> Members:
    """A new access key of a user, with its secret."""
    user = user_in(store, call)
    key_id, secret = new_access_key(store, user)
    made = _row(store, user, key_id)
    return {"AccessKey": {**_members(made), "SecretAccessKey": secret}}


def new_access_key(store: IamStore, user: User, *, expires_at: datetime | None = None) -> tuple[str, str]:
    """The id and the secret of an access key that is new in the store. Raises the fault ``LimitExceeded``."""
    if len(store.database.rows("select 1 from access_keys where user = ?", user.name)) >= MAX_KEYS:
        raise ServiceFault("LimitExceeded", f"Cannot exceed quota for AccessKeysPerUser: {MAX_KEYS}")
    key_id, secret = new_access_key_id(), secrets.token_urlsafe(30)
    store.database.execute(
        "insert into access_keys values (?, ?, ?, ?, ?, ?)",
        *(key_id, user.name, secret, ACTIVE, now(), expires_at.isoformat() if expires_at else None),
    )
    return key_id, secret


def list_access_keys(store: IamStore, call: Call) -> Members:
    """The access keys of a user, without their secrets."""
    caller = call.caller
    if call.parameters.get("UserName") is None and caller.principal.kind is PrincipalKind.ROOT:
        created = store.began_at()
        keys: list[Members] = [{"AccessKeyId": caller.access_key, "Status": ACTIVE, "CreateDate": created}]
    else:
        user = user_in(store, call)
        rows = store.database.rows("select * from access_keys where user = ? order by id", user.name)
        keys = [_members(dict(row)) for row in rows]
    return page("AccessKeyMetadata", call, among(keys, _id), key=_id)


def update_access_key(store: IamStore, call: Call) -> None:
    """Switch an access key on or off."""
    user, key_id = user_in(store, call), call.parameters["AccessKeyId"]
    updated = "update access_keys set status = ? where user = ? and id = ?"
    if not store.database.execute(updated, call.parameters["Status"], user.name, key_id):
        raise _no_key(key_id)


def delete_access_key(store: IamStore, call: Call) -> None:
    """Delete an access key, which opens nothing from then on."""
    user, key_id = user_in(store, call), call.parameters["AccessKeyId"]
    if not store.database.execute("delete from access_keys where user = ? and id = ?", user.name, key_id):
        raise _no_key(key_id)


def _row(store: IamStore, user: User, key_id: str) -> Members:
    rows = store.database.rows("select * from access_keys where user = ? and id = ?", user.name, key_id)
    if not rows:
        raise _no_key(key_id)
    return dict(rows[0])


def _members(row: Members) -> Members:
    return {
        "UserName": row["user"],
        "AccessKeyId": row["id"],
        "Status": row["status"],
        "CreateDate": datetime.fromisoformat(row["created_at"]),
    }


def _id(key: Members) -> str:
    return str(key["AccessKeyId"])


def _no_key(key_id: str) -> ServiceFault:
    return ServiceFault("NoSuchEntity", f"The Access Key with id {key_id} cannot be found.")
