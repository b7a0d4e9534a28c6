"""The server of one's own: whether one runs with the data folder, and what does not work of it."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from burnish.doctor.check_results import CheckResult, note, ok, problem
from burnish.local_server.running_server import problems_at, running_server

_SUBJECT = "server"


def check_server(data: Path) -> Iterator[CheckResult]:
    """Whether a server runs with the data folder, its health, and who can read its folder."""
    if not data.exists():
        yield note(_SUBJECT, f"none has started with {data}", remedy="burnish serve, to have one")
        return
    yield _check_access(data)
    server = running_server(data)
    if server is None:
        yield note(_SUBJECT, f"none is running with {data}", remedy=f"burnish serve --data {data}")
        return
    problems = problems_at(server.url)
    for part, says in problems.items():
        yield problem(_SUBJECT, f"{part}: {says}", remedy=f"See the files in {data / 'logs'}")
    if not problems:
        yield ok(_SUBJECT, f"answers at {server.url} for {len(server.models)} base models")


def _check_access(data: Path) -> CheckResult:
    mode = stat.S_IMODE(data.stat().st_mode)
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        says = f"{data} is open to other users of this machine (mode {mode:o})"
        return problem("data folder", says, remedy=f"chmod 700 {data}, or start the server, which closes it")
    return ok("data folder", f"{data} is closed to other users")
