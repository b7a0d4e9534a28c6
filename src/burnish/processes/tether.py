"""Child processes that cannot outlive their parent.

`start` runs a command in a session of its own (so that Ctrl-C in a terminal reaches only the parent,
which then shuts down in order) behind a small guard process. The guard holds the reading end of a
pipe whose writing end only the parent has: when the parent closes it, or dies in any way at all, the
guard ends the command, with SIGTERM first and SIGKILL after a grace period.

Nothing rests on the guard alone. Where Linux runs, the kernel ends the command when the guard is killed.
Whether the command is over is told by another pipe, which it inherits: that one closes when the last of
its processes is gone, and not before. And a record of the processes lets a later start find and end what
outlived a parent and a guard that were killed or stopped together.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from burnish.processes.identities import (
    ProcessIdentity,
    end_with_parent,
    recorded_identities,
    write_identities,
)
from burnish.processes.secrecy import without_secrets

GRACE_SECONDS = 10.0
POLL_SECONDS = 0.02

#: How much longer than its grace a guard may take to end the command before both are killed.
GUARD_SECONDS = 5.0


class Tethered:
    """A running child. `end` stops it; so does the death of this process."""

    def __init__(self, guard: subprocess.Popen[bytes], lifeline: int, grace: float) -> None:
        self._guard = guard
        self._lifeline = lifeline
        self._grace = grace
        # Not when the interpreter ends: `end` may be called then, and needs it.
        weakref.finalize(self, os.close, lifeline).atexit = False

    @property
    def has_ended(self) -> bool:
        """Whether the command is over, and every process that it left behind."""
        return self._is_guard_gone and self._is_lifeline_closed

    @property
    def exit_status(self) -> int | None:
        """The command's exit status, or None while it runs."""
        return self._guard.poll() if self.has_ended else None

    def end(self) -> None:
        """Stop the command and wait until it is gone."""
        if self._guard.stdin:
            self._guard.stdin.close()
        deadline = time.monotonic() + self._grace + GUARD_SECONDS
        while not self.has_ended:
            if self._is_guard_gone or time.monotonic() > deadline:
                self._kill()
            time.sleep(POLL_SECONDS)
        self._guard.poll()

    @property
    def _is_guard_gone(self) -> bool:
        if self._guard.returncode is not None or not hasattr(os, "waitid"):
            return self._guard.poll() is not None
        # Not by `poll`, which keeps its lock for ever where Ctrl-C comes inside it: then `end` would not end.
        try:
            return os.waitid(os.P_PID, self._guard.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        except ChildProcessError:
            return True

    @property
    def _is_lifeline_closed(self) -> bool:
        try:
            return os.read(self._lifeline, 1) == b""
        except BlockingIOError:
            # Nobody writes: there is nothing to read until the last writing end is closed.
            return False

    def _kill(self) -> None:
        # All that is left is in the guard's process group, whose number stays taken while it has a member.
        with suppress(ProcessLookupError):
            os.killpg(self._guard.pid, signal.SIGKILL)


def start(
    command: Sequence[str],
    *,
    log: Path,
    environment: dict[str, str] | None = None,
    secrets: Mapping[str, str] | None = None,
    grace: float = GRACE_SECONDS,
    umask: int = -1,
    record: Path | None = None,
) -> Tethered:
    """Start a command whose output goes to ``log`` and which ends when this process does.

    It has this process's environment, or the one given, without AWS's secrets; with
    ``secrets`` it calls AWS with those.
    ``umask`` is the command's, where it is not to be ours. With a ``record``, `end_leftovers` finds the
    command again should it outlive this process all the same.
    """
    lifeline, held = os.pipe()
    os.set_blocking(lifeline, False)
    guard = [sys.executable, "-m", "burnish.processes.tether", str(held), str(grace), str(record or "")]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*guard, *command],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            env={**without_secrets(os.environ if environment is None else environment), **(secrets or {})},
            start_new_session=True,
            pass_fds=[held],
            umask=umask,
        )
    os.close(held)
    return Tethered(process, lifeline, grace)


def leftovers(record: Path) -> list[ProcessIdentity]:
    """The processes of a record that still run."""
    return [process for process in recorded_identities(record) if process.is_running]


def end_leftovers(record: Path) -> None:
    """End the processes of a record that still run, and wait until they are gone."""
    while running := leftovers(record):
        for process in running:
            process.kill()
        time.sleep(POLL_SECONDS)


def _guard(command: Sequence[str], *, lifeline: int, grace: float, record: str) -> int:
    """Run a command until it ends or until standard input is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        pass_fds=[lifeline],
        preexec_fn=partial(_end_with, os.getpid()),  # noqa: PLW1509  # there is no other thread yet
    )
    if record:
        write_identities(Path(record), [child.pid, os.getpid()])
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())

    def end_with_the_parent() -> None:
        while os.read(0, 1024):
            pass
        child.terminate()
        try:
            child.wait(timeout=grace)
        except subprocess.TimeoutExpired:
            child.kill()

    threading.Thread(target=end_with_the_parent, daemon=True).start()
    return child.wait()


def _end_with(parent: int) -> None:
    """Tie a new process to the guard, whose main thread, which starts it, lasts as long as the guard."""
    end_with_parent()
    if os.getppid() != parent:
        os._exit(1)


if __name__ == "__main__":
    _held, _grace, _record, *_command = sys.argv[1:]
    sys.exit(_guard(_command, lifeline=int(_held), grace=float(_grace), record=_record))
