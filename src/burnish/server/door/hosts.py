"""For whom a request may be meant: the check that keeps other sites' pages out of a local server.

A page can make its own name stand for 127.0.0.1 ("DNS rebinding"), and its browser then lets it talk to the
server as if it were its own. What gives it away is the Host header, which has the page's name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK_NAMES = ("localhost", "*.localhost", "127.0.0.1", "::1")

#: Makes the answer that refuses a request, from the error's code and what to do.
Refusal = Callable[[Scope, str, str], Response]

_CROSS_ORIGIN = b"access-control-"


class AllowedHosts:
    """The names that a Host header may have; ``*.name`` stands for each name one level below."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(map(_comparable, names))

    def __contains__(self, host: str) -> bool:
        name = _comparable(host)
        _, dot, parent = name.partition(".")
        return name in self._names or (bool(dot) and not _is_address(name) and f"*.{parent}" in self._names)


class HostCheck:
    """ASGI middleware: refuse what is meant for another host or comes from another site's page.

    Runs before signatures are looked at, and for every path. No answer tells a browser that pages of other
    sites may read it, whatever the application, or the S3 server behind it, would say.
    """

    def __init__(self, app: ASGIApp, *, allowed: AllowedHosts, refusal: Refusal) -> None:
        self._app = app
        self._allowed = allowed
        self._refusal = refusal
        # Bounded, for strangers choose what goes into it.
        self._is_meant = lru_cache(maxsize=256)(self._meant)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if refusal := self._refusal_of(scope):
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, _without_cross_origin(send))

    def _refusal_of(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._is_meant(host, (scope.get("server") or ("",))[0]):
            return self._refusal(
                scope,
                "MisdirectedRequestException",
                f"This server does not answer for the host {host!r}: use the URL that `burnish env` prints, "
                "or start the server with --allow-host NAME",
            )
        if scope["method"] == "OPTIONS" or not _is_same_origin(headers.get("origin"), host):
            return self._refusal(
                scope, "AccessDeniedException", "Pages of other sites may not use this server"
            )
        return None

    def _meant(self, host: str, reached_at: str) -> bool:
        """Whether a Host header names this server, or is the very address that the connection came to."""
        name = _name_in(host)
        if name is None:
            return False
        return name in self._allowed or _comparable(name) == _comparable(reached_at)


def _without_cross_origin(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [
                (name, value)
                for name, value in message["headers"]
                if not name.lower().startswith(_CROSS_ORIGIN)
            ]
        await send(message)

    return sent


def _is_same_origin(origin: str | None, host: str) -> bool:
    return origin is None or urlsplit(origin).netloc.lower() == host.lower()


def _name_in(host: str) -> str | None:
    """The name in a Host header, without its port; None for what is no host."""
    try:
        parts = urlsplit(f"//{host}")
        parts.port  # noqa: B018  raises for what is no port
    except ValueError:
        return None
    return parts.hostname if parts.netloc == host and "@" not in host else None


def _comparable(name: str) -> str:
    """A name in its one form: lower case, without a final dot; an address as Python writes it."""
    lower = name.lower().removesuffix(".")
    try:
        return str(ip_address(lower))
    except ValueError:
        return lower


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
