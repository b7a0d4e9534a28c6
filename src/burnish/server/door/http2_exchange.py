"""One request over HTTP/2 and its answer: what the application is told, and what it says."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import unquote

from starlette.types import ASGIApp, Message, Scope

from burnish.server.door.deadlines import Deadlines, Observation, Phase, Watch

Headers = list[tuple[bytes, bytes]]

# Of one connection only (RFC 9113, 8.2.2): an application that speaks to HTTP/1.1 may say them.
_HOP_BY_HOP = frozenset((b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"))
_PATH = re.compile(rb"/[\x21-\x7e]*")
_FAILED = b"Internal Server Error"

_log = logging.getLogger(__name__)


class Frames(Protocol):
    """What an exchange asks of its connection. All of it is without effect once the stream is closed."""

    def send_headers(self, stream: int, headers: Headers, *, is_end: bool) -> None:
        """Send the head of an answer, or an interim one."""

    async def send_data(self, stream: int, data: bytes, *, is_end: bool) -> None:
        """Send a piece of an answer, as fast as the client makes room for it."""

    def acknowledge(self, stream: int, size: int) -> None:
        """Let the client send so many more bytes."""

    def reset(self, stream: int) -> None:
        """Give the stream up."""

    def finish(self, stream: int) -> None:
        """Forget the stream: the application has ended."""


class Http2Exchange:
    """A request and its answer. The connection feeds it, the application reads and writes."""

    def __init__(self, stream: int, scope: Scope, frames: Frames, deadlines: Deadlines) -> None:
        self.stream = stream
        self.scope = scope
        self.is_blocked = False
        self.is_gone = False
        self.sent = 0
        self._frames = frames
        self._watch = Watch(deadlines)
        self._pieces: list[bytes] = []
        self._unacknowledged = 0
        self._received = 0
        self._more_body = True
        self._news = asyncio.Event()
        self._has_begun = False
        self._is_complete = False
        self._awaits_continue = (b"expect", b"100-continue") in scope["headers"]

    # What the connection tells it.

    def body_came(self, data: bytes, size: int) -> None:
        """Take a piece of the body, which took ``size`` bytes of the window."""
        self._received += len(data)
        if self._is_complete or self.is_gone:
            self._frames.acknowledge(self.stream, size)
            return
        self._pieces.append(data)
        self._unacknowledged += size
        self._news.set()

    def body_ended(self) -> None:
        """Know that the request is whole."""
        self._more_body = False
        self._news.set()

    def client_left(self) -> None:
        """Know that nobody waits for the answer."""
        self.is_gone = True
        self._news.set()

    def is_overdue(self, now: float) -> bool:
        """Whether the client sends its body, or reads its answer, too slowly."""
        moved = self.sent if self._phase() is Phase.READER else self._received
        return not self.is_gone and self._watch.is_overdue(Observation(self._phase(), 0, moved), now)

    @property
    def may_say_too_slow(self) -> bool:
        """Whether an overdue client can still be told: nothing of the answer has been sent."""
        return not self._has_begun and self.scope["method"] != "HEAD"

    @property
    def is_whole(self) -> bool:
        """Whether the client has sent all of its request."""
        return not self._more_body

    def _phase(self) -> Phase:
        if self.is_blocked:
            return Phase.READER
        is_sending = self._more_body and not self._awaits_continue and not self._unacknowledged
        return Phase.BODY if is_sending and not self._is_complete else Phase.ANSWER

    # What the application does.

    async def run(self, app: ASGIApp, default_headers: Callable[[], Headers]) -> None:
        """Have the request answered; an application that fails is logged, and the client told."""
        self._default_headers = default_headers
        try:
            await app(self.scope, self.receive, self.send)
        except Exception as error:  # noqa: BLE001  as uvicorn does for HTTP/1.1: the boundary of the application
            _log.error("Exception in ASGI application", exc_info=error)
            await self._fail()
        finally:
            if not self._is_complete:
                self._frames.reset(self.stream)
            self._forget_body()
            self._frames.finish(self.stream)

    async def receive(self) -> Message:
        """What comes next of the request."""
        if self._awaits_continue:
            self._awaits_continue = False
            self._frames.send_headers(self.stream, [(b":status", b"100")], is_end=False)
        if not self.is_gone and not self._is_complete:
            await self._news.wait()
            self._news.clear()
        if self.is_gone or self._is_complete:
            return {"type": "http.disconnect"}
        body = self._taken_body()
        return {"type": "http.request", "body": body, "more_body": self._more_body}

    async def send(self, message: Message) -> None:
        """Send a part of the answer."""
        if self.is_gone:
            return
        if message["type"] == "http.response.start":
            self._begin(message)
        elif not self._is_complete:
            await self._send_body(message.get("body", b""), is_end=not message.get("more_body", False))

    def _begin(self, message: Message) -> None:
        given = ((name.lower(), value) for name, value in message.get("headers", ()))
        head: Headers = [
            (b":status", str(message["status"]).encode()),
            *self._default_headers(),
            *((name, value) for name, value in given if name not in _HOP_BY_HOP),
        ]
        self._has_begun = True
        self._awaits_continue = False
        self._frames.send_headers(self.stream, head, is_end=False)

    async def _send_body(self, body: bytes, *, is_end: bool) -> None:
        data = b"" if self.scope["method"] == "HEAD" else body
        if data or is_end:
            await self._frames.send_data(self.stream, data, is_end=is_end)
        if is_end:
            self._is_complete = True
            self._news.set()

    async def _fail(self) -> None:
        if self._has_begun or self.is_gone:
            return
        headers = [(b"content-type", b"text/plain; charset=utf-8")]
        await self.send({"type": "http.response.start", "status": 500, "headers": headers})
        await self.send({"type": "http.response.body", "body": _FAILED})

    def _taken_body(self) -> bytes:
        body = b"".join(self._pieces)
        self._forget_body()
        return body

    def _forget_body(self) -> None:
        self._pieces = []
        if self._unacknowledged:
            self._frames.acknowledge(self.stream, self._unacknowledged)
            self._unacknowledged = 0


def scope_of(fields: Headers, *, is_whole: bool, connection: dict[str, Any]) -> Scope | None:
    """The ASGI scope of a request's head; None for one that is no request to a server like this.

    ``connection`` is what all requests of the connection share. Where a body of unknown length follows, the
    headers say so as those of HTTP/1.1 do: by them alone the application knows that there is one.
    """
    pseudo = {name: value for name, value in fields if name.startswith(b":")}
    headers = [(name, value) for name, value in fields if not name.startswith(b":")]
    names = {name for name, _ in headers}
    path, _, query = pseudo.get(b":path", b"").partition(b"?")
    hosts = {value for name, value in fields if name in (b"host", b":authority")}
    if not _PATH.fullmatch(path) or len(hosts) != 1:
        return None
    if b"host" not in names:
        headers.insert(0, (b"host", hosts.pop()))
    if not is_whole and b"content-length" not in names:
        headers.append((b"transfer-encoding", b"chunked"))
    return {
        **connection,
        "method": pseudo[b":method"].decode("latin-1"),
        "path": unquote(path.decode("ascii")),
        "raw_path": path,
        "query_string": query,
        "headers": headers,
    }
