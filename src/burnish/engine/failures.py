"""Work that may fail with anything, because it is somebody's answer and others go on."""

from __future__ import annotations

from collections.abc import Callable


def failure_of(work: Callable[[], None]) -> Exception | None:
    """The error that work ends with, without its traceback: that holds what the attempt had in memory."""
    try:
        work()
    except Exception as error:  # noqa: BLE001  # whatever it is, it is somebody's answer
        return error.with_traceback(None)
    return None
