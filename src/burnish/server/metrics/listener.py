"""The port of the figures: on this machine only, for they tell what is done with the server."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app

from burnish.errors import CannotStart
from burnish.server.door.hosts import LOOPBACK_NAMES, AllowedHosts

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication

HOST = "127.0.0.1"
SLOW_SECONDS = 10
_ALLOWED = AllowedHosts(LOOPBACK_NAMES)


class _ThreadingServer(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _QuietHandler(WSGIRequestHandler):
    #: Of a read from the client.
    timeout = SLOW_SECONDS

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  as the library calls it
        """Nothing: a scrape every few seconds is no news."""


@contextmanager
def metrics_served(registry: CollectorRegistry, port: int) -> Iterator[int]:
    """Serve ``/metrics`` for as long as the block lasts; yields the port. Raises `CannotStart`."""
    try:
        server = make_server(
            HOST, port, _for_this_machine(make_wsgi_app(registry)), _ThreadingServer, _QuietHandler
        )
    except OSError as error:
        raise CannotStart(
            f"Port {port} of {HOST} cannot be had for the metrics ({error.strerror or error}): choose "
            "another with --metrics-port"
        ) from error
    with server:
        thread = threading.Thread(target=server.serve_forever, name="burnish-metrics", daemon=True)
        thread.start()
        try:
            yield int(server.server_port)
        finally:
            server.shutdown()
            thread.join()


def _for_this_machine(app: WSGIApplication) -> WSGIApplication:
    """Refuse what a page of another site sends under a name of its own ("DNS rebinding")."""

    def checked(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        host = urlsplit(f"//{environ.get('HTTP_HOST', '')}").hostname or ""
        if host in _ALLOWED and environ["PATH_INFO"] == "/metrics":
            return app(environ, start_response)
        status = "404 Not Found" if host in _ALLOWED else "421 Misdirected Request"
        start_response(status, [("Content-Type", "text/plain")])
        return [b"The metrics are at http://127.0.0.1 and /metrics\n"]

    return checked
