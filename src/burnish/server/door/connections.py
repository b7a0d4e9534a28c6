"""One client's connection: HTTP/1.1 as uvicorn speaks it, with a watch on clients that are too slow.

A client that begins with HTTP/2, or asks for it with its first request, gets an `Http2Connection` instead.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from burnish.server.door.deadlines import Deadlines, Observation, Phase, Watch
from burnish.server.door.http2 import DROP, PREFACE, Http2Connection
from burnish.server.door.open_connections import OpenConnections
from burnish.server.door.sockets import reset
from burnish.server.door.unread import Unread
from burnish.server.door.whole_answers import WholeAnswers

TOO_SLOW = b"The request came too slowly, and its connection is closed"
_TOO_SLOW_HEADERS = [
    (b"content-type", b"text/plain; charset=utf-8"),
    (b"content-length", str(len(TOO_SLOW)).encode()),
    (b"connection", b"close"),
]

_SWITCHING = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
#: Of the request that asks for HTTP/2, what concerns only the switch.
_UPGRADING = frozenset((b"connection", b"upgrade", b"http2-settings"))


class Connection(H11Protocol):
    """A connection from its first byte to its last. `check` ends it where its client is too slow."""

    def __init__(
        self,
        *,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        others: OpenConnections,
        deadlines: Deadlines,
        client: str | None,
        on_unread: Callable[[Unread], None],
    ) -> None:
        super().__init__(config, server_state, {**app_state, DROP: self.drop}, asyncio.get_running_loop())
        self.conn = WholeAnswers()
        self.client_group = client
        self.opening: asyncio.Task[None] | None = None
        self.has_asked = False
        self._on_unread = on_unread
        self._is_open = False
        self._others = others
        self._watch = Watch(deadlines)
        self._received = 0
        self._turn = 0
        self._beginning: bytes | None = b""  # None once it is known what the client speaks

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, once TLS is agreed on where there is TLS."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  a stream has no other
        super().connection_made(transport)
        self._is_open = True

    def data_received(self, data: bytes) -> None:
        """Take what the client sent."""
        self._received += len(data)
        if self._beginning is not None:
            data = self._beginning + data
            if len(data) < len(PREFACE) and PREFACE.startswith(data):
                self._beginning = data
                return
            self._beginning = None
            if data.startswith(PREFACE):
                self._go_on_in_http2(data)
                return
        super().data_received(data)
        if self._is_answering:
            self.has_asked = True
            self._others.set_busy(self)

    def on_response_complete(self) -> None:
        """Be idle, unless the client has sent its next request already."""
        self._turn += 1
        super().on_response_complete()
        if not self._is_answering:
            self._others.set_idle(self)

    def resume_writing(self) -> None:
        """Go on writing: the client has read."""
        self._turn += 1
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count no longer, and let the request's task end."""
        self._others.remove(self)
        super().connection_lost(exc)

    def check(self, now: float) -> None:
        """End the connection if its client is overdue. To be called every now and then."""
        if not self._is_open:
            return  # the TLS handshake has a deadline of its own
        reading = self._reading()
        if not self._watch.is_overdue(reading, now):
            return
        if reading.phase is Phase.FIRST_HEAD:
            self._on_unread(Unread.TOO_SLOW)
        if reading.phase is Phase.BODY:
            self._refuse_slow_body()
        elif reading.phase in (Phase.READER, Phase.CLOSING):
            reset(self.transport)
        else:
            self.transport.close()

    def drop(self) -> None:
        """Close the connection at once, also while it is being opened."""
        if self._is_open:
            reset(self.transport)
        elif self.opening is not None:
            self.opening.cancel()

    def _refuse_slow_body(self) -> None:
        """End a request whose body does not come, and say why if that is still possible."""
        if self.transport.is_closing():
            return
        if self.cycle.response_started or self.scope["method"] == "HEAD":
            reset(self.transport)
            return
        # As uvicorn tells its application that a client is gone. Without it the task would wait for the rest
        # of the body for ever.
        self.cycle.disconnected = True
        self.cycle.message_event.set()
        answer = h11.Response(status_code=408, headers=_TOO_SLOW_HEADERS, reason=b"Request Timeout")
        for event in (answer, h11.Data(data=TOO_SLOW), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request. The name is uvicorn's."""
        self._on_unread(Unread.MALFORMED)
        super().send_400_response(msg)

    def _should_upgrade(self) -> bool:
        """Whether the client asks for HTTP/2 by a request that is whole; others are answered in HTTP/1.1."""
        fields = dict(self.headers)
        has_body = b"transfer-encoding" in fields or fields.get(b"content-length", b"0") != b"0"
        is_asked = self._get_upgrade() == b"h2c" and b"http2-settings" in fields
        return is_asked and self.scheme == "http" and not has_body

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Switch to HTTP/2. The name is uvicorn's, to which there is one upgrade only."""
        settings = dict(self.headers)[b"http2-settings"]
        fields = [(name, value) for name, value in self.headers if name not in _UPGRADING]
        target = [(b":method", event.method), (b":path", event.target)]
        http2 = self._http2()
        self.transport.write(_SWITCHING)
        self._hand_over(http2)
        try:
            http2.upgraded(self.transport, settings, [*target, *fields])
        except ValueError:
            self.transport.close()
            return
        if rest := self.conn.trailing_data[0]:
            http2.data_received(rest)

    def _go_on_in_http2(self, data: bytes) -> None:
        http2 = self._http2()
        self._hand_over(http2)
        http2.connection_made(self.transport)
        http2.data_received(data)

    def _http2(self) -> Http2Connection:
        return Http2Connection(
            app=self.app,
            server_state=self.server_state,
            app_state=self.app_state,
            others=self._others,
            deadlines=self._watch.deadlines,
            client=self.client_group,
            on_unread=self._on_unread,
        )

    def _hand_over(self, http2: Http2Connection) -> None:
        """Let another protocol have the transport from now on."""
        self._unset_keepalive_if_required()
        self.connections.discard(self)
        self._others.replace(self, http2)
        self.transport.set_protocol(http2)

    @property
    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _reading(self) -> Observation:
        phase = self._phase()
        if phase in (Phase.READER, Phase.CLOSING):
            return Observation(phase, self._turn, -self.transport.get_write_buffer_size())
        return Observation(phase, self._turn, self._received)

    def _phase(self) -> Phase:
        if self.transport.is_closing():
            return Phase.CLOSING
        if self.flow.write_paused:
            return Phase.READER
        if not self._is_answering:
            return self._phase_between_answers()
        is_sending = self.conn.their_state is h11.SEND_BODY and not self.flow.read_paused
        return Phase.BODY if is_sending and not self.conn.they_are_waiting_for_100_continue else Phase.ANSWER

    def _phase_between_answers(self) -> Phase:
        if self.cycle is not None and self.conn.their_state is h11.SEND_BODY:
            return Phase.REST
        return Phase.NEXT_HEAD if self.has_asked else Phase.FIRST_HEAD
