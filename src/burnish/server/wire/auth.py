"""Who signed a request: AWS's Signature Version 4, verified.

The signature covers the method, the path, the query, the signed headers and the body's hash; a request
of which any byte of these was changed is refused. S3 has rules of its own, in `burnish.server.s3.signatures`.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from functools import lru_cache
from urllib.parse import quote

from burnish.names import OWN_HEADERS
from burnish.server.principals import Keys, SigningKey
from burnish.server.wire.call import Identity
from burnish.server.wire.heads import AUTHORITY, RequestHead
from burnish.server.wire.signing import (
    ALGORITHM,
    CLOCK_SKEW,
    Scope,
    canonical_request,
    is_same,
    moment_signed,
    signature_of,
)

_MUST_BE_SIGNED = ("x-amz-", OWN_HEADERS)
#: What a path has of characters that it is signed with as they are, but for the percent sign.
_PLAIN_PATH = re.compile(r"[A-Za-z0-9_.~/%-]*", re.ASCII)
_PART = re.compile(r"(Credential|SignedHeaders|Signature)=([^\s,]*)")


class Reason(Enum):
    """Why a request is refused; each protocol has its own code for it."""

    MISSING = auto()
    INCOMPLETE = auto()
    UNKNOWN_KEY = auto()
    MISMATCH = auto()
    EXPIRED = auto()


class Refused(Exception):
    """The request is not, or not rightly, signed."""

    def __init__(self, reason: Reason, message: str) -> None:
        self.reason = reason
        super().__init__(message)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What an Authorization header says."""

    access_key: str
    day: str
    region: str
    service: str
    signed_headers: tuple[str, ...]
    signature: str

    @property
    def scope(self) -> Scope:
        """The scope that the signing key is derived for."""
        return Scope(day=self.day, region=self.region, service=self.service)


# Asked twice of each request, and bounded, for strangers choose what goes into it.
@lru_cache(maxsize=256)
def claim_of(authorization: str | None) -> Claim:
    """What an Authorization header claims, not yet verified. Raises `Refused` for none or a malformed one."""
    if not authorization:
        raise Refused(Reason.MISSING, "The request is not signed: it has no Authorization header")
    algorithm, _, rest = authorization.partition(" ")
    if algorithm != ALGORITHM:
        raise Refused(
            Reason.MISSING,
            f"The request is not signed with {ALGORITHM}, and bearer tokens are for Bedrock only: sign with "
            "the access key that `burnish env` prints",
        )
    parts = dict(_PART.findall(rest))
    scope = parts.get("Credential", "").split("/")
    if (
        len(scope) != 5
        or scope[4] != "aws4_request"
        or not parts.get("SignedHeaders")
        or not parts.get("Signature")
    ):
        raise Refused(
            Reason.INCOMPLETE, "The Authorization header needs a Credential, SignedHeaders and a Signature"
        )
    return Claim(
        access_key=scope[0],
        day=scope[1],
        region=scope[2],
        service=scope[3],
        signed_headers=tuple(parts["SignedHeaders"].lower().split(";")),
        signature=parts["Signature"],
    )


def check_key(access_key: str, keys: Keys, *, session_token: str | None) -> SigningKey:
    """The access key of that id. Raises `Refused` for one that is not known, is not whole, or has expired."""
    key = keys.signing_key(access_key)
    if key is None:
        raise Refused(
            Reason.UNKNOWN_KEY,
            "The security token included in the request is invalid: this server does not know the access key "
            f"{access_key!r}; `burnish env` prints the one to use",
        )
    if key.token_hash is None and session_token:
        raise Refused(
            Reason.UNKNOWN_KEY,
            "The security token included in the request is invalid: this access key comes without a "
            "session token; unset AWS_SESSION_TOKEN",
        )
    if key.token_hash is not None and not is_same(_hash_of(session_token or ""), key.token_hash):
        raise Refused(
            Reason.UNKNOWN_KEY,
            "The security token included in the request is invalid: it is not the one that this access key "
            "was given with; set AWS_SESSION_TOKEN to that",
        )
    if key.expires_at and datetime.now(UTC) >= key.expires_at:
        raise Refused(
            Reason.EXPIRED, "The security token included in the request is expired: ask for new credentials"
        )
    return key


