"""How fast to ask: as many calls at once as the service admits, found by trying.

One more call at a time for every round that went well, half as many when the service refuses
(additive increase, multiplicative decrease), and a jittered pause before a refused call is tried again.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How often a refused call is tried, and how long to wait in between (seconds).

    The pause is drawn between half and the whole of ``first`` doubled for every try, never above ``longest``.
    """

    tries: int = 12
    first: float = 0.5
    longest: float = 30.0
    chance: random.Random = field(default_factory=random.Random, compare=False)

    def pause(self, refusals: int) -> float:
        """How long to wait after this many refusals in a row."""
        # The exponent is bounded so that a very patient caller does not overflow a float.
        full = min(self.longest, self.first * 2.0 ** min(refusals - 1, 60))
        return full * (1 + self.chance.random()) / 2


class Stopped(Exception):
    """The run was stopped while this call was waiting for its turn."""


class Pace:
    """Admits calls from many threads, at most ``most`` at once and fewer while the service refuses."""

    def __init__(self, most: int, patience: Patience) -> None:
        self._most = most
        self._patience = patience
        self._limit = float(most)
        self._under_way = 0
        self._admitted = 0
        self._admitted_at_last_cut = 0
        self._turn = threading.Condition()
        self._stop = threading.Event()

    @property
    def limit(self) -> float:
        """How many calls may be under way at once, now."""
        return self._limit

    @property
    def is_stopped(self) -> bool:
        """Whether `stop` was called."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Let nothing more begin, and wake everything that waits."""
        self._stop.set()
        with self._turn:
            self._turn.notify_all()

    def until_admitted(self, call: Callable[[], Result], refused: Callable[[Result], bool]) -> Result:
        """What ``call`` returned once it was not refused, or the last refusal when patience is over.

        Raises `Stopped` when the run is stopped in between.
        """
        for refusals in range(1, self._patience.tries):
            result = self._once(call, refused)
            if not refused(result):
                return result
            self._stop.wait(self._patience.pause(refusals))
        return self._once(call, refused)

    def _once(self, call: Callable[[], Result], refused: Callable[[Result], bool]) -> Result:
        number = self._enter()
        was_refused = False
        try:
            result = call()
            was_refused = refused(result)
        finally:
            self._leave(number, was_refused=was_refused)
        return result

    def _enter(self) -> int:
        with self._turn:
            self._turn.wait_for(lambda: self.is_stopped or self._under_way < int(self._limit))
            if self.is_stopped:
                raise Stopped
            self._under_way += 1
            self._admitted += 1
            return self._admitted

    def _leave(self, number: int, *, was_refused: bool) -> None:
        with self._turn:
            self._under_way -= 1
            if not was_refused:
                self._limit = min(float(self._most), self._limit + 1 / self._limit)
            elif number > self._admitted_at_last_cut:
                # Calls that were already under way at the last cut say nothing about the new limit.
                self._limit = max(1.0, self._limit / 2)
                self._admitted_at_last_cut = self._admitted
            self._turn.notify_all()
