"""Keeping strangers out, before a page is looked for: of every method and every path.

A page of another site can send a browser here ("CSRF"), and can make its own name stand for 127.0.0.1 ("DNS
rebinding"). What gives it away are the headers Host, Origin and Sec-Fetch-Site, which pages cannot forge.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "localhost", "::1")
#: The one path that is opened from elsewhere: from a terminal, a mail, another site.
ENTRANCE = "/enter/"

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer, with which browsers say no origin with our own forms. Other sites see none either way.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Documents are not left in the cache of a browser.
    "Cache-Control": "no-store",
}

#: Makes the answer that refuses a request, from its status and what to do.
Refusal = Callable[[int, str], Response]


class StrangerGuard:
    """ASGI middleware: refuse what is meant for another host or comes from another site's page.

    Every answer, refusals too, has the headers that keep a browser from doing what no page asks for.
    """

    def __init__(self, app: ASGIApp, *, refusal: Refusal) -> None:
        self._app = app
        self._refusal = refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            problem = _problem_with(scope)
            answer = self._refusal(403, problem) if problem else self._app
            await answer(scope, receive, _with_headers(send))


def _problem_with(scope: Scope) -> str | None:
    """Why a request is not for us, or not from our own pages."""
    headers = Headers(scope=scope)
    hosts, origin = headers.getlist("host"), headers.get("origin")
    if len(hosts) != 1 or _name_in(hosts[0]) not in LOOPBACK:
        return "These pages are only for this machine: open the link that burnish ui prints."
    if origin is not None and origin.lower() != f"{scope['scheme']}://{hosts[0].lower()}":
        return "Pages of other sites may not use these pages."
    # Absent where the browser is old, or no browser: what then still holds is that a session is needed.
    came_from = headers.get("sec-fetch-site", "none")
    if came_from not in ("none", "same-origin") and not scope["path"].startswith(ENTRANCE):
        return "Pages of other sites may not use these pages: open the link that burnish ui prints."
    return None


def _name_in(host: str) -> str | None:
    """The name in a Host header, without its port; None for what is no host."""
    try:
        parts = urlsplit(f"//{host}")
        parts.port  # noqa: B018  raises for what is no port
    except ValueError:
        return None
    return parts.hostname if parts.netloc == host and "@" not in host else None


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sent
