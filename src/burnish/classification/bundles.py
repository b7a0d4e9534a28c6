"""Cutting a bundle into documents: where pages of another type begin, or of the same one in another document.

After each page the document ends with one probability, and then a document of any type begins, in proportion
to how frequent types are in the bundle: a hidden Markov chain whose likeliest path Viterbi's algorithm finds.
The probability of an end and the shares of the types are estimated from the bundle itself, by expectation
maximisation. Two documents of one type in a row are told apart only where documents of the bundle are so
short that an end is likelier than another page.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from burnish.classification.page_answers import PageAnswer

#: Where a model gives a label without probabilities: the share of pages that it is taken to get right.
_TAKEN_FOR_RIGHT = 0.9
_LEAST_PROBABILITY = 1e-6
#: The estimate of the probability of an end begins here, and settles within these rounds.
_FIRST_GUESS, _ROUNDS = 0.3, 30
#: As if one end and one further page had been seen before, and one document of each type: short bundles say
#: little of themselves.
_PSEUDO_COUNT = 1.0

_Likelihoods = list[list[float]]


def documents_of_bundle(pages: Sequence[PageAnswer], labels: Sequence[str]) -> list[list[PageAnswer]]:
    """The pages of each document of a bundle, in their order."""
    if len(pages) < 2 or len(labels) < 2:
        return [list(pages)]
    likelihoods = [_likelihoods_of(page, labels) for page in pages]
    begins = _likeliest_beginnings(likelihoods, fitted_chain(likelihoods))
    documents = [[pages[0]]]
    for page, is_first in zip(pages[1:], begins, strict=True):
        if is_first:
            documents.append([])
        documents[-1].append(page)
    return documents


@dataclass(frozen=True, kw_only=True)
class BundleChain:
    """How probable it is that a document ends after a page, and that one which begins has each type."""

    end: float
    shares: tuple[float, ...]


def _likelihoods_of(page: PageAnswer, labels: Sequence[str]) -> list[float]:
    """How likely the page is under each label, up to a factor. A page without an answer tells nothing."""
    given: Mapping[str, float] = page.probabilities or {}
    if not given and page.label:
        rest = (1 - _TAKEN_FOR_RIGHT) / (len(labels) - 1)
        given = {label: _TAKEN_FOR_RIGHT if label == page.label else rest for label in labels}
    if not given:
        return [1.0] * len(labels)
    return [max(given.get(label, 0.0), _LEAST_PROBABILITY) for label in labels]


def fitted_chain(likelihoods: _Likelihoods) -> BundleChain:
    """The chain under which pages as these are likeliest (Baum-Welch)."""
    count, pages = len(likelihoods[0]), len(likelihoods)
    chain = BundleChain(end=_FIRST_GUESS, shares=(1 / count,) * count)
    for _ in range(_ROUNDS):
        ends, begun = _expected(likelihoods, chain)
        documents = sum(begun) + count * _PSEUDO_COUNT
        chain = BundleChain(
            end=(ends + _PSEUDO_COUNT) / (pages - 1 + 2 * _PSEUDO_COUNT),
            shares=tuple((one + _PSEUDO_COUNT) / documents for one in begun),
        )
    return chain


def _expected(likelihoods: _Likelihoods, chain: BundleChain) -> tuple[float, list[float]]:
    """How many documents are expected to end, and to begin with each type, given all pages."""
    forward = [_normalised(_times(chain.shares, likelihoods[0]))]
    for page in likelihoods[1:]:
        forward.append(_normalised(_times(_moved(forward[-1], chain), page)))
    backward, ends = [1.0] * len(chain.shares), 0.0
    begun = [0.0] * len(chain.shares)
    for place in range(len(likelihoods) - 1, 0, -1):
        after = _times(likelihoods[place], backward)
        # What is forward adds up to 1: whatever type ends, the next begins in the same way.
        fresh = [chain.end * one for one in _times(chain.shares, after)]
        total = sum(fresh) + (1 - chain.end) * sum(_times(forward[place - 1], after))
        begun = [so_far + one / total for so_far, one in zip(begun, fresh, strict=True)]
        ends += sum(fresh) / total
        into = sum(fresh)
        backward = _normalised([(1 - chain.end) * one + into for one in after])
    first = _normalised(_times(forward[0], backward))
    return ends, [so_far + one for so_far, one in zip(begun, first, strict=True)]


def _moved(weights: list[float], chain: BundleChain) -> list[float]:
    """The weights after one step of the chain, of weights that add up to 1."""
    return [
        (1 - chain.end) * weight + chain.end * share
        for weight, share in zip(weights, chain.shares, strict=True)
    ]


def _likeliest_beginnings(likelihoods: _Likelihoods, chain: BundleChain) -> list[bool]:
    """Whether each page but the first begins a document, on the likeliest path (Viterbi)."""
    count = len(chain.shares)
    goes_on, fresh = math.log(1 - chain.end), [math.log(chain.end * share) for share in chain.shares]
    scores = [math.log(share * one) for share, one in zip(chain.shares, likelihoods[0], strict=True)]
    steps: list[tuple[int, list[bool]]] = []
    for page in likelihoods[1:]:
        best = max(range(count), key=scores.__getitem__)
        # What begins does so after the best: how a document began does not depend on the one before.
        begins = [scores[best] + fresh[at] > scores[at] + goes_on for at in range(count)]
        scores = [
            (scores[best] + fresh[at] if begins[at] else scores[at] + goes_on) + math.log(page[at])
            for at in range(count)
        ]
        steps.append((best, begins))
    at, found = max(range(count), key=scores.__getitem__), []
    for best, begins in reversed(steps):
        found.append(begins[at])
        at = best if begins[at] else at
    return found[::-1]


def _times(first: Sequence[float], second: Sequence[float]) -> list[float]:
    return [one * other for one, other in zip(first, second, strict=True)]


def _normalised(weights: Sequence[float]) -> list[float]:
    total = sum(weights)
    return [weight / total for weight in weights]
