"""How fast to ask: as many calls at once as the service admits, found by trying.

One more call at a time for every round that went well, three in ten fewer when the service refuses
(additive increase, multiplicative decrease), and a jittered pause before a call is tried again.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeVar

Result = TypeVar("Result")

#: By what the number of calls is multiplied on a refusal. As in CUBIC (RFC 9438), and not a half as in older
#: ways: a refused call costs nobody anything, and what a quota has left unused is gone.
DECREASE = 0.7


class CallOutcome(Enum):
    """What a call came to, as far as the pace is concerned."""

    DONE = "done"
    #: The service wants fewer calls: the pace slows down, and the call is made again.
    TOO_FAST = "too fast"
    #: The service or the network had trouble: the call is made again, at the same pace.
    IN_TROUBLE = "in trouble"


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How often a call is tried, and how long to wait in between (seconds).

    The pause is drawn between half and the whole of ``first`` doubled for every try, never above ``longest``.
    """

    #: When it was refused for being too fast.
    tries: int = 12
    #: When it ran into trouble, which may be no passing one.
    tries_in_trouble: int = 5
    first: float = 0.5
    longest: float = 30.0
    chance: random.Random = field(default_factory=random.Random, compare=False)

    def pause(self, attempts: int) -> float:
        """How long to wait after this many attempts in a row."""
        # The exponent is bounded so that a very patient caller does not overflow a float.
        full = min(self.longest, self.first * 2.0 ** min(attempts - 1, 60))
        return full * (1 + self.chance.random()) / 2


class RunStopped(Exception):
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

    def until_done(self, call: Callable[[], Result], verdict: Callable[[Result], CallOutcome]) -> Result:
        """What ``call`` returned once it was done, or the last it returned when patience is over.

        Raises `RunStopped` when the run is stopped in between.
        """
        refusals = troubles = 0
        while True:
            result, found = self._once(call, verdict)
            refusals += found is CallOutcome.TOO_FAST
            troubles += found is CallOutcome.IN_TROUBLE
            patience = self._patience
            over = refusals >= patience.tries or troubles >= patience.tries_in_trouble
            if found is CallOutcome.DONE or over:
                return result
            self._stop.wait(patience.pause(refusals + troubles))

    def _once(
        self, call: Callable[[], Result], verdict: Callable[[Result], CallOutcome]
    ) -> tuple[Result, CallOutcome]:
        number = self._enter()
        # Where the call raises, nothing was refused, and the pace stays.
        found = CallOutcome.DONE
        try:
            result = call()
            found = verdict(result)
        finally:
            self._leave(number, was_refused=found is CallOutcome.TOO_FAST)
        return result, found

    def _enter(self) -> int:
        with self._turn:
            self._turn.wait_for(lambda: self.is_stopped or self._under_way < int(self._limit))
            if self.is_stopped:
                raise RunStopped
            self._under_way += 1
            self._admitted += 1
            return self._admitted

    def _leave(self, number: int, *, was_refused: bool) -> None:
        with self._turn:
            self._under_way -= 1
            if not was_refused:
                # One call more for a whole round of answers: each adds its share of one.
                self._limit = min(float(self._most), self._limit + 1 / self._limit)
            elif number > self._admitted_at_last_cut:
                # Calls that were already under way at the last cut say nothing about the new limit.
                self._limit = max(1.0, self._limit * DECREASE)
                self._admitted_at_last_cut = self._admitted
            self._turn.notify_all()
