"""Scores, paired comparisons and a verdict for models that read fields off the same documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

from burnish.evaluation.failures import Failure, failures_of
from burnish.evaluation.field_metrics import (
    DocumentFields,
    FieldMetrics,
    count_rows,
    field_metrics_of,
    micro_f1s,
    resampled,
)
from burnish.evaluation.judgement import Candidate
from burnish.evaluation.predicting import UNANSWERED, Prediction
from burnish.evaluation.scoring import Latency, latency_of, usd_per_1000_pages
from burnish.evaluation.statistics import PairComparison, holm
from burnish.evaluation.verdict import Rating, Verdict, conclude_by

if TYPE_CHECKING:
    import numpy as np

#: How often the answers of two models are exchanged at random for a p-value.
SHUFFLES = 10_000
#: Up to here a model that is better than others is not good.
POOR_F1 = 0.5


@dataclass(frozen=True, kw_only=True)
class ExtractionScore:
    """A model on documents: how good, how fast, how expensive."""

    model: str
    metrics: FieldMetrics
    latency: Latency | None
    input_tokens: int
    output_tokens: int
    usd_per_1000_pages: float | None
    remarks: tuple[str, ...] = ()
    unanswered: int = 0
    failures: tuple[Failure, ...] = ()

    @property
    def is_silent(self) -> bool:
        """Whether the model was asked and has answered nothing."""
        return bool(self.failures) and self.metrics.failed == self.metrics.pages


@dataclass(frozen=True, kw_only=True)
class ExtractionScores:
    """Models in the order given, every two compared, and a sentence that says what to do."""

    verdict: Verdict
    conclusion: str
    scores: tuple[ExtractionScore, ...]
    comparisons: tuple[PairComparison, ...]

    @property
    def models(self) -> tuple[str, ...]:
        """The names of the models."""
        return tuple(one.model for one in self.scores)

    @property
    def best(self) -> ExtractionScore:
        """The model with the highest micro F1; the first of several."""
        return max(self.scores, key=lambda one: one.metrics.micro_f1)


def extraction_scores_of(candidates: Sequence[Candidate]) -> ExtractionScores:
    """The scores of models by their answers."""
    scores = tuple(map(_score, candidates))
    answers = {one.name: one.predictions for one in candidates}
    comparisons = compare_fields(answers)
    concluded = conclude_by({one.model: _rating(one) for one in scores}, comparisons, answers, compare_fields)
    return ExtractionScores(
        verdict=concluded.verdict,
        conclusion=concluded.sentence,
        scores=scores,
        comparisons=comparisons,
    )


def compare_fields(answers: Mapping[str, Sequence[Prediction]]) -> tuple[PairComparison, ...]:
    """Every two models compared on the documents that both were asked about, which are the same."""
    rows = {
        name: count_rows([DocumentFields(one) for one in sorted(found, key=lambda one: one.page)])
        for name, found in answers.items()
    }
    right = {name: {one.page for one in found if one.is_right} for name, found in answers.items()}
    compared = [
        _compared(first, second, rows[first], rows[second], right) for first, second in combinations(rows, 2)
    ]
    adjusted = holm([one.p_value for one in compared])
    return tuple(replace(one, adjusted_p_value=value) for one, value in zip(compared, adjusted, strict=True))


def _compared(
    first: str, second: str, one: np.ndarray, other: np.ndarray, right: Mapping[str, set[str]]
) -> PairComparison:
    import numpy as np

    pairs = np.stack([one, other], axis=1)  # (documents, 2, 3)
    difference = _difference(pairs.sum(axis=0))
    low, high = np.quantile(_difference(resampled(pairs)), (0.025, 0.975))
    p_value = _p_value(pairs, float(difference))
    return PairComparison(
        first=first,
        second=second,
        pages=len(pairs),
        only_first=len(right[first] - right[second]),
        only_second=len(right[second] - right[first]),
        difference=float(difference),
        interval=(float(low), float(high)),
        p_value=p_value,
        adjusted_p_value=p_value,
    )


def _difference(sums: np.ndarray) -> np.ndarray:
    """The second's micro F1 less the first's, of counts (..., 2, 3)."""
    scores = micro_f1s(sums)
    difference: np.ndarray = scores[..., 1] - scores[..., 0]
    return difference


def _p_value(pairs: np.ndarray, difference: float, *, seed: int = 0) -> float:
    """How often models that are equally good would differ as much: their answers exchanged at random."""
    import numpy as np

    exchanged = np.random.default_rng(seed).random((SHUFFLES, len(pairs))) < 0.5
    kept = (~exchanged).astype(np.int64) @ pairs.reshape(len(pairs), -1)
    swapped = exchanged.astype(np.int64) @ pairs[:, ::-1].reshape(len(pairs), -1)
    chance = np.abs(_difference((kept + swapped).reshape(SHUFFLES, 2, 3)))
    # One more of each: what was seen is one of the exchanges.
    return float((np.sum(chance >= abs(difference) - 1e-12) + 1) / (SHUFFLES + 1))


def _score(candidate: Candidate) -> ExtractionScore:
    found = candidate.predictions
    metrics = field_metrics_of(found)
    return ExtractionScore(
        model=candidate.name,
        metrics=metrics,
        latency=latency_of(found),
        input_tokens=sum(one.input_tokens or 0 for one in found),
        output_tokens=sum(one.output_tokens or 0 for one in found),
        usd_per_1000_pages=usd_per_1000_pages(candidate.price, found, metrics.seconds_per_page),
        remarks=candidate.remarks,
        unanswered=sum(one.error_code == UNANSWERED for one in found),
        failures=failures_of(found),
    )


def _rating(one: ExtractionScore) -> Rating:
    counts = one.metrics
    low, high = counts.micro_f1_interval
    whole = f"{counts.correct} of {counts.pages} documents entirely right"
    return Rating(
        score=counts.micro_f1,
        is_silent=one.is_silent,
        reads=f"reads fields with a micro F1 of {counts.micro_f1:.2f}, {whole}",
        expected=f"on other documents like these expect an F1 of {low:.2f} to {high:.2f}",
        poor="half of the values or more are wrong" if counts.micro_f1 <= POOR_F1 else None,
    )
