"""Endpoints that do not answer: said after a few seconds, given up after a time that is known.

A server that hangs, a network that swallows packets or a resolver that does not come back look like work.
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

TIMEOUT = "BURNISH_TIMEOUT"
USUAL_SECONDS = 60.0
CONNECT_SECONDS = 10.0
#: So long nobody wonders.
SAID_AFTER_SECONDS = 5.0
#: How often it is said that an endpoint is still silent.
SAID_AGAIN_AFTER_SECONDS = 60.0

_WAITING = "Waiting for {endpoint}, which has not answered for {seconds:g} seconds. {prospect}."


def seconds_without_answer() -> float:
    """For how long an endpoint may be silent: a minute, or what BURNISH_TIMEOUT says."""
    given = os.environ.get(TIMEOUT, "")
    try:
        seconds = float(given or USUAL_SECONDS)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < threading.TIMEOUT_MAX:
        raise InvalidConfig(TIMEOUT, [f"it is {given!r}: give a number of seconds, such as 60"])
    return seconds


class SilenceWatch:
    """Says which endpoint is waited for, once it has been silent so long that one might wonder."""

    def __init__(self, *, limit: float, tries: int, slow: bool = False) -> None:
        self._limit = limit
        self._tries = tries
        self._said_after = min(SAID_AFTER_SECONDS, limit / 4)
        #: What answers slowly by nature, a model, is only remarked on until it has answered once.
        self._slow = slow
        self._waiting = threading.local()
        self._said: dict[str, float] = {}
        self._has_answered = False

    def listen(self, events: BaseEventHooks) -> None:
        """Watch every request of a client, each from its sending to its answer or failure."""
        events.register("before-send", self._begin)
        events.register("needs-retry", self._end)

    def _begin(self, request: Any, **_: Any) -> None:
        self._cancel()
        if self._slow and self._has_answered:
            return
        place = urlsplit(request.url)
        timer = threading.Timer(self._said_after, self._say, [f"{place.scheme}://{place.netloc}"])
        timer.daemon = True
        timer.start()
        self._waiting.timer = timer

    def _end(self, response: Any = None, **_: Any) -> None:
        self._cancel()
        self._has_answered = self._has_answered or response is not None

    def _cancel(self) -> None:
        if timer := getattr(self._waiting, "timer", None):
            timer.cancel()

    def _say(self, endpoint: str) -> None:
        now = time.monotonic()
        if now - self._said.get(endpoint, -SAID_AGAIN_AFTER_SECONDS) < SAID_AGAIN_AFTER_SECONDS:
            return
        self._said[endpoint] = now
        prospect, seconds = self._prospect(), self._said_after
        log.warning("%s", _WAITING.format(endpoint=endpoint, seconds=seconds, prospect=prospect))

    def _prospect(self) -> str:
        if self._slow:
            return (
                f"A model that is asked first may have to be loaded: up to {self._limit:g} seconds are given"
            )
        return f"Each of {self._tries} tries is given up after {self._limit:g} seconds ({TIMEOUT})"
