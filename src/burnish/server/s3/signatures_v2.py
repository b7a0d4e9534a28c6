"""Signatures of S3's version 2: what boto3 makes links with unless told otherwise, and old clients sign with.

They cover the path, the sub-resource that is asked for, and headers, but neither the body nor the rest of
the query. A parameter that such a signature leaves out and that is not harmless is refused: put into a
link by somebody else, it would make another operation of it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import unquote_to_bytes

from botocore.auth import HmacV1Auth

from burnish.server.principals import Keys, SigningKey
from burnish.server.s3.addressing import bucket_of_host
from burnish.server.s3.faults import S3Fault, denied
from burnish.server.wire.auth import Reason, Refused, check_key, check_same
from burnish.server.wire.heads import RequestHead
from burnish.server.wire.signing import CLOCK_SKEW

OF_LINKS = ("AWSAccessKeyId", "Signature", "Expires")
NO_DATE = "AWS authentication requires a valid Date or x-amz-date header: set the clock of your machine"

#: The sub-resources and the headers of answers that are signed, as boto3 signs them itself.
_SIGNED = frozenset(HmacV1Auth.QSAOfInterest)
#: What narrows a list, and what boto3 puts into a link beside its signature. S3 signs none of these.
_HARMLESS = {
    *OF_LINKS,
    "Content-MD5",
    "content-md5",
    "content-type",
    "continuation-token",
    "delimiter",
    "encoding-type",
    "fetch-owner",
    "key-marker",
    "list-type",
    "marker",
    "max-keys",
    "max-parts",
    "max-uploads",
    "part-number-marker",
    "prefix",
    "start-after",
    "upload-id-marker",
    "version-id-marker",
    "x-id",
}


def verify_header(head: RequestHead, keys: Keys, *, now: datetime) -> SigningKey:
    """The key of the Authorization header. Raises `S3Fault` or `Refused` where it does not hold."""
    key_id, colon, signature = head.header("authorization").removeprefix("AWS ").partition(":")
    if not (key_id and colon and signature):
        raise Refused(Reason.INCOMPLETE, "An Authorization header of version 2 is AWS key:signature")
    key = _check_key(key_id, head, keys)
    _check_date(head.header("x-amz-date") or head.header("date"), now)
    date = "" if "x-amz-date" in head.names else head.header("date")
    _check_signature(signature, head, date, key)
    return key


def verify_link(head: RequestHead, keys: Keys, *, now: datetime) -> SigningKey:
    """The key of a link. Raises `S3Fault` or `Refused` where its signature does not hold, or no longer."""
    absent = [name for name in OF_LINKS if not head.parameters.get(name)]
    if absent:
        raise denied(f"The link's query lacks {', '.join(absent)}")
    key_id, signature, expires = (head.parameters[name] for name in OF_LINKS)
    key = _check_key(key_id, head, keys)
    _check_expiry(expires, now)
    _check_signature(signature, head, expires, key)
    return key


def _check_key(key_id: str, head: RequestHead, keys: Keys) -> SigningKey:
    token = head.header("x-amz-security-token") or head.parameters.get("x-amz-security-token")
    return check_key(key_id, keys, session_token=token)


def _check_date(date: str, now: datetime) -> None:
    try:
        signed_at = parsedate_to_datetime(date)
    except ValueError as error:
        raise denied(NO_DATE) from error
    check_skew(signed_at.replace(tzinfo=signed_at.tzinfo or UTC), now)


def check_skew(signed_at: datetime, now: datetime) -> None:
    """Raise `S3Fault` for a request that was signed too long ago, or will be."""
    if abs(now - signed_at) > CLOCK_SKEW:
        raise S3Fault(
            403,
            "RequestTimeTooSkewed",
            f"The difference between the request time, {signed_at.isoformat()}, and our time, "
            f"{now.isoformat(timespec='seconds')}, is too large: set the clocks of both machines",
        )


def _check_expiry(expires: str, now: datetime) -> None:
    if not (expires.isascii() and expires.isdigit() and len(expires) <= 12):
        raise denied("Expires must be a number of seconds since 1970")
    if now.timestamp() > int(expires):
        raise denied("Request has expired: make a new link, or one that holds longer")


def _check_signature(signature: str, head: RequestHead, date: str, key: SigningKey) -> None:
    _check_nothing_unsigned(head)
    text = string_to_sign(head, date).encode("latin-1", "backslashreplace")
    check_same(signature, signature_v2(text, key.secret_key))


def signature_v2(text: bytes, secret_key: str) -> str:
    """The signature of version 2 of a text."""
    digest = hmac.new(secret_key.encode(), text, hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


def _check_nothing_unsigned(head: RequestHead) -> None:
    taken = _SIGNED | _HARMLESS
    others = sorted(
        {name for name in head.parameters if name not in taken and not name.lower().startswith("x-amz-")}
    )
    if others:
        raise denied(
            f"A signature of version 2 does not cover {', '.join(others)}: sign with version 4, in boto3 by "
            "Config(signature_version='s3v4')"
        )


def string_to_sign(head: RequestHead, date: str) -> str:
    """What a signature of version 2 is made over; ``date`` is a link's time of expiry."""
    own = sorted(name for name in head.names if name.startswith("x-amz-"))
    return "\n".join(
        [
            head.method,
            head.header("content-md5"),
            head.header("content-type"),
            date,
            *(f"{name}:{_stripped(head, name)}" for name in own),
            _resource(head),
        ]
    )


def _stripped(head: RequestHead, name: str) -> str:
    return ",".join(value.strip() for key, value in head.headers if key == name)


def _resource(head: RequestHead) -> str:
    """The path, bucket and all, and the sub-resource that is asked for."""
    named = bucket_of_host(head)
    bucket = f"/{named}" if named else ""
    pairs = [pair.split("=", 1) for pair in head.query.split("&")]
    signed = sorted((name, *map(_decoded, value)) for name, *value in pairs if name in _SIGNED)
    query = "&".join("=".join(pair) for pair in signed)
    return f"{bucket}{head.raw_path}" + (f"?{query}" if query else "")


def _decoded(value: str) -> str:
    """The bytes of a value, read as the whole request is."""
    return unquote_to_bytes(value.encode("latin-1")).decode("latin-1")
