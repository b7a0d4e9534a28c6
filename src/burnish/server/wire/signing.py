"""What AWS's signatures are computed from: a request's head in canonical form, and keys for a scope.

Bedrock, IAM and STS (`burnish.server.wire.auth`) and S3 (`burnish.server.s3.signatures`) differ in what
they sign of path and body; all the rest is the same and stands here.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from urllib.parse import quote_from_bytes, unquote_to_bytes

from burnish.server.wire.heads import RequestHead

ALGORITHM = "AWS4-HMAC-SHA256"
CLOCK_SKEW = timedelta(minutes=15)

_DATE = re.compile(r"\d{8}T\d{6}Z", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What a signing key is good for."""

    day: str
    region: str
    service: str

    def __str__(self) -> str:
        return f"{self.day}/{self.region}/{self.service}/aws4_request"


def canonical_request(
    head: RequestHead, path: str, signed_headers: Sequence[str], payload: str, *, without: str | None = None
) -> str:
    """The request in the one form that both sides can sign.

    ``path`` is the path as the service has it encoded, ``payload`` the body's hash or what stands for it. The
    pair of the query that is named ``without`` is left out.
    """
    lines = "".join(f"{name}:{head.header(name)}\n" for name in signed_headers)
    names = ";".join(signed_headers)
    query = _canonical_query(head.query, without)
    return "\n".join([head.method, path, query, lines, names, payload])


def _canonical_query(query: str, without: str | None) -> str:
    """A query's pairs in order, each encoded in the one way."""
    pairs = [pair.partition("=") for pair in query.split("&") if pair]
    # Encoded first and then sorted: AWS orders the encoded bytes, in which "%" comes before every letter.
    encoded = sorted((_encoded_once(key), _encoded_once(value)) for key, _, value in pairs)
    return "&".join(f"{key}={value}" for key, value in encoded if key != without)


def _encoded_once(text: str) -> str:
    """A part of a query in the one encoding that is signed, whatever encoding it came in."""
    # A plus sign in a query is a space and signed as %20; a plus that is meant comes as %2B.
    return quote_from_bytes(unquote_to_bytes(_wire_bytes(text.replace("+", " "))), safe="-_.~")


# Of every request of a day it is the same. Bounded, for whoever has a key chooses the scope.
@lru_cache(maxsize=128)
def signing_key(secret_key: str, scope: Scope) -> bytes:
    """The key for one day, region and service."""
    key = f"AWS4{secret_key}".encode()
    for part in (scope.day, scope.region, scope.service, "aws4_request"):
        key = _hmac(key, part)
    return key


def signature_of(canonical: str, *, date: str, scope: Scope, secret_key: str) -> str:
    """The signature of a request in canonical form that was made at ``date``."""
    digest = hashlib.sha256(_wire_bytes(canonical)).hexdigest()
    return signed(signing_key(secret_key, scope), "\n".join([ALGORITHM, date, str(scope), digest]))


def signed(key: bytes, text: str) -> str:
    """A text's signature under a signing key."""
    return _hmac(key, text).hex()


def moment_signed(date: str) -> datetime:
    """The moment that a signature names, as ``20260102T030405Z``. Raises `ValueError` where it names none."""
    if not _DATE.fullmatch(date):
        raise ValueError(f"{date!r} is no date of a signature")
    # `strptime` would take several times as long as computing the signature.
    return datetime.fromisoformat(date)


def is_same(signature: str, expected: str) -> bool:
    """Whether two signatures are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(signature.encode(), expected.encode())


def _wire_bytes(text: str) -> bytes:
    """The bytes of what ASGI servers read as Latin-1."""
    return text.encode("latin-1", errors="backslashreplace")


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
