"""One client's connection over HTTP/2: its frames as h2 reads them, within limits and deadlines."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from functools import singledispatchmethod
from typing import Any

from h2.config import H2Configuration
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    PingReceived,
    PriorityUpdated,
    RemoteSettingsChanged,
    RequestReceived,
    StreamEnded,
    StreamReset,
    UnknownFrameReceived,
    WindowUpdated,
)
from h2.exceptions import ProtocolError, StreamClosedError
from h2.settings import SettingCodes, Settings
from starlette.types import ASGIApp
from uvicorn.protocols.utils import get_local_addr, get_remote_addr, is_ssl
from uvicorn.server import ServerState

from burnish.server.door.deadlines import Deadlines, Observation, Phase, Watch
from burnish.server.door.frame_budget import COST_OF_RESET, FrameBudget
from burnish.server.door.http2_exchange import Headers, Http2Exchange, scope_of
from burnish.server.door.http2_frames import Http2Frames
from burnish.server.door.open_connections import OpenConnections
from burnish.server.door.sockets import reset
from burnish.server.door.unread import Unread

#: The entry of a scope's state that closes the connection, or the stream, without an answer.
DROP = "drop"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

MAX_STREAMS = 100
#: As for HTTP/1.1: longer heads are not read.
MAX_HEAD = 2**16
#: What a client may send before the application takes it: of one body, and of all bodies of a connection.
STREAM_WINDOW = 128 * 2**10
CONNECTION_WINDOW = 256 * 2**10
#: What is read in a row: so few frames fit into it that a flood ends before it has cost anything.
READ_AT_ONCE = 8 * 2**10


class Http2Connection(asyncio.Protocol):
    """A connection from the first bytes that are HTTP/2 to its last."""

    def __init__(
        self,
        *,
        app: ASGIApp,
        server_state: ServerState,
        app_state: dict[str, Any],
        others: OpenConnections,
        deadlines: Deadlines,
        client: str | None,
        on_unread: Callable[[Unread], None],
    ) -> None:
        self.client_group = client
        self.has_asked = False
        self._app = app
        self._server_state = server_state
        self._app_state = app_state
        self._others = others
        self._on_unread = on_unread
        self._deadlines = deadlines
        self._watch = Watch(deadlines)
        self._budget = FrameBudget()
        self._h2 = _frames()
        self._exchanges: dict[int, Http2Exchange] = {}
        self._room_changed = asyncio.Event()
        self._is_paused = False
        self._is_stopping = False
        self._turn = 0

    # What the transport and the server tell it.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin on a connection of which nothing has been read."""
        self._begin(transport)
        self._h2.initiate_connection()
        self._widen()

    def upgraded(self, transport: asyncio.BaseTransport, settings: bytes, fields: Headers) -> None:
        """Begin on a connection of HTTP/1.1, by answering the request that asked for HTTP/2.

        Raises `ValueError` where the settings cannot be read.
        """
        try:
            self._h2.initiate_upgrade_connection(settings)
        except (ProtocolError, ValueError) as error:
            raise ValueError("The header HTTP2-Settings cannot be read") from error
        self._begin(transport)
        self._widen()
        self._open_exchange(1, fields, is_whole=True)

    def data_received(self, data: bytes) -> None:
        """Take what the client sent."""
        for start in range(0, len(data), READ_AT_ONCE):
            if self._transport.is_closing():
                return
            self._read(data[start : start + READ_AT_ONCE])

    def pause_writing(self) -> None:
        """Write no more for now: the client does not read."""
        self._is_paused = True

    def resume_writing(self) -> None:
        """Go on writing: the client has read."""
        self._is_paused = False
        self._turn += 1
        self._tell_room()

    def eof_received(self) -> None:
        """Close: over HTTP/2 nobody goes on listening after the last word."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Count no longer, and let the tasks of all requests end."""
        self._server_state.connections.discard(self)
        self._others.remove(self)
        for exchange in self._exchanges.values():
            exchange.client_left()
        self._tell_room()

    def shutdown(self) -> None:
        """Take no more requests, and close once those in progress have been answered."""
        # GOAWAY comes last: a client that uses h2 would not read the rest of its answers after it.
        self._is_stopping = True
        self._close_if_done()

    def drop(self) -> None:
        """Close the connection at once."""
        reset(self._transport)

    def check(self, now: float) -> None:
        """End what is overdue: the connection, or single requests. To be called every now and then."""
        for exchange in list(self._exchanges.values()):
            if exchange.is_overdue(now):
                self._refuse_slow(exchange)
        self._flush()
        phase = self._phase()
        moved = -self._transport.get_write_buffer_size()
        if not self._watch.is_overdue(Observation(phase, self._turn, moved), now):
            return
        if phase in (Phase.READER, Phase.CLOSING):
            self.drop()
        else:
            self._end(ErrorCodes.NO_ERROR)

    # What exchanges ask of it.

    def send_headers(self, stream: int, headers: Headers, *, is_end: bool) -> None:
        """Send the head of an answer, or an interim one."""
        if self._is_listening(stream):
            self._h2.send_headers(stream, headers, end_stream=is_end)
            self._flush()

    async def send_data(self, stream: int, data: bytes, *, is_end: bool) -> None:
        """Send a piece of an answer, as fast as the client makes room for it."""
        exchange, rest = self._exchanges[stream], memoryview(data)
        while rest and (room := await self._room_for(exchange)):
            self._write(exchange, rest[:room], is_end=is_end and len(rest) <= room)
            rest = rest[room:]
        exchange.is_blocked = False
        if is_end and not data and self._is_listening(stream):
            self._write(exchange, rest, is_end=True)

    def acknowledge(self, stream: int, size: int) -> None:
        """Let the client send so many more bytes."""
        if size and not self._transport.is_closing():
            self._h2.acknowledge_received_data(size, stream)
            self._flush()

    def reset(self, stream: int) -> None:
        """Give the stream up."""
        self._reset(stream, ErrorCodes.INTERNAL_ERROR)

    def finish(self, stream: int) -> None:
        """Forget the stream: the application has ended."""
        exchange = self._exchanges.pop(stream)
        if not exchange.is_whole and not exchange.is_gone:
            self._reset(stream, ErrorCodes.NO_ERROR)  # the answer is sent: the rest of the body is not wanted
        self._server_state.total_requests += 1
        if not self._exchanges:
            self._turn += 1
            self._others.set_idle(self)
            self._close_if_done()

    # Reading.

    def _begin(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  a stream has no other
        self._transport = transport
        self._server_state.connections.add(self)  # type: ignore[arg-type]
        self._shared = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "2",
            "server": get_local_addr(transport),
            "client": get_remote_addr(transport),
            "scheme": "https" if is_ssl(transport) else "http",
            "root_path": "",
        }

    def _widen(self) -> None:
        self._h2.increment_flow_control_window(CONNECTION_WINDOW - 2**16 + 1)
        self._flush()

    def _read(self, data: bytes) -> None:
        try:
            events = self._h2.receive_data(data)
        except ProtocolError:  # h2 has written down why, for the client
            self._on_unread(Unread.MALFORMED)
            self._flush()
            self._transport.close()
            return
        for event in events:
            self._take(event)
        if not self._transport.is_closing():
            self._flush()

    @singledispatchmethod
    def _take(self, _: Event) -> None:
        """Pass over what says nothing to a server."""

    @_take.register
    def _(self, event: RequestReceived) -> None:
        self._open_exchange(event.stream_id, _fields(event), is_whole=event.stream_ended is not None)

    @_take.register
    def _(self, event: DataReceived) -> None:
        size = event.flow_controlled_length or 0
        if not event.data and event.stream_ended is None:
            self._spend(1)
        if exchange := self._exchanges.get(event.stream_id):
            exchange.body_came(event.data or b"", size)
        else:
            self.acknowledge(event.stream_id, size)

    @_take.register
    def _(self, event: StreamEnded) -> None:
        if exchange := self._exchanges.get(event.stream_id):
            exchange.body_ended()

    @_take.register
    def _(self, event: StreamReset) -> None:
        self._spend(COST_OF_RESET)
        if exchange := self._exchanges.get(event.stream_id):
            exchange.client_left()
        self._tell_room()

    @_take.register(WindowUpdated)
    @_take.register(RemoteSettingsChanged)
    def _(self, _: Event) -> None:
        self._spend(1)
        self._tell_room()

    @_take.register(PingReceived)
    @_take.register(PriorityUpdated)
    @_take.register(UnknownFrameReceived)
    def _(self, _: Event) -> None:
        self._spend(1)

    @_take.register
    def _(self, _: ConnectionTerminated) -> None:
        self._is_stopping = True
        self._close_if_done()

    def _open_exchange(self, stream: int, fields: Headers, *, is_whole: bool) -> None:
        if self._is_stopping or len(self._exchanges) >= MAX_STREAMS:
            # Tasks of requests that were taken back run on, and count.
            self._reset(stream, ErrorCodes.REFUSED_STREAM)
            return
        state = {**self._app_state, DROP: lambda: self._give_up(stream)}
        connection = {**self._shared, "state": state}
        scope = scope_of(fields, is_whole=is_whole, connection=connection)
        if scope is None:
            self._on_unread(Unread.MALFORMED)
            self._reset(stream, ErrorCodes.PROTOCOL_ERROR)
            return
        self._start(Http2Exchange(stream, scope, self, self._deadlines), is_whole=is_whole)

    def _start(self, exchange: Http2Exchange, *, is_whole: bool) -> None:
        if is_whole:
            exchange.body_ended()
        self.has_asked = True
        self._turn += 1
        self._others.set_busy(self)
        self._exchanges[exchange.stream] = exchange
        tasks = self._server_state.tasks
        task = asyncio.create_task(exchange.run(self._app, lambda: self._server_state.default_headers))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    def _spend(self, cost: float) -> None:
        if not self._budget.spend(cost, asyncio.get_running_loop().time()):
            self._on_unread(Unread.FLOOD)
            self._end(ErrorCodes.ENHANCE_YOUR_CALM)

    # Writing.

    async def _room_for(self, exchange: Http2Exchange) -> int:
        """The bytes that the client takes now, once it takes any; 0 when it is gone."""
        while self._is_listening(exchange.stream):
            window = self._h2.local_flow_control_window(exchange.stream)
            if window > 0 and not self._is_paused:
                return min(window, self._h2.max_outbound_frame_size)
            exchange.is_blocked = True
            await self._room_changed.wait()
        return 0

    def _write(self, exchange: Http2Exchange, piece: memoryview, *, is_end: bool) -> None:
        self._h2.send_data(exchange.stream, piece, end_stream=is_end)
        exchange.sent += len(piece)
        self._budget.earn(len(piece))
        self._flush()

    def _tell_room(self) -> None:
        self._room_changed.set()
        self._room_changed = asyncio.Event()

    def _flush(self) -> None:
        if (waiting := self._h2.data_to_send()) and not self._transport.is_closing():
            self._transport.write(waiting)

    # Ending.

    def _is_listening(self, stream: int) -> bool:
        exchange = self._exchanges.get(stream)
        return exchange is not None and not exchange.is_gone and not self._transport.is_closing()

    def _reset(self, stream: int, code: ErrorCodes) -> None:
        exchange = self._exchanges.get(stream)
        if self._transport.is_closing() or (exchange is not None and exchange.is_gone):
            return
        # What has been read together may end with the client's own reset, which h2 knows already.
        with contextlib.suppress(StreamClosedError):
            self._h2.reset_stream(stream, code)
        self._flush()

    def _refuse_slow(self, exchange: Http2Exchange) -> None:
        """End a request whose client is too slow, and say why if that is still possible."""
        if exchange.may_say_too_slow and not exchange.is_whole:
            self.send_headers(exchange.stream, [(b":status", b"408")], is_end=True)
        self._reset(exchange.stream, ErrorCodes.NO_ERROR)
        exchange.client_left()
        self._tell_room()

    def _give_up(self, stream: int) -> None:
        self.reset(stream)
        self._exchanges[stream].client_left()

    def _close_if_done(self) -> None:
        if self._is_stopping and not self._exchanges:
            self._end(ErrorCodes.NO_ERROR)

    def _end(self, code: ErrorCodes) -> None:
        """Tell the client to go, and why, and close."""
        if not self._transport.is_closing():
            self._h2.close_connection(code)
            self._flush()
            self._transport.close()

    def _phase(self) -> Phase:
        if self._transport.is_closing():
            return Phase.CLOSING
        if self._is_paused:
            return Phase.READER
        if self._exchanges:
            return Phase.ANSWER
        return Phase.NEXT_HEAD if self.has_asked else Phase.FIRST_HEAD


def _frames() -> Http2Frames:
    frames = Http2Frames(H2Configuration(client_side=False, header_encoding=None))
    frames.local_settings = Settings(
        client=False,
        initial_values={
            SettingCodes.MAX_CONCURRENT_STREAMS: MAX_STREAMS,
            SettingCodes.MAX_HEADER_LIST_SIZE: MAX_HEAD,
            SettingCodes.INITIAL_WINDOW_SIZE: STREAM_WINDOW,
            SettingCodes.ENABLE_CONNECT_PROTOCOL: 0,
        },
    )
    return frames


def _fields(event: RequestReceived) -> Headers:
    return [(bytes(name), bytes(value)) for name, value in event.headers or ()]
