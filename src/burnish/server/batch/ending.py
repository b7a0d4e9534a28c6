"""How a job that answers records ends."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Ending:
    """The status that a job ends with, and why, where that needs to be said."""

    status: str
    message: str | None = None
