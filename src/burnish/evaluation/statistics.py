"""Whether one model is really better than another: paired tests on the same pages, corrected for many."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from burnish.errors import InvalidInput
from burnish.evaluation.predicting import Prediction

#: A difference is called real when chance alone would show it less often than this, all comparisons together.
ALPHA = 0.05
#: The chance of seeing a real difference that `pages_to_settle` plans for.
POWER = 0.8
RESAMPLES = 10_000


@dataclass(frozen=True, kw_only=True)
class PairComparison:
    """Two models on the same pages. ``difference`` is the second's score less the first's.

    The score is accuracy, or where fields are extracted micro F1.
    """

    first: str
    second: str
    pages: int
    #: Pages that only the one of them gets right.
    only_first: int
    only_second: int
    difference: float
    #: The 95 % interval of the difference, by a paired bootstrap (Efron and Tibshirani, 1993).
    interval: tuple[float, float]
    #: Two-sided: of accuracies McNemar's exact test, which looks at nothing but these pages, and of micro F1
    #: approximate randomization over documents (Yeh, COLING 2000).
    p_value: float
    #: The same after Holm's correction for all comparisons made together.
    adjusted_p_value: float
    #: How many pages in all would settle it, were the true difference the one seen; None where it is
    #: settled, where none was seen, or where it is not known, as of micro F1.
    pages_to_settle: int | None = None

    @property
    def is_settled(self) -> bool:
        """Whether the difference is more than chance."""
        return self.adjusted_p_value < ALPHA

    @property
    def winner(self) -> str | None:
        """The better of the two; None where the difference may be chance."""
        if not self.is_settled:
            return None
        return self.second if self.difference > 0 else self.first

    def other_than(self, name: str) -> str:
        """The model that this one is compared with."""
        return self.second if self.first == name else self.first


def compare_models(answers: Mapping[str, Sequence[Prediction]], *, seed: int = 0) -> list[PairComparison]:
    """Every two models compared, in the order given. Raises `InvalidInput` where their pages differ."""
    right = {name: {one.page: one.is_right for one in found} for name, found in answers.items()}
    pages = {name: set(found) for name, found in right.items()}
    for name, other in combinations(answers, 2):
        # The tests pair answers by page: on different pages they would compare pages, not models.
        if pages[name] != pages[other]:
            raise InvalidInput(f"{name!r} and {other!r} were asked about different pages: ask both the same")
        if not pages[name]:
            raise InvalidInput(f"{name!r} and {other!r} were asked about no pages: nothing can be compared")
    compared = [
        _compared(first, second, right[first], right[second], seed)
        for first, second in combinations(answers, 2)
    ]
    adjusted = holm([one.p_value for one in compared])
    count = len(compared)
    return [_settled(one, value, count) for one, value in zip(compared, adjusted, strict=True)]


def mcnemar(only_first: int, only_second: int) -> float:
    """McNemar's exact p-value, two-sided (McNemar, 1947): of a fair coin on the pages that differ."""
    from scipy.stats import binomtest

    # Exact, and not the usual chi-squared, which is off for fewer than about 25 pages that differ: after
    # tuning there are often no more. Pages that both get right, or both wrong, say nothing about which is
    # better.
    differing = only_first + only_second
    return float(binomtest(only_second, differing).pvalue) if differing else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values corrected so that all together are wrong as seldom as one (Holm, 1979)."""
    # Holm and not Bonferroni: it protects as well, however the tests depend on each other, and finds more.
    count = len(p_values)
    order = sorted(range(count), key=lambda place: p_values[place])
    adjusted, highest = [0.0] * count, 0.0
    for rank, place in enumerate(order):
        # A running maximum, as each is multiplied by less than the one before: a larger p-value must not end
        # up smaller.
        highest = max(highest, min(1.0, (count - rank) * p_values[place]))
        adjusted[place] = highest
    return adjusted


def paired_bootstrap(
    pages: int, only_first: int, only_second: int, *, seed: int = 0, resamples: int = RESAMPLES
) -> tuple[float, float]:
    """The 95 % interval of the difference in accuracy: pages are drawn again, with both models' answers."""
    import numpy as np

    # Only these three kinds of pages make the difference, so drawing their counts is the same as drawing
    # every page again, in a fraction of the time. Seeded: the same answers make the same report.
    shares = [only_first / pages, only_second / pages, 1 - (only_first + only_second) / pages]
    drawn = np.random.default_rng(seed).multinomial(pages, shares, size=resamples)
    low, high = np.quantile((drawn[:, 1] - drawn[:, 0]) / pages, (0.025, 0.975))
    return float(low), float(high)


def pages_to_settle(pages: int, only_first: int, only_second: int, *, comparisons: int = 1) -> int | None:
    """How many pages a paired test needs to see such a difference (Connor, Biometrics 43, 1987).

    With several ``comparisons`` for as small a p-value as their correction asks of the first of them.
    """
    from scipy.stats import norm

    differing, difference = (only_first + only_second) / pages, abs(only_second - only_first) / pages
    if difference == 0:
        return None
    alpha, power = float(norm.ppf(1 - ALPHA / comparisons / 2)), float(norm.ppf(POWER))
    # Negative only by rounding, where every page differs and all in one direction.
    spread = math.sqrt(max(differing - difference**2, 0.0))
    return math.ceil(((alpha * math.sqrt(differing) + power * spread) / difference) ** 2)


def _compared(
    first: str, second: str, one: Mapping[str, bool], other: Mapping[str, bool], seed: int
) -> PairComparison:
    only_first = sum(one[page] and not other[page] for page in one)
    only_second = sum(other[page] and not one[page] for page in one)
    p_value = mcnemar(only_first, only_second)
    return PairComparison(
        first=first,
        second=second,
        pages=len(one),
        only_first=only_first,
        only_second=only_second,
        difference=(only_second - only_first) / len(one),
        interval=paired_bootstrap(len(one), only_first, only_second, seed=seed),
        p_value=p_value,
        adjusted_p_value=p_value,
    )


def _settled(one: PairComparison, adjusted: float, comparisons: int) -> PairComparison:
    needed = None
    if adjusted >= ALPHA:
        needed = pages_to_settle(one.pages, one.only_first, one.only_second, comparisons=comparisons)
    return replace(one, adjusted_p_value=adjusted, pages_to_settle=needed)
