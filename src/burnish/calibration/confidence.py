"""How confident answers are, whether that can be believed, and what is gained by accepting only some.

Server and client measure it by the same definitions: a job on the pages that it holds out, an evaluation on
test pages.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from burnish.calibration.intervals import wilson_interval
from burnish.errors import InvalidInput

BINS = 10
#: On fewer accepted answers a precision says nothing.
_MIN_ACCEPTED = 20
#: One wrong answer in so many is the least that is asked to be seen.
_MAX_PRECISION = 0.99
#: Of models that are calibrated, drawn to see how far off they look by chance.
_DRAWS = 2000


class JudgedAnswer(Protocol):
    """An answer to a page whose label is known."""

    @property
    def probability(self) -> float | None:
        """The probability that the model gave to its answer, where it gave one."""

    @property
    def is_right(self) -> bool:
        """Whether the page's own label was found."""


_Judged = TypeVar("_Judged", bound=JudgedAnswer)


@dataclass(frozen=True, kw_only=True)
class Bin:
    """Pages whose answers are about as confident: the mean confidence, and the share that is right."""

    confidence: float
    accuracy: float
    pages: int

    @property
    def accuracy_interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the accuracy."""
        return wilson_interval(round(self.accuracy * self.pages), self.pages)

    def joined(self, other: Bin) -> Bin:
        """The pages of both in one bin."""
        pages = self.pages + other.pages
        return Bin(
            confidence=(self.confidence * self.pages + other.confidence * other.pages) / pages,
            accuracy=(self.accuracy * self.pages + other.accuracy * other.pages) / pages,
            pages=pages,
        )


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """Of ``pages``, those whose answers are at least as confident as a threshold, and how many are right."""

    threshold: float
    pages: int
    accepted: int
    correct: int

    @property
    def coverage(self) -> float:
        """The share of pages whose answers are accepted."""
        return self.accepted / self.pages

    @property
    def precision(self) -> float:
        """The share of accepted answers that are right; 1 where none is accepted."""
        return self.correct / self.accepted if self.accepted else 1.0


def reliability(predictions: Sequence[JudgedAnswer]) -> list[Bin]:
    """Answers in bins of equal width by their confidence; empty bins are left out."""
    groups: dict[int, list[JudgedAnswer]] = {}
    for one in confident(predictions):
        # A confidence of exactly 1 belongs to the last bin, not to one of its own.
        groups.setdefault(min(int((one.probability or 0.0) * BINS), BINS - 1), []).append(one)
    return [
        Bin(
            confidence=sum(one.probability or 0.0 for one in group) / len(group),
            accuracy=sum(one.is_right for one in group) / len(group),
            pages=len(group),
        )
        for _, group in sorted(groups.items())
    ]


def joined_bins(bins: Sequence[Bin], fewest: int) -> list[Bin]:
    """Bins with at least ``fewest`` pages each, neighbours joined; one bin if there are not as many pages."""
    found: list[Bin] = []
    for one in bins:
        if found and found[-1].pages < fewest:
            found[-1] = found[-1].joined(one)
        else:
            found.append(one)
    if len(found) > 1 and found[-1].pages < fewest:
        last = found.pop()
        found[-1] = found[-1].joined(last)
    return found


def calibration_error(predictions: Sequence[JudgedAnswer]) -> float | None:
    """The expected calibration error: how far confidence is from accuracy, on average over pages.

    None where no answer has a confidence.
    """
    found = reliability(predictions)
    pages = sum(one.pages for one in found)
    return sum(one.pages * abs(one.confidence - one.accuracy) for one in found) / pages if pages else None


def calibration_error_by_chance(answers: Sequence[JudgedAnswer]) -> tuple[float, float]:
    """Between which errors 95 % of calibrated models lie that are as confident of as many pages.

    Even a calibrated model has an error on few pages. Drawn by consistency resampling (Broecker and Smith,
    Weather and Forecasting 22, 2007), from the same seed each time.
    """
    import numpy as np

    confidence = np.array([one.probability for one in confident(answers)])
    places = np.minimum((confidence * BINS).astype(int), BINS - 1)
    rng = np.random.default_rng(0)
    gaps = np.zeros(_DRAWS)
    for place in np.unique(places):
        expected = confidence[places == place]
        right = np.array([(rng.random(len(expected)) < expected).sum() for _ in range(_DRAWS)])
        gaps += np.abs(right - expected.sum())
    low, high = np.quantile(gaps / len(confidence), (0.025, 0.975))
    return float(low), float(high)


def risk_coverage(predictions: Sequence[JudgedAnswer]) -> list[Coverage]:
    """What every possible threshold does, the highest first. Pages without an answer are never accepted."""
    ordered = sorted(confident(predictions), key=lambda one: -(one.probability or 0.0))
    correct, curve = 0, []
    for place, one in enumerate(ordered, 1):
        correct += one.is_right
        following = ordered[place].probability if place < len(ordered) else None
        if following != one.probability:  # answers that are as confident stand or fall together
            curve.append(
                Coverage(
                    threshold=one.probability or 0.0,
                    pages=len(predictions),
                    accepted=place,
                    correct=correct,
                )
            )
    return curve


def confident(predictions: Sequence[_Judged]) -> list[_Judged]:
    """The predictions that come with a confidence."""
    return [one for one in predictions if one.probability is not None]


def fewest_accepted(precision: float) -> int:
    """Of how many accepted answers one may be wrong at this precision: fewer cannot show that it is met."""
    # Rounded first: in binary, 1 / (1 - 0.9) is a hair more than 10, and must not ask for an eleventh.
    return max(_MIN_ACCEPTED, math.ceil(round(1 / (1 - min(precision, _MAX_PRECISION)), 6)))


def choose_threshold(answers: Sequence[JudgedAnswer], precision: float) -> Coverage | None:
    """The threshold that accepts most answers at this precision or better.

    None where none reaches it with at least `fewest_accepted` answers. Confidence of these answers must be
    what it is on new pages: from a calibration that has not seen them (`cross_fitted`), or from none.
    """
    if not 0 < precision <= 1:
        raise InvalidInput(f"The precision {precision} is not possible: it must lie between 0 and 1")
    fewest = fewest_accepted(precision)
    # All thresholds that do, and not those before the first that does not: precision goes up and down along
    # the curve.
    good = [one for one in risk_coverage(answers) if one.accepted >= fewest and one.precision >= precision]
    return max(good, key=lambda one: one.accepted, default=None)
