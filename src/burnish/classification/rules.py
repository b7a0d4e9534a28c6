"""The label of several pages: how what a model says of each becomes what it says of the document."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from burnish.classification.page_answers import PageAnswer

#: One page that rules a label out must not do so for all others.
_LEAST_PROBABILITY = 1e-6


class PageRule(StrEnum):
    """How the answers about pages are combined."""

    MEAN_LOG_PROBABILITY = "mean-log-probability"
    VOTE = "vote"
    FIRST_PAGE = "first-page"
    MAX = "max"


@dataclass(frozen=True, kw_only=True)
class Pooled:
    """The label of a document, and the probability of every label where the model gives probabilities."""

    label: str | None
    probabilities: Mapping[str, float]

    @property
    def probability(self) -> float | None:
        """The probability of the label."""
        return self.probabilities.get(self.label) if self.label else None


def pooled(pages: Sequence[PageAnswer], rule: PageRule) -> Pooled:
    """The label of the pages that were answered.

    ``mean-log-probability`` is the logarithmic opinion pool: the normalised geometric mean of the pages'
    probabilities. Unlike their product it does not take pages of one document for independent evidence.
    ``vote`` takes the label of most pages, with its mean probability. Where pages come without
    probabilities, both are a vote.
    """
    answered = [page for page in pages if page.label]
    if not answered:
        return Pooled(label=None, probabilities={})
    if rule is PageRule.FIRST_PAGE:
        return _of_page(answered[0]) if answered[0] is pages[0] else Pooled(label=None, probabilities={})
    given = [page.probabilities for page in answered if page.probabilities]
    if len(given) < len(answered):
        return Pooled(label=_most_voted(answered, {}), probabilities={})
    return _RULES[rule](answered, given)


def _of_page(page: PageAnswer) -> Pooled:
    return Pooled(label=page.label, probabilities=page.probabilities or {})


def _surest(pages: Sequence[PageAnswer], given: Sequence[Mapping[str, float]]) -> Pooled:
    del given
    return _of_page(max(pages, key=lambda page: (page.probabilities or {}).get(page.label or "", 0.0)))


def _voted(pages: Sequence[PageAnswer], given: Sequence[Mapping[str, float]]) -> Pooled:
    mean = {label: math.fsum(one.get(label, 0.0) for one in given) / len(given) for label in given[0]}
    return Pooled(label=_most_voted(pages, mean), probabilities=mean)


def _most_voted(pages: Sequence[PageAnswer], tie_break: Mapping[str, float]) -> str | None:
    votes = Counter(page.label for page in pages)
    return max(votes, key=lambda label: (votes[label], tie_break.get(label or "", 0.0)))


def _geometric_mean(pages: Sequence[PageAnswer], given: Sequence[Mapping[str, float]]) -> Pooled:
    if len(pages) == 1:
        return _of_page(pages[0])
    mean = {
        label: math.exp(
            math.fsum(math.log(max(one.get(label, 0.0), _LEAST_PROBABILITY)) for one in given) / len(given)
        )
        for label in given[0]
    }
    total = math.fsum(mean.values())
    shares = {label: value / total for label, value in mean.items()}
    return Pooled(label=max(shares, key=shares.__getitem__), probabilities=shares)


_RULES: dict[PageRule, Callable[[Sequence[PageAnswer], Sequence[Mapping[str, float]]], Pooled]] = {
    PageRule.MEAN_LOG_PROBABILITY: _geometric_mean,
    PageRule.VOTE: _voted,
    PageRule.MAX: _surest,
}
