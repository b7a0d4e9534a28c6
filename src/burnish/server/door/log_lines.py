"""Log lines that strangers cause: few, however many strangers there are."""

from __future__ import annotations

import asyncio
import logging
import time

MINUTE = 60.0


class OncePerMinute(logging.Filter):
    """Lets a message pass once a minute, and with it how often it was held back since.

    Errors with a traceback always pass: these are the server's own.
    """

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[str, float] = {}
        self._held_back: dict[str, int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write a record."""
        if record.exc_info or record.levelno > logging.WARNING:
            return True
        message, now = str(record.msg), time.monotonic()
        if now - self._last.get(message, -MINUTE) < MINUTE:
            self._held_back[message] = self._held_back.get(message, 0) + 1
            return False
        self._last[message] = now
        if times := self._held_back.pop(message, 0):
            record.msg = f"{message} (and {times} times more before)"
        return True


def is_no_request_given_up(record: logging.LogRecord) -> bool:
    """Whether to write a record: that the server's end has cancelled a request is no error of the server."""
    return not (record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError))
