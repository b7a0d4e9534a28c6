"""A sign of life: a file that an attempt touches for as long as its process lives and is not suspended.

Where the process that trains runs on this machine, its lock says more (`training.job_lock`). On another
machine there is no lock to look at.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

BEAT_SECONDS = 5.0


@contextmanager
def beating(path: Path, *, every: float = BEAT_SECONDS) -> Iterator[None]:
    """Touch a file every few seconds, from a thread of its own, until the block ends."""
    is_over = threading.Event()

    def beat() -> None:
        while True:
            with suppress(OSError):  # what the disk lacks is said by whoever writes what matters
                path.touch()
            if is_over.wait(every):
                return

    path.parent.mkdir(parents=True, exist_ok=True)
    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def seconds_since(path: Path) -> float | None:
    """How long ago the last beat was; None where there was none."""
    try:
        return max(0.0, time.time() - path.stat().st_mtime)
    except FileNotFoundError:
        return None
