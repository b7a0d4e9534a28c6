"""The head of a request to S3: what is known of it before a byte of its body is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import parse_qsl, unquote

from starlette.requests import Request

from burnish.server.wire.signing import Fields, header_value

#: Buckets can also be named before this one in the Host header, as `start_object_store` tells the S3 server.
DOMAIN = "localhost"

#: What the query of a request for an object's content may have, beside a signature.
_OF_CONTENT = {"partnumber", "uploadid", "versionid", "x-id"}
_OF_SIGNATURES = {"awsaccesskeyid", "signature", "expires", "content-type", "content-md5"}
_OF_ANSWERS = "response-"


@dataclass(frozen=True, kw_only=True)
class RequestHead:
    """Method, path, query and headers, as they came over the wire; header names are in lower case."""

    method: str
    raw_path: str
    query: str
    headers: Fields

    def header(self, name: str) -> str:
        """A header's values in one, as they are signed; empty where there is none."""
        return header_value(self.headers, name)

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of the headers that were sent."""
        return frozenset(name for name, _ in self.headers)

    @cached_property
    def pairs(self) -> list[tuple[str, str]]:
        """The query's names and values, decoded."""
        return parse_qsl(self.query, keep_blank_values=True)

    @cached_property
    def parameters(self) -> Mapping[str, str]:
        """The query's values by their names; of a name that comes twice, the first."""
        return dict(reversed(self.pairs))

    @cached_property
    def bucket_of_host(self) -> str | None:
        """The bucket that the Host header names, if it names one."""
        host = self.header("host").partition(":")[0]
        bucket, dot, domain = host.rpartition(".")
        return bucket if dot and domain.lower() == DOMAIN else None

    @cached_property
    def has_key(self) -> bool:
        """Whether an object is meant, and not a bucket or all of them."""
        path = self.raw_path.removeprefix("/")
        return bool(path if self.bucket_of_host else path.partition("/")[2])

    @cached_property
    def is_of_content(self) -> bool:
        """Whether it writes or reads an object's content or a part of it, rather than facts about it."""
        names = {name.lower() for name, _ in self.pairs}
        others = {name for name in names if not name.startswith(("x-amz-", _OF_ANSWERS))}
        is_kind = self.method in ("GET", "PUT") and self.has_key
        return is_kind and others <= _OF_CONTENT | _OF_SIGNATURES

    @cached_property
    def has_body(self) -> bool:
        """Whether a body follows."""
        return "transfer-encoding" in self.names or self.header("content-length") not in ("", "0")

    @property
    def path(self) -> str:
        """The path, decoded: for comparing and showing, not for signing."""
        return unquote(self.raw_path)


def head_of(request: Request) -> RequestHead:
    """The head of a request."""
    return RequestHead(
        method=request.method,
        raw_path=request.scope["raw_path"].decode("latin-1"),
        query=request.scope["query_string"].decode("latin-1"),
        headers=[(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw],
    )
