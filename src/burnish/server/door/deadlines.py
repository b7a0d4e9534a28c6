"""How long a connection may be in each of its phases, and how slowly bytes may move in it."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from enum import Enum, auto


class Phase(Enum):
    """What a connection waits for."""

    FIRST_HEAD = auto()  # the head of its first request
    NEXT_HEAD = auto()  # the head of a further request
    BODY = auto()  # the client, which sends a body
    ANSWER = auto()  # the server
    READER = auto()  # the client, which is to read its answer
    REST = auto()  # the client, which sends the rest of a body that is already refused
    CLOSING = auto()  # the client, which is to read the last of an answer


@dataclass(frozen=True, kw_only=True)
class Deadlines:
    """The seconds that a client has. Bodies and answers have no end: they have a rate."""

    checked_every: float = 1.0
    head: float = 10.0
    keep_alive: float = 15.0
    rest: float = 30.0
    closing: float = 10.0
    #: Of a body that comes and of an answer that is read, this much must move in each window.
    window: float = 30.0
    bytes_a_second: int = 1024
    #: What is read on and thrown away after an early refusal, so that the client gets to see it.
    most_discarded: int = 256 * 1024 * 1024


@dataclass(frozen=True)
class Observation:
    """A connection as it is at one moment: ``turn`` changes when a phase begins anew."""

    phase: Phase
    turn: Hashable
    moved: int  # bytes that the client has moved in this phase, counted from anywhere


@dataclass
class Watch:
    """Tells from readings of a connection, taken now and then, when its client is too slow."""

    deadlines: Deadlines
    _since: float = 0.0
    _first: Observation | None = field(default=None)

    def is_overdue(self, reading: Observation, now: float) -> bool:
        """Whether the phase that the connection is in has taken too long, or moved too little."""
        first = self._first
        if first is None or (first.phase, first.turn) != (reading.phase, reading.turn):
            self._first, self._since = reading, now
            return False
        took, moved = now - self._since, reading.moved - first.moved
        if reading.phase not in (Phase.BODY, Phase.READER):
            return took >= self._allowed(reading.phase) or (
                reading.phase is Phase.REST and moved > self.deadlines.most_discarded
            )
        if took < self.deadlines.window:
            return False
        self._first, self._since = reading, now
        return moved < took * self.deadlines.bytes_a_second

    def _allowed(self, phase: Phase) -> float:
        allowed = {
            Phase.FIRST_HEAD: self.deadlines.head,
            Phase.NEXT_HEAD: self.deadlines.keep_alive + self.deadlines.head,
            Phase.REST: self.deadlines.rest,
            Phase.CLOSING: self.deadlines.closing,
        }
        return allowed.get(phase, float("inf"))
