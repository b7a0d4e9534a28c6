"""How a training is told to pause: by SIGTERM, which the server's end sends to each worker."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def pausing_on_sigterm() -> Iterator[Callable[[], bool]]:
    """Within the block SIGTERM does not end the process: what is yielded tells whether it has come.

    After the block it ends the process again. To be used in the main thread.
    """
    has_come = False

    def note(_: int, __: FrameType | None) -> None:
        nonlocal has_come
        has_come = True

    before = signal.signal(signal.SIGTERM, note)
    try:
        yield lambda: has_come
    finally:
        signal.signal(signal.SIGTERM, before)


def end_paused() -> None:
    """End this process as SIGTERM does: nobody takes the attempt for one that has come to its end."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.raise_signal(signal.SIGTERM)
