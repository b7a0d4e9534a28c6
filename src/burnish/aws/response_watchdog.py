"""Warnings about endpoints that do not respond: after a few seconds, with the time-out that applies.

Without them, a server that hangs or a network that drops packets cannot be told from one that is working.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from burnish.errors import InvalidConfig

if TYPE_CHECKING:
    from botocore.hooks import BaseEventHooks

log = logging.getLogger(__name__)

TIMEOUT_VARIABLE = "BURNISH_TIMEOUT"
DEFAULT_TIMEOUT_SECONDS = 60.0
CONNECT_SECONDS = 10.0
#: A response may take this long before there is a warning.
WARN_AFTER_SECONDS = 5.0
#: The least time between two warnings about the same endpoint.
WARN_INTERVAL_SECONDS = 60.0

_WAITING = "Waiting for {endpoint}, which has not answered for {seconds:g} seconds. {prospect}."


def response_timeout() -> float:
    """How long a response may take, in seconds: a minute, or the value of BURNISH_TIMEOUT."""
    given = os.environ.get(TIMEOUT_VARIABLE, "")
    try:
        seconds = float(given or DEFAULT_TIMEOUT_SECONDS)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < threading.TIMEOUT_MAX:
        raise InvalidConfig(TIMEOUT_VARIABLE, [f"it is {given!r}: give a number of seconds, such as 60"])
    return seconds


class ResponseWatchdog:
    """Warns about endpoints whose response takes unusually long."""

    def __init__(self, *, limit: float, tries: int, slow: bool = False) -> None:
        self._limit = limit
        self._tries = tries
        self._warn_after = min(WARN_AFTER_SECONDS, limit / 4)
        #: Models are slow by nature: there is no warning once the first response shows that the endpoint
        #: works.
        self._slow = slow
        # One for each thread: a client is shared, and each thread waits for a response of its own.
        self._timers = threading.local()
        self._warned_at: dict[str, float] = {}
        self._has_answered = False

    def listen(self, events: BaseEventHooks) -> None:
        """Watch every request of a client, from sending to response or failure."""
        events.register("before-send", self._begin)
        events.register("needs-retry", self._end)

    def _begin(self, request: Any, **_: Any) -> None:
        self._cancel()
        if self._slow and self._has_answered:
            return
        place = urlsplit(request.url)
        timer = threading.Timer(self._warn_after, self._warn, [f"{place.scheme}://{place.netloc}"])
        # A timer that is still waiting must not keep the program alive.
        timer.daemon = True
        timer.start()
        self._timers.timer = timer

    def _end(self, response: Any = None, **_: Any) -> None:
        self._cancel()
        self._has_answered = self._has_answered or response is not None

    def _cancel(self) -> None:
        if timer := getattr(self._timers, "timer", None):
            timer.cancel()

    def _warn(self, endpoint: str) -> None:
        now = time.monotonic()
        if now - self._warned_at.get(endpoint, -WARN_INTERVAL_SECONDS) < WARN_INTERVAL_SECONDS:
            return
        self._warned_at[endpoint] = now
        prospect, seconds = self._prospect(), self._warn_after
        log.warning("%s", _WAITING.format(endpoint=endpoint, seconds=seconds, prospect=prospect))

    def _prospect(self) -> str:
        if self._slow:
            return f"The first request has a model loaded, and is given up after {self._limit:g} seconds"
        return f"Each of {self._tries} attempts times out after {self._limit:g} seconds ({TIMEOUT_VARIABLE})"
