"""Another user of this machine, whom only root can become."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

#: No such user is needed: the number is nobody's.
ANOTHER_USER = 64_999


def as_another_user(act: Callable[[], str]) -> str:
    """What a function gives in a process of another user."""
    if os.geteuid() != 0:
        pytest.skip("only root can become another user")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(ANOTHER_USER)
            os.setuid(ANOTHER_USER)
            os.write(writing, act().encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as told:
        text = told.read()
    os.waitpid(child, 0)
    return text


def let_others_reach(folder: Path) -> None:
    """Open a test's folder, and those it lies in, to other users."""
    for path in (folder, *folder.parents):
        if path == Path("/tmp"):
            break
        if path.owner() == Path.home().owner():
            path.chmod(path.stat().st_mode | 0o055)
