"""A server on this machine for the rest of a program: one that already runs, or one that is started."""

from __future__ import annotations

import atexit
import os
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from burnish.errors import CannotConnect
from burnish.local_server.child_server import ChildServer, child_server
from burnish.local_server.running_server import running_server
from burnish.server.credentials import credentials_at

if TYPE_CHECKING:
    from burnish.aws.clients import Clients
    from burnish.server.server_file import RunningServer

#: Names the certificates that boto3 trusts in place of its own.
CA_BUNDLE = "AWS_CA_BUNDLE"

#: The servers that were started here, by data folder. Each ends when this process does, however that ends.
_started: dict[Path, AbstractContextManager[ChildServer]] = {}


def found_or_started(data: Path, *, models: tuple[str, ...] = ()) -> RunningServer:
    """The server of a data folder. One that is started has these models, and ends with this process.

    Its log lies beside the data folder. Raises `CannotStart` with the end of the log if it does not come up.
    """
    return running_server(data) or _start(data.resolve(), models)


def stop_started(data: Path) -> None:
    """Stop the server of a data folder, if it was started here. One that was found keeps running."""
    if server := _started.pop(data.resolve(), None):
        server.__exit__(None, None, None)


def local_clients(data: Path, server: RunningServer) -> Clients:
    """Clients of a server on this machine, with the key in its data folder.

    Raises `CannotConnect` for a server with a certificate that boto3 does not trust: only the environment
    can make it.
    """
    from burnish.aws.clients import AccessKey, open_clients

    if server.ca_bundle and os.environ.get(CA_BUNDLE) != server.ca_bundle:
        raise CannotConnect(
            f"The server at {server.url} has a certificate of its own: set the variables that "
            f"`burnish env --data {data}` prints, and connect without naming the folder"
        )
    key = credentials_at(data)
    return open_clients(
        region=server.region,
        endpoint_url=server.url,
        credentials=AccessKey(access_key_id=key.access_key, secret_access_key=key.secret_key),
    )


def _start(data: Path, models: tuple[str, ...]) -> RunningServer:
    stop_started(data)  # one that was started earlier, and is gone
    data.parent.mkdir(parents=True, exist_ok=True)
    server = child_server(data, log=data.with_name(f"{data.name}.log"), models=models)
    child = server.__enter__()
    _started[data] = server
    # While the interpreter still works: later, what ends the server would find its pipes closed.
    atexit.register(stop_started, data)
    try:
        return child.once_it_answers()
    except BaseException:  # an interrupt too must leave no server that nobody knows of
        stop_started(data)
        raise
