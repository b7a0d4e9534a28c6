"""Accepting connections: as many as fit, each with its deadlines, over TLS where there is a certificate."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import signal
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from burnish.names import SERVER_NAME
from burnish.server.background import repeat
from burnish.server.door.addresses import client_of
from burnish.server.door.connections import Connection
from burnish.server.door.deadlines import Deadlines
from burnish.server.door.log_lines import OncePerMinute, is_no_request_given_up
from burnish.server.door.open_connections import ConnectionLimits, OpenConnections, limits_of_this_process
from burnish.server.door.unread import Unread
from burnish.server.health import Health

#: So many in a row; then those that are open have their turn, however many knock.
ACCEPTED_AT_ONCE = 100
BACKLOG = 2048
PAUSE_SECONDS = 0.2
#: So many connections are looked at in a row, for the same reason.
CHECKED_AT_ONCE = 256
TLS_CLOSING_SECONDS = 5.0
#: How long requests in progress may take when the server stops.
GRACE_SECONDS = 30.0
#: Within so many seconds a second signal is the same one, come by another way: a terminal and a wrapper.
ONE_SIGNAL_SECONDS = 0.3

_FULL_TEXT = b"This server has too many connections: try again in a moment"
_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n\r\n%b"
) % (len(_FULL_TEXT), _FULL_TEXT)

_WAITING = "Stopping: up to %g s for %d requests in progress; a second signal ends the server at once"

_log = logging.getLogger(__name__)
_few = OncePerMinute()
_log.addFilter(_few)


class GuardedServer(uvicorn.Server):
    """uvicorn, with connections that are counted, watched and refused before descriptors end."""

    def __init__(
        self,
        app: ASGIApp,
        listening: socket.socket,
        *,
        health: Health,
        tls: ssl.SSLContext | None = None,
        limits: ConnectionLimits | None = None,
        deadlines: Deadlines | None = None,
        grace: float = GRACE_SECONDS,
        on_unread: Callable[[Unread], None] = lambda _: None,
    ) -> None:
        self._deadlines = deadlines or Deadlines()
        super().__init__(_config(app, self._deadlines, grace))
        self._grace = grace
        self._on_unread = on_unread
        self._told_at: float | None = None
        for passes in (_few, is_no_request_given_up):
            logging.getLogger("uvicorn.error").addFilter(passes)
        self._listening = listening
        self._health = health
        self._tls = tls
        self._open = OpenConnections(limits or limits_of_this_process())
        self._watching: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the application, and then accept connections."""
        # Without sockets: uvicorn would accept connections on them by itself, past every limit here.
        await super().startup(sockets=[])
        self._listening.setblocking(False)
        self._listening.listen(BACKLOG)
        self._start_accepting()
        self._watching = asyncio.create_task(
            repeat(
                self._check_all,
                part="watch on connections",
                every=self._deadlines.checked_every,
                health=self._health,
            )
        )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Accept no more, let requests in progress be answered, and stop the application."""
        asyncio.get_running_loop().remove_reader(self._listening)
        self._listening.close()
        if in_progress := len(self.server_state.tasks):
            _log.info(_WAITING, self._grace, in_progress)
        await super().shutdown(sockets=[])
        # Until now: a client that is too slow must not hold up the end.
        if self._watching:
            self._watching.cancel()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop in order. A second signal, later, ends the process at once; its children end by themselves."""
        now = time.monotonic()
        if self._told_at is None:
            self._told_at = now
        elif now - self._told_at > ONE_SIGNAL_SECONDS:
            signal.signal(sig, signal.SIG_DFL)
            signal.raise_signal(sig)
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Have signals stop the server. Who is told to stop and does so in order has not failed."""
        # uvicorn would raise them again afterwards, for the status of a process that a signal has ended.
        with super().capture_signals():
            yield
            self._captured_signals.clear()

    def _start_accepting(self) -> None:
        if self._listening.fileno() >= 0:
            asyncio.get_running_loop().add_reader(self._listening, self._accept)

    def _accept(self) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            try:
                accepted, address = self._listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:
                self._pause(error)
                return
            self._open_or_refuse(accepted, client_of(address[0]))

    def _pause(self, error: OSError) -> None:
        """Wait until descriptors are free again; an idle connection gives up its own."""
        _log.warning("No more connections can be accepted for now: %s", error.strerror)
        self._open.drop_an_idle_one()
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._listening)
        loop.call_later(PAUSE_SECONDS, self._start_accepting)

    def _open_or_refuse(self, accepted: socket.socket, client: str | None) -> None:
        accepted.setblocking(False)
        if not self._open.has_room_for(client):
            _log.warning("Connections are refused: %d are open and none of them is idle", len(self._open))
            self._on_unread(Unread.NO_ROOM)
            self._refuse(accepted)
            return
        connection = Connection(
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
            others=self._open,
            deadlines=self._deadlines,
            client=client,
            on_unread=self._on_unread,
        )
        self._open.add(connection)
        connection.opening = asyncio.create_task(self._open_connection(connection, accepted))

    def _refuse(self, accepted: socket.socket) -> None:
        # Over TLS nothing is said: a client that expects a handshake would not understand plain text.
        with accepted, contextlib.suppress(OSError):
            if self._tls is None:
                accepted.send(_FULL)

    async def _open_connection(self, connection: Connection, accepted: socket.socket) -> None:
        timeouts = (self._deadlines.head, TLS_CLOSING_SECONDS) if self._tls else (None, None)
        try:
            await asyncio.get_running_loop().connect_accepted_socket(
                lambda: connection,
                accepted,
                ssl=self._tls,
                ssl_handshake_timeout=timeouts[0],
                ssl_shutdown_timeout=timeouts[1],
            )
        except OSError:  # what is no TLS, a handshake that takes too long, a client that has gone
            self._on_unread(Unread.NO_TLS)
            self._open.remove(connection)
        except asyncio.CancelledError:
            self._open.remove(connection)
            raise

    async def _check_all(self) -> None:
        now = asyncio.get_running_loop().time()
        for number, connection in enumerate(self._open.snapshot()):
            connection.check(now)
            if number % CHECKED_AT_ONCE == 0:
                await asyncio.sleep(0)


def _config(app: ASGIApp, deadlines: Deadlines, grace: float) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        loop="asyncio",  # not what else may be installed: its transports are no asyncio.Transport
        log_config=None,  # its lines go where all of the server's go
        log_level="warning",
        access_log=False,  # at that level it would say nothing, and yet be put together for each request
        server_header=False,
        headers=[("server", SERVER_NAME)],  # clients tell by it whose words an error has
        proxy_headers=False,  # nobody may say that he is somebody else
        ws="none",
        timeout_keep_alive=int(deadlines.keep_alive),
        timeout_graceful_shutdown=math.ceil(grace),
    )
