"""Bearer tokens for Bedrock, which AWS calls Bedrock API keys.

    ABSK + base64(name:secret)                    long-lived: a key of a user, of which the hash is kept
    bedrock-api-key- + base64(a presigned link)   short-lived: made from an access key, for up to 12 hours

Clients send them as ``Authorization: Bearer …``, with ``AWS_BEARER_TOKEN_BEDROCK`` set, and sign nothing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from burnish.policies.patterns import context_of
from burnish.server.principals import Keys, Principal
from burnish.server.wire.auth import Reason, Refused, check_key, check_signature, claim_of
from burnish.server.wire.heads import RequestHead
from burnish.server.wire.signing import CLOCK_SKEW, canonical_request, is_same, moment_signed

SCHEME = "Bearer "
ACTION = "CallWithBearerToken"
MAX_AGE = timedelta(hours=12)
USUAL_REGION = "us-east-1"

_LONG, _SHORT = "ABSK", "bedrock-api-key-"
_HOST = "bedrock.amazonaws.com"
_UNSIGNED_END = "&Version=1"
_EMPTY = hashlib.sha256(b"").hexdigest()
_INVALID = (
    "The bearer token is not valid on this server: make one with `burnish keys create NAME --bearer`, or "
    "unset AWS_BEARER_TOKEN_BEDROCK to sign with an access key"
)
_EXPIRED = "The bearer token has expired: make another"


@dataclass(frozen=True, kw_only=True)
class Bearer:
    """Who sent a token that holds, the key that it was made from, and the region that it is for."""

    principal: Principal
    key_id: str
    region: str
    #: What the condition key ``bedrock:bearerTokenType`` says of it.
    kind: str

    @property
    def context(self) -> dict[str, tuple[str, ...]]:
        """The values of condition keys that come with the token."""
        return dict(context_of({"bedrock:BearerTokenType": self.kind}))


def is_bearer(authorization: str | None) -> bool:
    """Whether a request comes with a bearer token in place of a signature."""
    return (authorization or "").startswith(SCHEME)


def long_lived_token(name: str) -> str:
    """A new token of a key of that name."""
    return _LONG + base64.b64encode(f"{name}:{secrets.token_urlsafe(33)}".encode()).decode()


def hash_of(token: str) -> str:
    """What is kept of a token. It is as long as a hash and random, and needs no slow one."""
    return hashlib.sha256(token.encode()).hexdigest()


def bearer_in(authorization: str, keys: Keys, *, now: datetime) -> Bearer:
    """Whose the token of a request is. Raises `Refused` for one that does not hold, or no longer."""
    token = authorization.removeprefix(SCHEME).strip()
    if token.startswith(_SHORT):
        return _short_lived(_decoded(token.removeprefix(_SHORT)), keys, now)
    if token.startswith(_LONG):
        return _long_lived(token, keys, now)
    raise Refused(Reason.UNKNOWN_KEY, _INVALID)


def _long_lived(token: str, keys: Keys, now: datetime) -> Bearer:
    name = _decoded(token.removeprefix(_LONG)).partition(":")[0]
    key = keys.bearer_key(name)
    if key is None or not is_same(hash_of(token), key.token_hash):
        raise Refused(Reason.UNKNOWN_KEY, _INVALID)
    if key.expires_at and now >= key.expires_at:
        raise Refused(Reason.EXPIRED, _EXPIRED)
    return Bearer(principal=key.principal, key_id=key.id, region=USUAL_REGION, kind="LONG_TERM")


def _short_lived(link: str, keys: Keys, now: datetime) -> Bearer:
    """Whose a presigned link is. What its signature covers is what makes it a token, and for how long."""
    parts = urlsplit(f"https://{link.removesuffix(_UNSIGNED_END)}")
    head = RequestHead(
        method="POST", raw_path=parts.path or "/", query=parts.query, headers=[("host", _HOST)]
    )
    said = head.parameters
    claim = claim_of(
        f"{said.get('X-Amz-Algorithm')} Credential={said.get('X-Amz-Credential', '')},"
        f"SignedHeaders={said.get('X-Amz-SignedHeaders', '')},Signature={said.get('X-Amz-Signature', '')}"
    )
    is_token = (
        said.get("Action") == ACTION and claim.service == "bedrock" and claim.signed_headers == ("host",)
    )
    if parts.netloc != _HOST or not is_token or claim.signed_headers != ("host",):
        raise Refused(Reason.UNKNOWN_KEY, _INVALID)
    key = check_key(claim.access_key, keys, session_token=said.get("X-Amz-Security-Token", ""))
    canonical = canonical_request(head, "/", claim.signed_headers, _EMPTY, without="X-Amz-Signature")
    date = said.get("X-Amz-Date", "")
    check_signature(claim, canonical, key, date=date)
    _check_age(date, said.get("X-Amz-Expires", ""), now)
    return Bearer(principal=key.principal, key_id=key.access_key, region=claim.region, kind="SHORT_TERM")


def _check_age(date: str, expires: str, now: datetime) -> None:
    try:
        made = moment_signed(date)
        age = timedelta(seconds=int(expires))
    except (ValueError, OverflowError) as error:
        raise Refused(Reason.UNKNOWN_KEY, _INVALID) from error
    if age > MAX_AGE or made - now > CLOCK_SKEW:
        raise Refused(Reason.UNKNOWN_KEY, _INVALID)
    if now >= made + age:
        raise Refused(Reason.EXPIRED, _EXPIRED)


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Refused(Reason.UNKNOWN_KEY, _INVALID) from error
