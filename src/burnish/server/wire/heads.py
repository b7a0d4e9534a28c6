"""The head of a request: what is known of it before a byte of its body is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import parse_qsl, unquote

from starlette.requests import Request

from burnish.names import OWN_HEADERS

#: What HTTP/2 calls the header ``host``; the JavaScript SDK signs it by this name.
AUTHORITY = ":authority"

_OWN = OWN_HEADERS.encode()


@dataclass(frozen=True, kw_only=True)
class RequestHead:
    """Method, path, query and headers, as they came over the wire; header names are in lower case."""

    method: str
    raw_path: str
    query: str
    headers: Sequence[tuple[str, str]]

    def header(self, name: str) -> str:
        """A header's values, as they are signed: trimmed, inner spaces single, joined by commas."""
        return self._signed_values.get(name, "")

    @property
    def names(self) -> AbstractSet[str]:
        """The names of the headers that were sent."""
        return self._signed_values.keys()

    @cached_property
    def _signed_values(self) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for name, value in self.headers:
            trimmed = " ".join(value.split())
            found[name] = f"{found[name]},{trimmed}" if name in found else trimmed
        return found

    @cached_property
    def pairs(self) -> list[tuple[str, str]]:
        """The query's names and values, decoded."""
        return parse_qsl(self.query, keep_blank_values=True)

    @cached_property
    def parameters(self) -> Mapping[str, str]:
        """The query's values by their names; of a name that comes twice, the first."""
        return dict(reversed(self.pairs))

    @property
    def has_body(self) -> bool:
        """Whether a body follows."""
        return "transfer-encoding" in self.names or self.header("content-length") not in ("", "0")

    @property
    def path(self) -> str:
        """The path, decoded: for comparing and showing, not for signing."""
        return unquote(self.raw_path)


def head_of(request: Request) -> RequestHead:
    """The head of a request. Over HTTP/2 the host has two names, and clients sign it by either."""
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]
    if request.scope["http_version"] == "2":
        headers += [(AUTHORITY, value) for name, value in headers if name == "host"]
    return RequestHead(
        method=request.method,
        raw_path=request.scope["raw_path"].decode("latin-1"),
        query=request.scope["query_string"].decode("latin-1"),
        headers=headers,
    )


def own_headers_of(request: Request) -> dict[str, str]:
    """The headers of a request that are Burnish's own, in small letters."""
    return {
        name.decode("latin-1"): value.decode("latin-1")
        for name, value in request.headers.raw
        if name.startswith(_OWN)
    }
