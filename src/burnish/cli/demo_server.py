"""The demo's own server: a child on a free port that ends with the demo."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from burnish.cli.demo_plan import REGION, Plan
from burnish.cli.display import Display
from burnish.cli.running_server import RunningServer, running_server
from burnish.errors import CannotStart

if TYPE_CHECKING:
    from burnish.aws.clients import Clients
    from burnish.tether import Tethered

#: The first start may fetch and convert weights.
STARTING_SECONDS = 3600
SHOWN_LINES = 12


@contextmanager
def child_server(plan: Plan) -> Iterator[Tethered]:
    """The server's process, begun here and gone when the block is left, however it is left."""
    from burnish import tether

    command = [sys.executable, "-m", "burnish.cli", "serve"]
    command += ["--port", str(_free_port()), "--data", str(plan.server_data)]
    if plan.source:
        command += ["--model", plan.source]
    child = tether.start(command, log=plan.out / "server.log")
    try:
        yield child
    finally:
        child.end()


def wait_for_server(plan: Plan, child: Tethered, display: Display) -> RunningServer:
    """The server once it answers. Raises `CannotStart` with the end of its log when it does not come up."""
    from burnish.waiting import wait_until

    def look() -> RunningServer | None:
        server = running_server(plan.server_data)
        if server is None and child.has_ended:
            raise CannotStart(f"The server did not come up:\n{_end_of(plan.out / 'server.log')}")
        return server

    display.show("preparing weights, starting")
    server = wait_until(look, lambda server: server is not None, every=0.2, timeout=STARTING_SECONDS)
    assert server is not None  # noqa: S101  the wait is over only then
    display.show(f"answers at {server.url}")
    return server


def clients_of(plan: Plan, server: RunningServer) -> Clients:
    """Clients of the demo's server, with its own key."""
    from burnish.aws.clients import Credentials, open_clients
    from burnish.server.credentials import credentials_at

    key = credentials_at(plan.server_data)
    return open_clients(
        region=REGION,
        endpoint_url=server.url,
        credentials=Credentials(access_key_id=key.access_key, secret_access_key=key.secret_key),
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end_of(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(f"  {line}" for line in lines[-SHOWN_LINES:]) or f"  ({log} is empty)"
