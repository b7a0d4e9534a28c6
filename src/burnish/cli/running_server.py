"""The server that runs with a data folder, as it says so itself in ``server.json``."""

from __future__ import annotations

import http.client
import os
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

STATE_FILE = "server.json"
PATIENCE_SECONDS = 5.0


class RunningServer(msgspec.Struct, frozen=True, kw_only=True):
    """A server that is up, or was when it last wrote: where it answers, and with which models."""

    url: str
    region: str
    models: list[str] = []


def default_data_folder() -> Path:
    """Where a server keeps its state unless told otherwise."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "burnish"


def running_server(data: Path) -> RunningServer | None:
    """The server of a data folder, or None where none answers."""
    try:
        found = msgspec.json.decode((data / STATE_FILE).read_bytes(), type=RunningServer)
    except (FileNotFoundError, NotADirectoryError, msgspec.DecodeError):
        return None
    return found if answers(found.url) else None


def answers(url: str) -> bool:
    """Whether an HTTP server answers at this address, whatever it says."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port or 80, timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", "/")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True
