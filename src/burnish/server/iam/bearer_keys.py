"""IAM's operations on Bedrock API keys: to IAM, service-specific credentials.

Of a token only its hash is kept: it is shown once, when the key is made.
https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-how.html
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta

from burnish.server.iam.access_keys import ACTIVE
from burnish.server.iam.entities import User
from burnish.server.iam.paging import Members, among, page
from burnish.server.iam.store import IamStore, new_id, now
from burnish.server.iam.users import user_in
from burnish.server.wire.bearer import hash_of, long_lived_token
from burnish.server.wire.call import Call, ServiceFault

SERVICE = "bedrock.amazonaws.com"
MAX_KEYS = 2


def create_service_specific_credential(store: IamStore, call: Call) -> Members:
    """A new Bedrock API key of a user, with its token."""
    given, user = call.parameters, user_in(store, call)
    if given["ServiceName"] != SERVICE:
        raise ServiceFault(
            "NotSupportedService",
            f"No such service {given['ServiceName']} is supported for Service Specific Credentials here: "
            f"this server has those of {SERVICE}",
        )
    days = given.get("CredentialAgeDays")
    expires_at = datetime.now(UTC) + timedelta(days=days) if days else None
    key_id, token = new_bearer_key(store, user, call.caller.account_id, expires_at=expires_at)
    return {"ServiceSpecificCredential": {**_found(store, user, key_id), "ServiceCredentialSecret": token}}


def new_bearer_key(
    store: IamStore, user: User, account_id: str, *, expires_at: datetime | None = None
) -> tuple[str, str]:
    """The id and the token of a key that is new in the store. Raises the fault ``LimitExceeded``."""
    if len(store.database.rows("select 1 from bearer_keys where user = ?", user.name)) >= MAX_KEYS:
        raise ServiceFault(
            "LimitExceeded", f"Cannot exceed quota for ServiceSpecificCredentialsPerUser: {MAX_KEYS}"
        )
    key_id, name = new_id("ACCA"), f"BedrockAPIKey-{secrets.token_hex(4)}-at-{account_id}"
    token = long_lived_token(name)
    store.database.execute(
        "insert into bearer_keys values (?, ?, ?, ?, ?, ?, ?)",
        *(key_id, user.name, name, hash_of(token), ACTIVE, now()),
        expires_at.replace(microsecond=0).isoformat() if expires_at else None,
    )
    return key_id, token


def list_service_specific_credentials(store: IamStore, call: Call) -> Members:
    """The Bedrock API keys of a user, without their tokens."""
    rows = store.database.rows(
        "select * from bearer_keys where user = ? order by id", user_in(store, call).name
    )
    is_wanted = call.parameters.get("ServiceName") in (None, SERVICE)
    keys = [_members(dict(row)) for row in rows] if is_wanted else []
    return page("ServiceSpecificCredentials", call, among(keys, _id), key=_id)


def update_service_specific_credential(store: IamStore, call: Call) -> None:
    """Switch a Bedrock API key on or off."""
    user, key_id = user_in(store, call), call.parameters["ServiceSpecificCredentialId"]
    updated = "update bearer_keys set status = ? where user = ? and id = ?"
    if not store.database.execute(updated, call.parameters["Status"], user.name, key_id):
        raise _no_key(key_id)


def reset_service_specific_credential(store: IamStore, call: Call) -> Members:
    """A Bedrock API key with a new token, in the place of the old one."""
    user, key_id = user_in(store, call), call.parameters["ServiceSpecificCredentialId"]
    token = long_lived_token(_found(store, user, key_id)["ServiceCredentialAlias"])
    store.database.execute("update bearer_keys set token_hash = ? where id = ?", hash_of(token), key_id)
    return {"ServiceSpecificCredential": {**_found(store, user, key_id), "ServiceCredentialSecret": token}}


def delete_service_specific_credential(store: IamStore, call: Call) -> None:
    """Delete a Bedrock API key, which opens nothing from then on."""
    user, key_id = user_in(store, call), call.parameters["ServiceSpecificCredentialId"]
    if not store.database.execute("delete from bearer_keys where user = ? and id = ?", user.name, key_id):
        raise _no_key(key_id)


def _found(store: IamStore, user: User, key_id: str) -> Members:
    rows = store.database.rows("select * from bearer_keys where user = ? and id = ?", user.name, key_id)
    if not rows:
        raise _no_key(key_id)
    return _members(dict(rows[0]))


def _members(row: Members) -> Members:
    return {
        "UserName": row["user"],
        "Status": row["status"],
        "ServiceCredentialAlias": row["name"],
        "CreateDate": datetime.fromisoformat(row["created_at"]),
        "ExpirationDate": datetime.fromisoformat(row["expires_at"]) if row["expires_at"] else None,
        "ServiceSpecificCredentialId": row["id"],
        "ServiceName": SERVICE,
    }


def _id(key: Members) -> str:
    return str(key["ServiceSpecificCredentialId"])


def _no_key(key_id: str) -> ServiceFault:
    return ServiceFault("NoSuchEntity", f"No such credential {key_id} exists")