def _hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def verify_head(claim: Claim, head: RequestHead, keys: Keys, *, now: datetime) -> SigningKey:
    """The key that the head of a request may have been signed with; raises `Refused` where it was not.

    Where the head names the body's hash, the whole signature is verified, before a byte of the body is read.
    """
    key = check_key(claim.access_key, keys, session_token=head.header("x-amz-security-token"))
    if unsigned := unsigned_headers(claim, head):
        raise Refused(Reason.MISMATCH, f"These headers must be signed and are not: {', '.join(unsigned)}")
    check_signed_headers_came(claim, head)
    _check_date(claim, head.header("x-amz-date"), now)
    if body_hash := head.header("x-amz-content-sha256"):
        _check_signature(claim, head, key, body_hash)
    return key


def verify_body(claim: Claim, head: RequestHead, key: SigningKey, *, body_hash: str) -> Identity:
    """Who signed the request with a body of this SHA-256, once `verify_head` has let its head pass.

    Raises `Refused` where the signature does not hold.
    """
    claimed_hash = head.header("x-amz-content-sha256")
    if not claimed_hash:
        _check_signature(claim, head, key, body_hash)
    elif claimed_hash != body_hash:
        raise Refused(
            Reason.MISMATCH, "The provided x-amz-content-sha256 header does not match what was computed"
        )
    return Identity(
        account_id=key.principal.account_id,
        access_key=claim.access_key,
        region=claim.region,
        acting=key.principal,
    )


def _check_signature(claim: Claim, head: RequestHead, key: SigningKey, body_hash: str) -> None:
    canonical = canonical_request(head, signed_path(head), claim.signed_headers, body_hash)
    check_signature(claim, canonical, key, date=head.header("x-amz-date"))


def check_signature(claim: Claim, canonical: str, key: SigningKey, *, date: str) -> None:
    """Raise `Refused` where a signature of version 4 is not that of a request in canonical form."""
    expected = signature_of(canonical, date=date, scope=claim.scope, secret_key=key.secret_key)
    check_same(claim.signature, expected)


def check_same(signature: str, expected: str) -> None:
    """Raise `Refused` for another signature than the expected one."""
    if not is_same(signature, expected):
        raise Refused(
            Reason.MISMATCH,
            "The request signature we calculated does not match the signature you provided. Check your AWS "
            "Secret Access Key and signing method; `burnish env` prints the key of this server",
        )


def signed_path(head: RequestHead) -> str:
    """The path as all services but S3 sign it."""
    return _signed_form(head.raw_path)


# Bounded, for strangers choose the paths.
@lru_cache(maxsize=128)
def _signed_form(raw_path: str) -> str:
    # Encoded once more than it came: an ARN's %3A is signed as %253A. S3 alone signs it as it was sent.
    path = _normal_path(raw_path)
    return path.replace("%", "%25") if _PLAIN_PATH.fullmatch(path) else quote(path, safe="/~")


def unsigned_headers(claim: Claim, head: RequestHead) -> list[str]:
    """The headers that came without a signature and need one."""
    host = AUTHORITY if AUTHORITY in claim.signed_headers else "host"
    needed = {host, *(name for name in head.names if name.startswith(_MUST_BE_SIGNED))}
    return sorted(needed - set(claim.signed_headers))


def check_signed_headers_came(claim: Claim, head: RequestHead) -> None:
    """Raise `Refused` where a header is signed that was not sent."""
    if absent := sorted(set(claim.signed_headers) - head.names):
        raise Refused(Reason.MISMATCH, f"These headers are signed and were not sent: {', '.join(absent)}")


def _check_date(claim: Claim, date: str, now: datetime) -> None:
    try:
        signed_at = moment_signed(date)
    except ValueError as error:
        raise Refused(Reason.INCOMPLETE, "The header X-Amz-Date must look like 20260102T030405Z") from error
    if not date.startswith(claim.day):
        raise Refused(Reason.MISMATCH, f"The signature's scope is of {claim.day!r}, the request of {date!r}")
    if abs(now - signed_at) > CLOCK_SKEW:
        raise Refused(
            Reason.MISMATCH,
            f"Signature expired: {date} is more than 15 minutes from {now:%Y%m%dT%H%M%SZ}, our time; "
            "set the clocks of both machines",
        )


def _normal_path(path: str) -> str:
    """The path without empty, ``.`` and ``..`` segments, as RFC 3986 removes them."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in ("", "."):
            kept.append(segment)
    closing = "/" if kept and path.endswith("/") else ""
    return f"/{'/'.join(kept)}{closing}"
