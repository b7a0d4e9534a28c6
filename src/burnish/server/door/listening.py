"""Accepting connections: as many as fit, each with its deadlines, over TLS where there is a certificate."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl

import uvicorn
from starlette.types import ASGIApp

from burnish.names import SERVER_NAME
from burnish.server.background import repeat
from burnish.server.door.addresses import client_of
from burnish.server.door.connections import Connection
from burnish.server.door.deadlines import Deadlines
from burnish.server.door.log_lines import OncePerMinute
from burnish.server.door.open_connections import ConnectionLimits, OpenConnections, limits_of_this_process
from burnish.server.health import Health

#: So many in a row; then those that are open have their turn, however many knock.
ACCEPTED_AT_ONCE = 100
BACKLOG = 2048
PAUSE_SECONDS = 0.2
#: So many connections are looked at in a row, for the same reason.
CHECKED_AT_ONCE = 256
TLS_CLOSING_SECONDS = 5.0
STOP_SECONDS = 3

_FULL_TEXT = b"This server has too many connections: try again in a moment"
_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n\r\n%b"
) % (len(_FULL_TEXT), _FULL_TEXT)

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
    ) -> None:
        self._deadlines = deadlines or Deadlines()
        super().__init__(_config(app, self._deadlines))
        logging.getLogger("uvicorn.error").addFilter(_few)
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
        """Accept no more, let requests end for a moment, and stop the application."""
        asyncio.get_running_loop().remove_reader(self._listening)
        self._listening.close()
        if self._watching:
            self._watching.cancel()
        await super().shutdown(sockets=[])

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
            self._refuse(accepted)
            return
        connection = Connection(
            config=self.config,
            server_state=self.server_state,
            app_state=self.lifespan.state,
            others=self._open,
            deadlines=self._deadlines,
            client=client,
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


def _config(app: ASGIApp, deadlines: Deadlines) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        log_level="warning",
        server_header=False,
        headers=[("server", SERVER_NAME)],  # clients tell by it whose words an error has
        proxy_headers=False,  # nobody may say that he is somebody else
        ws="none",
        timeout_keep_alive=int(deadlines.keep_alive),
        timeout_graceful_shutdown=STOP_SECONDS,
    )
