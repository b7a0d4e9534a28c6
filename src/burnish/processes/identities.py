"""Process identities of pid and start time, and processes that end with their parent.

The system reuses pids, so a pid alone may be another process.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from burnish.errors import CannotStart

_PR_SET_PDEATHSIG = 1  # from Linux's <sys/prctl.h>


@dataclass(frozen=True, kw_only=True)
class ProcessIdentity:
    """One process. ``started`` is when, in a spelling that only its own system knows how to compare."""

    pid: int
    started: str

    @property
    def is_running(self) -> bool:
        """Whether this very process still exists; a suspended one does."""
        return _start_of(self.pid) == self.started

    def kill(self) -> None:
        """End it at once, if it still runs."""
        if self.is_running:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)


def identity_of(pid: int) -> ProcessIdentity | None:
    """The identity of a running process; None where there is none of that pid."""
    started = _start_of(pid)
    return ProcessIdentity(pid=pid, started=started) if started else None


def require_posix() -> None:
    """Raise `CannotStart` on Windows, where a server's processes cannot be tied to one another."""
    if sys.platform == "win32":
        raise CannotStart(
            "A server needs Linux or macOS. On Windows, run it in WSL 2; clients on Windows reach it there "
            "once AWS_ENDPOINT_URL and the key are set"
        )


def end_with_parent() -> None:
    """Have Linux kill this process, even a stopped one, when the thread that started it ends.

    Does nothing where the system is another.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def write_identities(path: Path, pids: Sequence[int]) -> None:
    """Write a record of processes, by which a later start finds those that are left."""
    found = [identity for pid in pids if (identity := identity_of(pid))]
    fresh = path.with_name(path.name + ".new")
    fresh.write_text("".join(f"{process.pid} {process.started}\n" for process in found))
    # Atomically: a record that is half written would lose processes.
    fresh.replace(path)


def recorded_identities(path: Path) -> list[ProcessIdentity]:
    """The processes of a record; none where there is no record. A damaged line is passed over."""
    try:
        lines = path.read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return []
    parts = [line.partition(" ") for line in lines]
    return [ProcessIdentity(pid=int(pid), started=started) for pid, _, started in parts if _is_pid(pid)]


def _is_pid(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 10 and 0 < int(text) < 2**31


def _start_of(pid: int) -> str | None:
    """When a process was started; None where there is none, or only what its parent has not yet collected."""
    if not Path("/proc/self/stat").exists():
        return _start_by_ps(pid)
    try:
        # The second field is the program's name in parentheses, and may hold anything.
        fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, ticks = fields[0], fields[19]
    # Ticks count from the start of the machine, so that setting the clock does not move them.
    return None if state in "ZX" else f"{_start_of_the_machine()} {ticks}"


def _start_of_the_machine() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except FileNotFoundError:
        return "unknown"


def _start_by_ps(pid: int) -> str | None:
    answer = subprocess.run(
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)],
        env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
        capture_output=True,
        text=True,
        check=False,
    )
    state, _, started = answer.stdout.strip().partition(" ")
    return None if not started or state.startswith("Z") else started.strip()
