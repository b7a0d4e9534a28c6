"""Whether new documents are like those that a model was trained on: label shares, confidence and typicality.

What is compared with is no document, but what the training has left: the labels in the manifest of its data
set, the confidence on held-out pages in its job's output, and the share of training pages that are no more
typical than a page, which comes with each answer. Each comparison has an exact or nearly exact test, and the
level is shared out among them, so that documents of the same kind raise a false alarm in at most 1 % of runs.
With many documents everything is significant: a difference counts only if it is also large.

The first page that was asked about stands for a document: pages of one document are not independent.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import NormalDist

from burnish.calibration.held_out_confidence import HeldOutConfidence
from burnish.classification.page_answers import DocumentAnswers
from burnish.datasets.documents import Part
from burnish.datasets.manifest import Manifest
from burnish.evaluation.predicting import UNLIKE_TRAINING

#: Documents of the same kind raise a false alarm in at most so many runs.
FALSE_ALARMS = 0.01
#: On fewer documents nothing is told: chance explains any difference.
FEWEST_DOCUMENTS = 20
_COMPARISONS = 3
#: A share of unlike or unsure documents counts from so many times the expected one on.
_LARGE_RATIO = 2.0
#: Label shares differ from this total variation distance on: so many documents would need another label.
_LARGE_DISTANCE = 0.15
#: Labels that are rarer than this are compared as one: the test needs counts.
_FEWEST_EXPECTED = 5.0


@dataclass(frozen=True, kw_only=True)
class TrainingReference:
    """What is known of the documents that a model was trained on, without any of them."""

    labels: Mapping[str, int]
    #: How many pages it was trained on.
    pages: int
    #: The confidence that most held-out pages reach, how many do not, and out of how many, if that is known.
    confidence: tuple[float, int, int] | None = None


def training_reference(manifest: Manifest, confidence: HeldOutConfidence | None) -> TrainingReference:
    """The reference in a data set's manifest, and in what the model's job has measured."""
    return TrainingReference(
        labels=Counter(one.label for one in manifest.documents),
        pages=len(manifest.pages_of(Part.TRAIN)),
        confidence=_usual_confidence(confidence) if confidence else None,
    )


def _usual_confidence(measured: HeldOutConfidence) -> tuple[float, int, int] | None:
    """The highest coverage that leaves some pages below: with fewer there would be nothing to compare."""
    partial = [one for one in measured.risk_coverage if one.accepted < measured.pages]
    if not partial:
        return None
    usual = max(partial, key=lambda one: one.accepted)
    return usual.threshold, measured.pages - usual.accepted, measured.pages


@dataclass(frozen=True, kw_only=True)
class Drift:
    """How new documents differ from those of the training, in sentences."""

    #: Whether the documents themselves differ, so that neither answers nor probabilities can be trusted.
    is_stranger: bool
    #: Whether only their labels come in other shares.
    has_other_shares: bool
    documents: int
    sentences: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join(self.sentences)


@dataclass(kw_only=True)
class IncomingTally:
    """New documents, counted as they are compared with the training."""

    reference: TrainingReference
    labels: Counter[str] = field(default_factory=Counter)
    with_typicality: int = 0
    unlike: int = 0
    with_confidence: int = 0
    unsure: int = 0

    def count(self, answers: DocumentAnswers) -> None:
        """Count a document by the first page that was answered."""
        page = next((one for one in answers.pages if one.label), None)
        if page is None or page.label is None:
            return
        self.labels[page.label] += 1
        if page.typicality is not None:
            self.with_typicality += 1
            self.unlike += page.typicality <= UNLIKE_TRAINING
        if page.probabilities and self.reference.confidence:
            self.with_confidence += 1
            self.unsure += page.probabilities.get(page.label, 0.0) < self.reference.confidence[0]

    def drift(self) -> Drift:
        """What the counts say. Nothing, where documents are too few."""
        documents = self.labels.total()
        if documents < FEWEST_DOCUMENTS:
            text = f"{documents} documents with a label are too few to compare with those of the training."
            return Drift(is_stranger=False, has_other_shares=False, documents=documents, sentences=(text,))
        strange = [text for text in (self._unlike(), self._unsure()) if text]
        shares = self._shares()
        said = [f"The model has become a stranger to these documents: {', and '.join(strange)}."] * bool(
            strange
        )
        if strange:
            said.append("Label some of them, and train it again.")
        elif shares:
            said.append(f"Labels come in other shares than in the training: {shares}.")
        else:
            said.append(
                f"The documents are like those of the training, as far as {self._compared()} can tell."
            )
        return Drift(
            is_stranger=bool(strange),
            has_other_shares=bool(shares),
            documents=documents,
            sentences=tuple(said),
        )

    def _compared(self) -> str:
        told = ["label shares"]
        told += ["confidence"] * bool(self.with_confidence) + ["typicality"] * bool(self.with_typicality)
        return " and ".join((", ".join(told[:-1]), told[-1])) if len(told) > 1 else told[0]

    def _unlike(self) -> str | None:
        pages, count = self.reference.pages, self.with_typicality
        if not count or pages < 1 / UNLIKE_TRAINING - 1:
            return None
        chance = unlike_by_chance(self.unlike, count, pages)
        if chance > _LEVEL or self.unlike / count < _LARGE_RATIO * UNLIKE_TRAINING:
            return None
        return f"{self.unlike} of {count} are unlike all training pages ({UNLIKE_TRAINING:.0%} are expected)"

    def _unsure(self) -> str | None:
        if not self.with_confidence or self.reference.confidence is None:
            return None
        threshold, below, held_out = self.reference.confidence
        share, expected = self.unsure / self.with_confidence, below / held_out
        chance = more_by_chance(self.unsure, self.with_confidence, below, held_out)
        if chance > _LEVEL or share < _LARGE_RATIO * expected:
            return None
        return (
            f"{self.unsure} of {self.with_confidence} answers are less sure than {threshold:.4g} "
            f"({below} of {held_out} held-out ones were)"
        )

    def _shares(self) -> str | None:
        trained, found = self.reference.labels, self.labels
        shares = {
            label: (found[label] / found.total(), trained.get(label, 0) / max(1, sum(trained.values())))
            for label in {*trained, *found}
        }
        distance = sum(abs(now - then) for now, then in shares.values()) / 2
        if distance < _LARGE_DISTANCE or shares_by_chance(found, trained) > _LEVEL:
            return None
        label = max(sorted(shares), key=lambda one: abs(shares[one][0] - shares[one][1]))
        now, then = shares[label]
        return f"{now:.0%} are {label}, and {then:.0%} were"


_LEVEL = FALSE_ALARMS / _COMPARISONS


def unlike_by_chance(unlike: int, documents: int, training: int) -> float:
    """How probable it is that so many documents or more have a p-value of 5 % or less, if they are alike.

    All are compared with the same training pages, so that their p-values are not independent: the count is
    beta-binomial (Vovk, Conditional validity of inductive conformal predictors, 2012).
    """
    low = math.floor(UNLIKE_TRAINING * (training + 1))
    high = training + 1 - low
    return math.fsum(
        math.exp(
            _log_choose(documents, count)
            + _log_beta(count + low, documents - count + high)
            - _log_beta(low, high)
        )
        for count in range(unlike, documents + 1)
    )


def more_by_chance(found: int, of: int, before: int, of_before: int) -> float:
    """How probable ``found`` of ``of`` or more are, if the share is that of before (Fisher's exact test)."""
    marked, every = found + before, of + of_before
    return math.fsum(
        math.exp(
            _log_choose(marked, count) + _log_choose(every - marked, of - count) - _log_choose(every, of)
        )
        for count in range(max(found, marked - of_before), min(of, marked) + 1)
    )


def shares_by_chance(found: Mapping[str, int], trained: Mapping[str, int]) -> float:
    """How probable shares as different are, if they are the same (chi-squared test of homogeneity)."""
    rows = _with_enough(found, trained)
    totals = [sum(column) for column in zip(*rows, strict=True)]
    if len(rows) < 2 or not all(totals):
        return 1.0
    statistic = sum(
        (count - sum(row) * total / sum(totals)) ** 2 / (sum(row) * total / sum(totals))
        for row in rows
        for count, total in zip(row, totals, strict=True)
    )
    # Wilson and Hilferty's approximation, good to the third decimal of such probabilities.
    spread = 2 / (9 * (len(rows) - 1))
    return 1 - NormalDist(1 - spread, math.sqrt(spread)).cdf((statistic / (len(rows) - 1)) ** (1 / 3))


def _with_enough(found: Mapping[str, int], trained: Mapping[str, int]) -> list[tuple[int, int]]:
    """The counts of each label now and before; of all labels of which there are few, together."""
    now, before = sum(found.values()), sum(trained.values())
    rows, rest = [], (0, 0)
    for label in sorted({*found, *trained}):
        row = (found.get(label, 0), trained.get(label, 0))
        if sum(row) * min(now, before) < _FEWEST_EXPECTED * (now + before):
            rest = (rest[0] + row[0], rest[1] + row[1])
        else:
            rows.append(row)
    return [*rows, rest] if any(rest) else rows


def _log_choose(of: int, count: int) -> float:
    return math.lgamma(of + 1) - math.lgamma(count + 1) - math.lgamma(of - count + 1)


def _log_beta(one: int, other: int) -> float:
    return math.lgamma(one) + math.lgamma(other) - math.lgamma(one + other)
