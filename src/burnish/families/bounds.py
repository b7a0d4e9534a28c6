"""The bounds that a family declares for its hyperparameters: what a value may be, and its default.

The service takes every value as a string, except those of reinforcement fine-tuning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Hyperparameter(Protocol):
    """One hyperparameter."""

    @property
    def default(self) -> str:
        """The value used when none is given."""

    def problem(self, name: str, value: str) -> str | None:
        """What is wrong with a value, or None."""


@dataclass(frozen=True, kw_only=True)
class Bound:
    """A number in a range, both ends included; ``words`` are allowed in its place, such as ``auto``."""

    low: float
    high: float
    default: str
    whole: bool = False
    words: tuple[str, ...] = ()

    def problem(self, name: str, value: str) -> str | None:
        """What is wrong with a value, or None."""
        if value in self.words:
            return None
        try:
            number = float(value)
        except ValueError:
            words = "".join(f", or {word!r}" for word in self.words)
            return f"{name} is {value!r}: it must be a number written as a string{words}"
        if self.whole and not number.is_integer():
            return f"{name} is {value!r}: it must be a whole number"
        if not self.low <= number <= self.high:
            return f"{name} is {value}: it must lie between {self.low:g} and {self.high:g}"
        return None


@dataclass(frozen=True, kw_only=True)
class OneOf:
    """One of a few words."""

    words: tuple[str, ...]
    default: str

    def problem(self, name: str, value: str) -> str | None:
        """What is wrong with a value, or None."""
        if value in self.words:
            return None
        return f"{name} is {value!r}: it must be one of {', '.join(map(repr, self.words))}"
