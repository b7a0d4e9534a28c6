"""Who signed a request to S3, told from its head alone: before a byte of the body is read.

Signatures of version 4 in the Authorization header or in a link, and of version 2, which boto3 still
makes for links (`burnish.server.s3.signatures_v2`). The path is signed as it is encoded once, and a
header or the link itself says what is promised of the body, which `burnish.server.s3.payloads` keeps.
The S3 server verifies the signature again; what comes this far has a right to its attention.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import quote_from_bytes, unquote_to_bytes

from burnish.server.principals import Keys, SigningKey
from burnish.server.s3 import signatures_v2
from burnish.server.s3.faults import S3Fault, denied, invalid_argument
from burnish.server.wire.auth import (
    Claim,
    Reason,
    Refused,
    check_key,
    check_signature,
    check_signed_headers_came,
    claim_of,
    unsigned_headers,
)
from burnish.server.wire.heads import RequestHead
from burnish.server.wire.signing import ALGORITHM, CLOCK_SKEW, Scope, canonical_request, moment_signed

UNSIGNED = "UNSIGNED-PAYLOAD"
MAX_LINK_AGE = timedelta(days=7)

_DATE_FORMAT = "%Y%m%dT%H%M%SZ"
_FAULTS = {
    Reason.MISSING: (403, "AccessDenied"),
    Reason.INCOMPLETE: (400, "AuthorizationHeaderMalformed"),
    Reason.UNKNOWN_KEY: (403, "InvalidAccessKeyId"),
    Reason.MISMATCH: (403, "SignatureDoesNotMatch"),
    Reason.EXPIRED: (400, "ExpiredToken"),
}
#: Headers that decide what is signed or read: sent twice, one reader could take the first, another the last.
_ONCE = (
    "authorization",
    "content-length",
    "content-type",
    "date",
    "host",
    "x-amz-content-sha256",
    "x-amz-copy-source",
    "x-amz-date",
    "x-amz-decoded-content-length",
    "x-amz-trailer",
)
_OF_LINKS = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "X-Amz-Signature",
)

#: All that a query may have of a signature, of either version.
SIGNING_PARAMETERS = (*_OF_LINKS, *signatures_v2.OF_LINKS, "X-Amz-Security-Token", "X-Amz-Content-Sha256")

_UNSIGNED_REQUEST = (
    "The request is not signed, and this server has nothing for everybody: sign it with the access key that "
    "`burnish env` prints, or make a link with it"
)
_OTHER_ALGORITHM = (
    "The authorization mechanism {given!r} is not supported. Please use "
    f"{ALGORITHM}, with the access key that `burnish env` prints"
)


@dataclass(frozen=True, kw_only=True)
class Seal:
    """A signature that holds, and what it promises of the body: its hash, or the name of a way to send it."""

    payload: str
    key: SigningKey
    signature: str = ""
    date: str = ""
    scope: Scope | None = None


def authenticate(head: RequestHead, keys: Keys, *, now: datetime) -> Seal:
    """The signature of a request. Raises `S3Fault` where there is none that holds."""
    _check_once(head)
    ways = [way for is_meant, way in _WAYS if is_meant(head)]
    if not ways:
        raise denied(_UNSIGNED_REQUEST)
    if len(ways) > 1:
        raise invalid_argument(
            "Only one auth mechanism allowed; sign in the Authorization header or in the query, not in both"
        )
    with translated_refusals():
        return ways[0](head, keys, now)


@contextmanager
def translated_refusals() -> Iterator[None]:
    """Raise S3's own errors for refusals of keys and signatures that are the same in all services."""
    try:
        yield
    except Refused as refused:
        status, code = _FAULTS[refused.reason]
        raise S3Fault(status, code, str(refused)) from refused


def _check_once(head: RequestHead) -> None:
    named = [name for name, _ in head.headers]
    if twice := [name for name in _ONCE if named.count(name) > 1]:
        raise S3Fault(400, "InvalidRequest", f"These headers were sent more than once: {', '.join(twice)}")
    signing = [name for name, _ in head.pairs if name in _OF_LINKS or name in signatures_v2.OF_LINKS]
    if len(signing) > len(set(signing)):
        raise _bad_link("A part of the link's signature comes more than once")


