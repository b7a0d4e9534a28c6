"""How many frames a client of HTTP/2 may send that ask for nothing: pings, settings, resets."""

from __future__ import annotations

from dataclasses import dataclass

#: What a client may send at once, and what it may go on with each second.
MAX_FRAMES = 1000.0
FRAMES_A_SECOND = 100.0
#: A request that is taken back has cost a task: a hundred at once and ten a second are still allowed.
COST_OF_RESET = 10.0
#: Whoever reads a large answer has to say so again and again, and that is no flood.
BYTES_THAT_EARN_A_FRAME = 4096


@dataclass
class FrameBudget:
    """What is left to one connection. It refills with time, and by answers that the client reads."""

    _left: float = MAX_FRAMES
    _at: float = 0.0

    def spend(self, cost: float, now: float) -> bool:
        """Whether the client may still send this; False once it floods the server."""
        self._left = min(MAX_FRAMES, self._left + (now - self._at) * FRAMES_A_SECOND) - cost
        self._at = now
        return self._left >= 0

    def earn(self, sent: int) -> None:
        """Count bytes of an answer that the client has made room for."""
        self._left = min(MAX_FRAMES, self._left + sent / BYTES_THAT_EARN_A_FRAME)
