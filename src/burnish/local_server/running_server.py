"""The server that runs with a data folder, as it says so itself in ``server.json``."""

from __future__ import annotations

import http.client
import os
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from burnish.processes.identities import require_posix
from burnish.server.server_file import RunningServer

PATIENCE_SECONDS = 5.0
MAX_HEALTH_BYTES = 1024 * 1024


def default_data_folder() -> Path:
    """Where a server keeps its state unless told otherwise."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "burnish"


def running_server(data: Path) -> RunningServer | None:
    """The server of a data folder, or None where none answers."""
    require_posix()  # before the import of what only POSIX has
    from burnish.server.data_folder import SIGN, is_let_go

    try:
        found = msgspec.json.decode((data / SIGN).read_bytes(), type=RunningServer)
    except (FileNotFoundError, NotADirectoryError, msgspec.DecodeError):
        return None
    # What it says may have been copied from another folder, or be left from a server that was killed.
    if is_let_go(data):
        return None
    return found if answers(found.url) else None


def answers(url: str) -> bool:
    """Whether an HTTP server answers at this address, whatever it says."""
    connection = _connection(url)
    try:
        connection.request("GET", "/")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def problems_at(url: str) -> dict[str, str]:
    """What does not work of the server at this address, by part, as it says itself; empty for any other."""
    connection = _connection(url)
    try:
        connection.request("GET", "/healthz")
        said = connection.getresponse().read(MAX_HEALTH_BYTES)
        return msgspec.json.decode(said, type=_Health).problems
    except (OSError, http.client.HTTPException, msgspec.DecodeError):
        return {}
    finally:
        connection.close()


class _Health(msgspec.Struct, frozen=True):
    problems: dict[str, str]


def _connection(url: str) -> http.client.HTTPConnection:
    place = urlsplit(url)
    if place.scheme == "http":
        return http.client.HTTPConnection(place.hostname or "", place.port or 80, timeout=PATIENCE_SECONDS)
    # Nothing is sent that anybody may not read; whoever uses the URL afterwards checks the certificate.
    anyone = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anyone.check_hostname, anyone.verify_mode = False, ssl.CERT_NONE
    return http.client.HTTPSConnection(
        place.hostname or "", place.port or 443, timeout=PATIENCE_SECONDS, context=anyone
    )
