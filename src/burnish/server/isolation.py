"""Many items handled by one loop, in which a failure of one does not hold up the others."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from burnish.server.background import MAX_PAUSE_SECONDS
from burnish.server.health import Health

FIRST_PAUSE_SECONDS = 0.5

log = logging.getLogger(__name__)


class Delayed(Exception):
    """An item cannot proceed now; the message says what it waits for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Trouble:
    problem: str
    pause: float
    next_try: float


class Isolation:
    """Handles items one by one: a failure is logged once, shown in the health, and retried later."""

    def __init__(self, health: Health, *, now: Callable[[], float] = time.monotonic) -> None:
        self._health = health
        self._now = now
        self._troubles: dict[str, _Trouble] = {}

    def is_due(self, key: str) -> bool:
        """Whether an item is to be handled now: it has not failed, or its pause is over."""
        trouble = self._troubles.get(key)
        return trouble is None or self._now() >= trouble.next_try

    async def handle(self, key: str, part: str, step: Callable[[], Awaitable[None]]) -> None:
        """Run the step of an item if it is due; ``part`` is its name in the server's health.

        After a failure the next try waits for a pause that doubles; one that is delayed is retried at once.
        """
        if not self.is_due(key):
            return
        try:
            await step()
        except Delayed as delay:
            if self._note(key, part, str(delay), pause=0):
                log.warning("The %s is delayed: %s", part, delay)
        except Exception as error:
            before = self._troubles.get(key)
            pause = min(2 * before.pause, MAX_PAUSE_SECONDS) if before else 0
            if self._note(key, part, f"{type(error).__name__}: {error}", pause=pause or FIRST_PAUSE_SECONDS):
                log.exception("The %s failed and is tried again; others go on", part)
        else:
            if self._troubles.pop(key, None):
                self._health.report(part, None)
                log.warning("The %s works again", part)

    def _note(self, key: str, part: str, problem: str, *, pause: float) -> bool:
        """Record the problem of an item. True where it is new."""
        before = self._troubles.get(key)
        self._troubles[key] = _Trouble(problem=problem, pause=pause, next_try=self._now() + pause)
        self._health.report(part, problem)
        return before is None or before.problem != problem
