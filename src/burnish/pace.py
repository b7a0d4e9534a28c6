"""How long something that is counted will still take, and when there is reason to speak of it again."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

#: The rate is that of so many seconds: pages from a cache come first, and tell nothing about the others.
WINDOW_SECONDS = 60.0
#: Over less time than this a rate is chance.
MIN_SECONDS = 2.0
SAMPLE_SECONDS = 0.2

FIRST_REMINDER_SECONDS = 30.0
REMINDER_SHARE = 0.1

Now = Callable[[], float]


class RemainingTime:
    """Estimates the time left by the rate of the last minute."""

    def __init__(self, now: Now = time.monotonic) -> None:
        self._now = now
        self._total = 0
        self._samples: deque[tuple[float, int]] = deque()

    def count(self, done: int, total: int) -> None:
        """Note how many are done at this moment. Another total, or fewer done, begins a new estimate."""
        now, samples = self._now(), self._samples
        if total != self._total or (samples and done < samples[-1][1]):
            samples.clear()
            self._total = total
        if samples and done == samples[-1][1]:
            return
        if len(samples) > 1 and now - samples[-2][0] < SAMPLE_SECONDS:
            samples.pop()
        samples.append((now, done))
        while len(samples) > 2 and samples[1][0] <= now - WINDOW_SECONDS:
            samples.popleft()

    @property
    def seconds_left(self) -> float | None:
        """The estimate, in seconds from now; None while too little is known, or it has turned out wrong."""
        if len(self._samples) < 2:
            return None
        (began, first), (latest, done) = self._samples[0], self._samples[-1]
        if latest - began < MIN_SECONDS or done >= self._total:
            return None
        now = self._now()
        # The next one, which is not done yet, may have taken longer already than those before it.
        seconds_each = max((latest - began) / (done - first), (now - began) / (done + 1 - first))
        left = (self._total - done) * seconds_each - (now - latest)
        return left if left > 0 else None

    def __str__(self) -> str:
        """Such as ``80 s left``; empty while there is no estimate."""
        left = self.seconds_left
        return "" if left is None else f"{rough_duration(left)} left"


class Reminder:
    """Tells when to speak again of what goes on: after half a minute, then less and less often."""

    def __init__(self, now: Now = time.monotonic) -> None:
        self._now = now
        self._began = self._spoken = now()

    @property
    def is_due(self) -> bool:
        """Whether a reader may wonder by now if anything still happens."""
        now = self._now()
        return now - self._spoken >= max(FIRST_REMINDER_SECONDS, REMINDER_SHARE * (now - self._began))

    def spoken(self) -> None:
        """Note that something was said."""
        self._spoken = self._now()


def rough_duration(seconds: float) -> str:
    """A duration in one unit, as in ``80 s``, ``12 min``, ``2 h``, ``3 days``."""
    if round(seconds) < 100:
        return f"{round(seconds)} s"
    if round(seconds / 60) < 100:
        return f"{round(seconds / 60)} min"
    hours = seconds / 3600
    if hours < 48:
        return f"{round(hours)} h"
    return f"{round(hours / 24)} days"
