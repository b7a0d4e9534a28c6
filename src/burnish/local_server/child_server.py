"""A server as a child of this program, on a free port: for the demo, and for tests."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from burnish.errors import CannotStart
from burnish.local_server.running_server import running_server
from burnish.processes.identities import require_posix
from burnish.server.server_file import RunningServer

if TYPE_CHECKING:
    from burnish.processes.tether import Tethered

#: The first start may fetch and convert weights.
STARTING_SECONDS = 3600
SHOWN_LINES = 12


@dataclass(frozen=True)
class ChildServer:
    """A server that has been started, its data folder and its log."""

    process: Tethered
    data: Path
    log: Path

    def once_it_answers(self) -> RunningServer:
        """The server. Raises `CannotStart` with the end of its log if it does not start."""
        from burnish.waiting import wait_until

        found = wait_until(
            self._poll, lambda server: server is not None, interval=0.2, timeout=STARTING_SECONDS
        )
        assert found is not None  # noqa: S101  the wait is over only then
        return found

    def _poll(self) -> RunningServer | None:
        server = running_server(self.data)
        if server is None and self.process.has_ended:
            raise CannotStart(f"The server did not start:\n{_end_of(self.log)}")
        return server


@contextmanager
def child_server(
    data: Path,
    *,
    log: Path,
    models: Sequence[str] = (),
    faults: Path | None = None,
    environment: dict[str, str] | None = None,
) -> Iterator[ChildServer]:
    """The server's process, started here and ended with the block, however the block ends."""
    from burnish.processes import tether

    require_posix()
    command = [sys.executable, "-m", "burnish.cli", "serve"]
    command += ["--port", str(_free_port()), "--data", str(data)]
    for model in models:
        command += ["--model", model]
    if faults:
        command += ["--faults", str(faults)]
    child = tether.start(command, log=log, environment=environment)
    try:
        yield ChildServer(child, data, log)
    finally:
        child.end()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end_of(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(f"  {line}" for line in lines[-SHOWN_LINES:]) or f"  ({log} is empty)"
