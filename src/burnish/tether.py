"""Children that cannot outlive their parent.

`start` runs a command in a session of its own (so that Ctrl-C in a terminal reaches only the parent,
which then closes things in order) behind a small guard process. The guard holds the reading end of a
pipe whose writing end only the parent has: when the parent closes it, or dies in any way at all, the
guard ends the command, first politely, then surely.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

GRACE_SECONDS = 10.0
POLL_SECONDS = 0.02


class Tethered:
    """A running child. `end` stops it; so does the death of this process."""

    def __init__(self, guard: subprocess.Popen[bytes], grace: float) -> None:
        self._guard = guard
        self._grace = grace

    @property
    def has_ended(self) -> bool:
        """Whether the command is over."""
        if self._guard.returncode is not None or not hasattr(os, "waitid"):
            return self._guard.poll() is not None
        # Not by `poll`, which keeps its lock for ever where Ctrl-C comes inside it: then `end` would not end.
        try:
            return os.waitid(os.P_PID, self._guard.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        except ChildProcessError:
            return True

    @property
    def exit_status(self) -> int | None:
        """The command's exit status, or None while it runs."""
        return self._guard.poll()

    def end(self) -> None:
        """Stop the command and wait until it is gone."""
        if self._guard.stdin:
            self._guard.stdin.close()
        deadline = time.monotonic() + self._grace + 5
        while not self.has_ended:
            if time.monotonic() > deadline:
                self._guard.kill()
            time.sleep(POLL_SECONDS)
        self._guard.poll()


def start(
    command: Sequence[str],
    *,
    log: Path,
    environment: dict[str, str] | None = None,
    grace: float = GRACE_SECONDS,
) -> Tethered:
    """Start a command whose output goes to ``log`` and which ends when this process does."""
    guard = [sys.executable, "-m", "burnish.tether", str(grace), *command]
    with log.open("ab") as output:
        process = subprocess.Popen(
            guard,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            env=environment,
            start_new_session=True,
        )
    return Tethered(process, grace)


def _guard(grace: float, command: Sequence[str]) -> int:
    """Run a command until it ends or until standard input is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
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


if __name__ == "__main__":
    sys.exit(_guard(float(sys.argv[1]), sys.argv[2:]))
