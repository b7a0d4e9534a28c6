"""Scores, pairwise comparisons and a verdict for models that answered the same pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles

from burnish.calibration.confidence import (
    Bin,
    Coverage,
    calibration_error,
    choose_threshold,
    reliability,
    risk_coverage,
)
from burnish.evaluation.calibration import Calibration
from burnish.evaluation.failures import Failure, failures_of
from burnish.evaluation.judgement import Basis, Candidate, Judgement
from burnish.evaluation.metrics import Metrics, metrics_of
from burnish.evaluation.predicting import UNANSWERED, Prediction
from burnish.evaluation.prices import ModelPrice
from burnish.evaluation.review import Review, measure_review, why_no_threshold
from burnish.evaluation.statistics import PairComparison, compare_models
from burnish.evaluation.verdict import Verdict, best_of, conclude

#: At which precision answers are auto-accepted, where nothing else is asked for.
WANTED_PRECISION = 0.95
_SECONDS_PER_HOUR = 3600


@dataclass(frozen=True, kw_only=True)
class Latency:
    """Seconds within which a call is answered: half of them, nine in ten, all but one in a hundred."""

    p50: float
    p90: float
    p99: float


@dataclass(frozen=True, kw_only=True)
class Reliability:
    """How far confidence can be believed: the expected calibration error, and the bins it is the mean of."""

    error: float
    bins: tuple[Bin, ...]

    @property
    def pages(self) -> int:
        """The pages whose answers have a confidence."""
        return sum(one.pages for one in self.bins)


@dataclass(frozen=True, kw_only=True)
class Confidence:
    """How confident a model is, before and after calibration, and what a threshold would do."""

    uncalibrated: Reliability
    #: None where answers are not calibrated: without validation answers, or where it would not help.
    calibrated: Reliability | None
    #: Of the answers that count: the expected calibration error, and what every threshold would do.
    error: float
    risk_coverage: tuple[Coverage, ...]


@dataclass(frozen=True, kw_only=True)
class Score:
    """A model on pages: how good, how fast, how expensive, how confident."""

    model: str
    #: Of the answers that count.
    metrics: Metrics
    #: Of the answers as they were given, and of the calibrated ones where there are any.
    uncalibrated: Metrics
    calibrated: Metrics | None
    calibration: Calibration | None
    latency: Latency | None
    input_tokens: int
    output_tokens: int
    #: None where no price is known.
    usd_per_1000_pages: float | None
    #: None where the model gives no label probabilities.
    confidence: Confidence | None
    #: What is auto-accepted at the wanted precision; None where that cannot be told, with the reason.
    review: Review | None
    no_review: str = ""
    #: What has to be said beside these figures.
    remarks: tuple[str, ...] = ()
    #: Pages for which there is no answer among those that somebody had already; they count as failed.
    unanswered: int = 0
    #: Why calls failed, the most frequent reason first.
    failures: tuple[Failure, ...] = ()

    @property
    def is_silent(self) -> bool:
        """Whether the model was asked and has answered nothing."""
        return bool(self.failures) and self.metrics.failed == self.metrics.pages


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Models in the order given, every two compared, and a sentence that says what to do."""

    #: Which answers count, for every model and in every figure that does not say otherwise.
    basis: Basis
    verdict: Verdict
    conclusion: str
    precision: float
    scores: tuple[Score, ...]
    comparisons: tuple[PairComparison, ...]

    @property
    def models(self) -> tuple[str, ...]:
        """The names of the models."""
        return tuple(one.model for one in self.scores)

    @property
    def best(self) -> Score:
        """The model that gets most pages right; the first of several."""
        name = best_of({one.model: one.metrics for one in self.scores})
        return next(one for one in self.scores if one.model == name)


def scores_of(
    candidates: Sequence[Candidate], labels: Sequence[str], *, precision: float = WANTED_PRECISION
) -> Scores:
    """The scores of models by their answers; what is fitted or chosen is so on validation answers alone."""
    return scores_by(Judgement(tuple(candidates), tuple(labels)), precision=precision)


