"""One client's connection: HTTP/1.1 as uvicorn speaks it, with a watch on clients that are too slow."""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any

import h11
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from burnish.server.door.deadlines import Deadlines, Observation, Phase, Watch
from burnish.server.door.open_connections import OpenConnections

_NO_LINGER = struct.pack("ii", 1, 0)

TOO_SLOW = b"The request came too slowly, and its connection is closed"
_TOO_SLOW_HEADERS = [
    (b"content-type", b"text/plain; charset=utf-8"),
    (b"content-length", str(len(TOO_SLOW)).encode()),
    (b"connection", b"close"),
]


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
    ) -> None:
        super().__init__(config, server_state, app_state, asyncio.get_running_loop())
        self.client_group = client
        self.opening: asyncio.Task[None] | None = None
        self.has_asked = False
        self._is_open = False
        self._others = others
        self._watch = Watch(deadlines)
        self._received = 0
        self._turn = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, once TLS is agreed on where there is TLS."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  a stream has no other
        super().connection_made(transport)
        self._is_open = True

    def data_received(self, data: bytes) -> None:
        """Take what the client sent."""
        self._received += len(data)
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
        if reading.phase is Phase.BODY:
            self._refuse_slow_body()
        elif reading.phase in (Phase.READER, Phase.CLOSING):
            self._reset()
        else:
            self.transport.close()

    def drop(self) -> None:
        """Close the connection at once, also while it is being opened."""
        if self._is_open:
            self._reset()
        elif self.opening is not None:
            self.opening.cancel()

    def _refuse_slow_body(self) -> None:
        """End a request whose body does not come, and say why if that is still possible."""
        if self.transport.is_closing():
            return
        if self.cycle.response_started or self.scope["method"] == "HEAD":
            self._reset()
            return
        # As uvicorn tells its application that a client is gone. Without it the task would wait for the rest
        # of the body for ever.
        self.cycle.disconnected = True
        self.cycle.message_event.set()
        answer = h11.Response(status_code=408, headers=_TOO_SLOW_HEADERS, reason=b"Request Timeout")
        for event in (answer, h11.Data(data=TOO_SLOW), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _reset(self) -> None:
        """Close the connection at once, and let the system forget what the client has not read."""
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self.transport.abort()

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
