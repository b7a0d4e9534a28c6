"""Hyperparameters: their bounds and their defaults.

The service takes every value as a string, except those of reinforcement fine-tuning.
"""

from __future__ import annotations

from collections.abc import Mapping
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


def defaults_of(hyperparameters: Mapping[str, Hyperparameter]) -> dict[str, str]:
    """Every hyperparameter with the value used when none is given."""
    return {name: one.default for name, one in hyperparameters.items()}


def problems_with(
    values: Mapping[str, object], hyperparameters: Mapping[str, Hyperparameter], *, owner: str
) -> list[str]:
    """Everything that is wrong with these values for ``owner``; an empty list when nothing is."""
    problems = []
    for name, value in values.items():
        if name not in hyperparameters:
            known = ", ".join(sorted(hyperparameters))
            problems.append(f"{name} is not a hyperparameter of {owner}: it has {known}")
        elif not isinstance(value, str):
            problems.append(f"{name} is {value!r}: write it as a string, {str(value)!r}")
        elif problem := hyperparameters[name].problem(name, value):
            problems.append(problem)
    return problems