def scores_by(judgement: Judgement, *, precision: float = WANTED_PRECISION) -> Scores:
    """The scores of models whose answers were made comparable."""
    scores = tuple(_score(one, judgement, precision) for one in judgement.candidates)
    answers = judgement.answers
    comparisons = tuple(compare_models(answers)) if len(answers) > 1 else ()
    concluded = conclude(answers, {one.model: one.metrics for one in scores}, comparisons)
    return Scores(
        basis=judgement.basis,
        verdict=concluded.verdict,
        conclusion=concluded.sentence,
        precision=precision,
        scores=scores,
        comparisons=comparisons,
    )


def usd_per_1000_pages(
    price: ModelPrice | None, predictions: Sequence[Prediction], seconds_per_page: float | None
) -> float | None:
    """What 1,000 such pages cost, at this pace where hours are paid; None where it is not known."""
    # Calls that failed cost nothing, and would make a model look cheap that often fails.
    answered = [one for one in predictions if one.error is None]
    if price is None or not answered:
        return None
    tokens = sum(price.of_tokens(one.input_tokens or 0, one.output_tokens or 0) for one in answered)
    hours = (seconds_per_page or 0.0) / _SECONDS_PER_HOUR
    return 1000 * (tokens / len(answered) + hours * price.hourly_usd)


def _score(candidate: Candidate, judgement: Judgement, precision: float) -> Score:
    found, labels = candidate.predictions, judgement.labels
    counted, calibrated = judgement.answers[candidate.name], judgement.calibrated(candidate)
    calibration = judgement.calibrations[candidate.name]
    metrics = metrics_of(counted, labels)
    validation = judgement.validation(candidate)
    chosen = choose_threshold(validation, precision)
    return Score(
        model=candidate.name,
        metrics=metrics,
        uncalibrated=metrics_of(found, labels),
        calibrated=metrics_of(calibrated, labels) if calibrated else None,
        calibration=calibration,
        latency=latency_of(found),
        input_tokens=sum(one.input_tokens or 0 for one in found),
        output_tokens=sum(one.output_tokens or 0 for one in found),
        usd_per_1000_pages=usd_per_1000_pages(candidate.price, found, metrics.seconds_per_page),
        confidence=_confidence(found, calibrated if calibration and calibration.is_used else (), counted),
        review=measure_review(chosen, counted) if chosen else None,
        no_review="" if chosen else why_no_threshold(validation, counted, precision),
        remarks=(*candidate.remarks, *_unusable_probabilities(candidate)),
        unanswered=sum(one.error_code == UNANSWERED for one in found),
        failures=failures_of(found),
    )


def _unusable_probabilities(candidate: Candidate) -> list[str]:
    """That some answers came with figures that are no probabilities, so that they have no confidence."""
    unusable = [one for one in candidate.predictions if one.unusable_probabilities]
    if not unusable:
        return []
    first = unusable[0]
    share = f"{len(unusable)} of {len(candidate.predictions)}"
    why = f"Of {first.page!r}, {first.unusable_probabilities}"
    return [f"{candidate.name}: the label probabilities of {share} answers are not used. {why}"]


def _confidence(
    found: Sequence[Prediction], calibrated: Sequence[Prediction], counted: Sequence[Prediction]
) -> Confidence | None:
    uncalibrated, error = _reliability(found), calibration_error(counted)
    if uncalibrated is None or error is None:
        return None
    return Confidence(
        uncalibrated=uncalibrated,
        calibrated=_reliability(calibrated),
        error=error,
        risk_coverage=tuple(risk_coverage(counted)),
    )


def _reliability(found: Sequence[Prediction]) -> Reliability | None:
    error = calibration_error(found)
    return None if error is None else Reliability(error=error, bins=tuple(reliability(found)))


def latency_of(found: Sequence[Prediction]) -> Latency | None:
    """How long calls took; None where fewer than two were answered."""
    # Answers that somebody had already took no time that could be measured.
    seconds = sorted(one.seconds for one in found if one.error is None and one.seconds)
    if len(seconds) < 2:
        return None
    # Inclusive: the other method goes beyond the slowest call that was seen.
    cuts = quantiles(seconds, n=100, method="inclusive")
    return Latency(p50=cuts[49], p90=cuts[89], p99=cuts[98])
