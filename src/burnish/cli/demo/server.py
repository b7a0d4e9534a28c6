"""The demo's own server: a child on a free port that ends with the demo."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from burnish.cli.demo.plan import Plan
from burnish.cli.display import Display
from burnish.local_server.child_server import ChildServer, child_server
from burnish.server.server_file import RunningServer

if TYPE_CHECKING:
    from burnish.aws.clients import Clients


def server_of(plan: Plan) -> AbstractContextManager[ChildServer]:
    """The server's process, started here and ended with the block, however the block ends."""
    models = [plan.source] if plan.source else []
    return child_server(plan.server_data, log=plan.out / "server.log", models=models)


def wait_for_server(child: ChildServer, display: Display) -> RunningServer:
    """The server once it answers. Raises `CannotStart` with the end of its log if it does not start."""
    display.show("preparing weights, starting")
    server = child.once_it_answers()
    display.show(f"listening at {server.url}")
    return server


def clients_of(plan: Plan, server: RunningServer) -> Clients:
    """Clients of the demo's server, with its own key."""
    from burnish.local_server.local_server import local_clients

    return local_clients(plan.server_data, server)