def _by_header(head: RequestHead, keys: Keys, now: datetime) -> Seal:
    authorization = head.header("authorization")
    if authorization.startswith("AWS "):
        key = signatures_v2.verify_header(head, keys, now=now)
        return Seal(key=key, payload=head.header("x-amz-content-sha256") or UNSIGNED)
    if not authorization.startswith(f"{ALGORITHM} "):
        given = authorization.partition(" ")[0]
        raise S3Fault(400, "InvalidRequest", _OTHER_ALGORITHM.format(given=given))
    claim = claim_of(authorization)
    key = check_key(claim.access_key, keys, session_token=head.header("x-amz-security-token"))
    date = _date_of(head)
    _check_day(claim, date)
    signatures_v2.check_skew(_time_of(date), now)
    payload = head.header("x-amz-content-sha256")
    if not payload:
        raise S3Fault(400, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256")
    _check_signed_headers(claim, head)
    _check_signature(claim, head, key, date=date, payload=payload)
    return Seal(key=key, payload=payload, signature=claim.signature, date=date, scope=claim.scope)


def _by_link(head: RequestHead, keys: Keys, now: datetime) -> Seal:
    claim = _claim_of_link(head)
    token = head.parameters.get("X-Amz-Security-Token") or head.header("x-amz-security-token")
    key = check_key(claim.access_key, keys, session_token=token)
    date = head.parameters["X-Amz-Date"]
    _check_day(claim, date)
    _check_not_expired(_time_of(date), head.parameters["X-Amz-Expires"], now)
    _check_signed_headers(claim, head)
    payload = head.parameters.get("X-Amz-Content-Sha256") or UNSIGNED
    _check_signature(claim, head, key, date=date, payload=payload)
    return Seal(key=key, payload=head.header("x-amz-content-sha256") or payload)


def _by_old_link(head: RequestHead, keys: Keys, now: datetime) -> Seal:
    key = signatures_v2.verify_link(head, keys, now=now)
    return Seal(key=key, payload=head.header("x-amz-content-sha256") or UNSIGNED)


def _has_header(head: RequestHead) -> bool:
    return "authorization" in head.names


def _is_link(head: RequestHead) -> bool:
    return any(name in head.parameters for name in _OF_LINKS)


def _is_old_link(head: RequestHead) -> bool:
    return any(name in head.parameters for name in signatures_v2.OF_LINKS)


_WAYS = ((_has_header, _by_header), (_is_link, _by_link), (_is_old_link, _by_old_link))


def _claim_of_link(head: RequestHead) -> Claim:
    absent = [name for name in _OF_LINKS if not head.parameters.get(name)]
    if absent:
        raise _bad_link(f"The link's query lacks {', '.join(absent)}")
    said = {name: head.parameters[name] for name in _OF_LINKS}
    if said["X-Amz-Algorithm"] != ALGORITHM:
        raise _bad_link(f"X-Amz-Algorithm only supports {ALGORITHM}")
    return claim_of(
        f"{ALGORITHM} Credential={said['X-Amz-Credential']},SignedHeaders={said['X-Amz-SignedHeaders']},"
        f"Signature={said['X-Amz-Signature']}"
    )


def _bad_link(problem: str) -> S3Fault:
    return S3Fault(400, "AuthorizationQueryParametersError", problem)


def _date_of(head: RequestHead) -> str:
    """When the request says it was signed: by S3's own header, or else by HTTP's."""
    if date := head.header("x-amz-date"):
        return date
    try:
        at = parsedate_to_datetime(head.header("date"))
        return at.astimezone(UTC).strftime(_DATE_FORMAT)
    except (ValueError, OverflowError) as error:
        raise denied(signatures_v2.NO_DATE) from error


def _time_of(date: str) -> datetime:
    try:
        return moment_signed(date)
    except ValueError as error:
        raise denied(f"A signature's date must look like 20260102T030405Z, not {date!r}") from error


def _check_day(claim: Claim, date: str) -> None:
    if claim.service != "s3":
        raise Refused(
            Reason.INCOMPLETE, f"The signature is for the service {claim.service!r}, and this is s3"
        )
    if not date.startswith(claim.day):
        raise Refused(Reason.MISMATCH, f"The signature's scope is of {claim.day!r}, the request of {date!r}")


def _check_not_expired(signed_at: datetime, expires: str, now: datetime) -> None:
    most = int(MAX_LINK_AGE.total_seconds())
    # `isdigit` is true of ², of which `int` makes no number; nor does it of thousands of digits.
    if not (expires.isascii() and expires.isdigit() and len(expires) <= len(str(most))):
        expires = str(most + 1)
    if not 1 <= int(expires) <= most:
        raise _bad_link(f"X-Amz-Expires must be a number of seconds from 1 to {most}, which are seven days")
    if signed_at - now > CLOCK_SKEW:
        raise denied(f"The link holds from {signed_at:{_DATE_FORMAT}} on, not yet")
    if now > signed_at + timedelta(seconds=int(expires)):
        raise denied("Request has expired: make a new link, or one that holds longer")


def _check_signed_headers(claim: Claim, head: RequestHead) -> None:
    if unsigned := unsigned_headers(claim, head):
        raise denied(
            f"There were headers present in the request which were not signed: {', '.join(unsigned)}"
        )
    check_signed_headers_came(claim, head)


def _check_signature(claim: Claim, head: RequestHead, key: SigningKey, *, date: str, payload: str) -> None:
    # A link carries its signature among what is signed, and cannot have been signed with it.
    canonical = canonical_request(
        head, signed_path(head), claim.signed_headers, payload, without="X-Amz-Signature"
    )
    check_signature(claim, canonical, key, date=date)


def signed_path(head: RequestHead) -> str:
    """The path as S3 signs it."""
    # Encoded once and never normalized: "a//b" and "a/./b" are keys of their own there.
    return quote_from_bytes(unquote_to_bytes(head.raw_path.encode("latin-1")), safe="/-_.~")
