"""Pauses before the next attempts at jobs whose attempts were cut short, longer each time."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import dataclass

FIRST_REST_SECONDS = 1.0
MAX_REST_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rest:
    reason: str
    seconds: float
    over_at: float

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.over_at


class Rests:
    """The jobs that rest, by their ARNs, and why. A rest is remembered until it is forgotten."""

    def __init__(self) -> None:
        self._rests: dict[str, _Rest] = {}

    def begin(self, arn: str, reason: str) -> None:
        """Let some time pass before the next attempt at a job, twice as much as before it."""
        before = self._rests.get(arn)
        seconds = min(2 * before.seconds, MAX_REST_SECONDS) if before else FIRST_REST_SECONDS
        self._rests[arn] = _Rest(reason=reason, seconds=seconds, over_at=time.monotonic() + seconds)

    def forget(self, arn: str) -> None:
        """Begin with a short rest the next time."""
        self._rests.pop(arn, None)

    def is_resting(self, arn: str) -> bool:
        """Whether the next attempt at a job is not due yet."""
        return arn in self._rests and not self._rests[arn].is_over

    def reason(self, arn: str) -> str | None:
        """Why a job has rested last; None where it has not."""
        return self._rests[arn].reason if arn in self._rests else None

    def brief_beside(self, running: Collection[str]) -> int:
        """How many jobs rest for the first time and are not running: they keep their turns meanwhile."""
        brief = [arn for arn, rest in self._rests.items() if rest.seconds <= FIRST_REST_SECONDS]
        return sum(arn not in running and self.is_resting(arn) for arn in brief)
