"""The lock of a job: held by the process that works on it, from its start to its end.

It fences the job: two processes that both took it for theirs would write the same files. A process number
would not do, for a worker may outlive the server and the guard that started it, and numbers are reused. The
kernel releases the lock when its holder ends, however that happens, and at no other time. The file says which
process holds it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
import psutil

from burnish.errors import CannotStart, WaitTimeout
from burnish.file_locks import can_lock
from burnish.processes.identities import ProcessIdentity, identity_of
from burnish.waiting import wait_until

#: How long another process may probe the lock, or the previous holder take to end.
PATIENCE_SECONDS = 5.0
KILLED_SECONDS = 10.0


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """The process that holds a job's lock, or held it last, and its attempt at the job."""

    process: ProcessIdentity | None
    attempt: int


@contextmanager
def held_lock(path: Path, *, attempt: int) -> Iterator[None]:
    """Hold a job's lock. Raises `CannotStart` where another process works on the job."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
        try:
            wait_until(lambda: can_lock(file.fileno()), bool, interval=0.05, timeout=PATIENCE_SECONDS)
        except WaitTimeout as error:
            raise CannotStart(f"Another process works on this job: it holds {path}") from error
        holder = Holder(process=identity_of(os.getpid()), attempt=attempt)
        # Only with the lock: what it says is who holds it, and who is refused must not change that.
        file.truncate(0)
        file.write(msgspec.json.encode(holder))
        file.flush()
        yield


def is_held(path: Path) -> bool:
    """Whether a process works on the job of this lock."""
    try:
        with path.open("rb") as file:
            return not can_lock(file.fileno(), shared=True)
    except FileNotFoundError:
        return False


def last_holder(path: Path) -> Holder | None:
    """The process that holds a lock or held it last, as recorded in the file; None where none is."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Holder)
    # As a `ValueError`: msgspec raises `UnicodeDecodeError` for bytes that are no text.
    except (FileNotFoundError, ValueError):
        return None


def running_holder(path: Path) -> psutil.Process | None:
    """The process that holds a lock, identified by its number and its start time."""
    holder = last_holder(path) if is_held(path) else None
    if holder and holder.process and holder.process.is_running:
        with suppress(psutil.NoSuchProcess):
            return psutil.Process(holder.process.pid)
    return None


def state_of(process: psutil.Process) -> str | None:
    """The status of a process, in psutil's words; None when it is gone."""
    try:
        return str(process.status())
    except psutil.NoSuchProcess:
        return None


def kill_holder(path: Path) -> None:
    """End the process that works on a job, and wait until it is gone. Raises `WaitTimeout` if it is not."""
    if process := running_holder(path):
        process.kill()
    wait_until(lambda: not is_held(path), bool, interval=0.05, timeout=KILLED_SECONDS)
