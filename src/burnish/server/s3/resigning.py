"""Requests of users and sessions as the S3 server knows them: signed again, with the one key that it has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import unquote_plus

from burnish.server.principals import FirstKey
from burnish.server.s3.signatures import SIGNING_PARAMETERS, UNSIGNED, signed_path
from burnish.server.wire.heads import RequestHead
from burnish.server.wire.signing import ALGORITHM, Scope, canonical_request, signature_of

_REPLACED = ("authorization", "date", "x-amz-content-sha256", "x-amz-date", "x-amz-security-token")
_DROPPED = {name.lower() for name in SIGNING_PARAMETERS}


@dataclass(frozen=True, kw_only=True)
class Resigned:
    """The query and the headers that take the place of those that came."""

    query: str
    headers: list[tuple[bytes, bytes]]


def resigned(head: RequestHead, first: FirstKey, *, payload: str) -> Resigned:
    """A request with our signature in place of its own; ``payload`` is what it says of its body.

    Where that is not what it said, the length of the body is another as well, and is left out. What comes as
    `UNSIGNED` instead is in chunks no more.
    """
    date = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    kept = [(name, value) for name, value in head.headers if name not in _REPLACED]
    if payload != (head.header("x-amz-content-sha256") or payload):
        kept = _reframed(kept, is_chunked=payload != UNSIGNED)
    headers = [*kept, ("x-amz-date", date), ("x-amz-content-sha256", payload)]
    ours = RequestHead(
        method=head.method, raw_path=head.raw_path, query=_unsigned(head.query), headers=headers
    )
    scope = Scope(day=date[:8], region="us-east-1", service="s3")
    names = sorted({name for name in ours.names if name == "host" or name.startswith("x-amz-")})
    canonical = canonical_request(ours, signed_path(ours), names, payload)
    signature = signature_of(canonical, date=date, scope=scope, secret_key=first.secret_key)
    authorization = (
        f"{ALGORITHM} Credential={first.access_key}/{scope}, SignedHeaders={';'.join(names)}, "
        f"Signature={signature}"
    )
    return Resigned(query=ours.query, headers=_encoded([*headers, ("authorization", authorization)]))


def _reframed(headers: list[tuple[str, str]], *, is_chunked: bool) -> list[tuple[str, str]]:
    """The headers of a body of another length, and in chunks or not."""
    kept = [(name, value) for name, value in headers if name != "content-length"]
    if is_chunked:
        return kept
    kept = [(name, value) for name, value in kept if name != "x-amz-decoded-content-length"]
    return [pair for name, value in kept if (pair := without_chunks(name, value))]


def without_chunks(name: str, value: str) -> tuple[str, str] | None:
    """A header that does not say that the body is in chunks; None where it says nothing else."""
    if name != "content-encoding":
        return name, value
    rest = [part for part in value.split(",") if part.strip() != "aws-chunked"]
    return (name, ",".join(rest).strip()) if rest else None


def _unsigned(query: str) -> str:
    """A query without what signed it; the rest stays as it came, byte for byte."""
    pairs = [pair for pair in query.split("&") if pair]
    return "&".join(pair for pair in pairs if unquote_plus(pair.partition("=")[0]).lower() not in _DROPPED)


def _encoded(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
