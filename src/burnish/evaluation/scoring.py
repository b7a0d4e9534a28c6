"""Everything that is to be known of models on the same pages, as one value: scores, doubts, what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import quantiles

from burnish.errors import InvalidInput
from burnish.evaluation.confidence import (
    Coverage,
    Temperature,
    calibration_error,
    fit_temperature,
    review_threshold,
)
from burnish.evaluation.metrics import Metrics, metrics_of
from burnish.evaluation.predicting import Prediction
from burnish.evaluation.statistics import PairComparison, compare_models

#: At which precision answers are taken without a person's look, where nothing else is asked for.
WANTED_PRECISION = 0.95


@dataclass(frozen=True, kw_only=True)
class Latency:
    """Seconds that a call takes, for half of the pages and for all but one in twenty."""

    p50: float
    p95: float


@dataclass(frozen=True, kw_only=True)
class Score:
    """A model on pages: how good, how fast, how sure, and when a person must look."""

    model: str
    metrics: Metrics
    latency: Latency | None
    input_tokens: int
    output_tokens: int
    #: How far confidence is from accuracy, as the model says it and mended; None where it says nothing.
    calibration_error: float | None
    mended_calibration_error: float | None
    temperature: Temperature | None
    #: What is taken at the wanted precision; None where no threshold reaches it.
    review: Coverage | None


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Models in the order given, every two compared, and a sentence that says what to do."""

    scores: tuple[Score, ...]
    comparisons: tuple[PairComparison, ...]
    conclusion: str


def scores_of(
    answers: Mapping[str, Sequence[Prediction]],
    labels: Sequence[str],
    *,
    validation: Mapping[str, Sequence[Prediction]] | None = None,
    precision: float = WANTED_PRECISION,
) -> Scores:
    """The scores of models by their answers; temperatures are fitted on those of ``validation`` alone."""
    if not answers:
        raise InvalidInput("There are no models to score: name at least one")
    scores = tuple(
        _score(model, found, labels, (validation or {}).get(model, ()), precision)
        for model, found in answers.items()
    )
    comparisons = tuple(compare_models(answers)) if len(answers) > 1 else ()
    return Scores(scores=scores, comparisons=comparisons, conclusion=_conclusion(scores, comparisons))


def _score(
    model: str,
    found: Sequence[Prediction],
    labels: Sequence[str],
    validation: Sequence[Prediction],
    precision: float,
) -> Score:
    temperature = fit_temperature(validation) if any(one.probabilities for one in validation) else None
    mended = [temperature.applied_to(one) for one in found] if temperature else list(found)
    return Score(
        model=model,
        metrics=metrics_of(found, labels),
        latency=_latency(found),
        input_tokens=sum(one.input_tokens or 0 for one in found),
        output_tokens=sum(one.output_tokens or 0 for one in found),
        calibration_error=calibration_error(found),
        mended_calibration_error=calibration_error(mended) if temperature else None,
        temperature=temperature,
        review=review_threshold(mended, precision),
    )


def _latency(found: Sequence[Prediction]) -> Latency | None:
    seconds = sorted(one.seconds for one in found if one.error is None)
    if len(seconds) < 2:
        return None
    cuts = quantiles(seconds, n=20, method="inclusive")
    return Latency(p50=cuts[9], p95=cuts[18])


def _conclusion(scores: Sequence[Score], comparisons: Sequence[PairComparison]) -> str:
    """What to do, in a sentence that claims no more than the figures bear."""
    best = max(scores, key=lambda one: one.metrics.accuracy)
    right, pages = best.metrics.correct, best.metrics.pages
    if len(scores) == 1:
        low, high = best.metrics.accuracy_interval
        return (
            f"{best.model} gets {right} of {pages} pages right: between {low:.0%} and {high:.0%} of all such."
        )
    rivals = [one for one in comparisons if best.model in (one.first, one.second) and not one.is_settled]
    if not rivals:
        others = "the others" if len(scores) > 2 else "the other"
        return f"Use {best.model}: it gets {right} of {pages} pages right, and is better than {others}."
    names = " and ".join(one.second if one.first == best.model else one.first for one in rivals)
    needed = max((one.pages_to_settle or 0 for one in rivals), default=0)
    more = f"; about {needed} pages would settle it, if the difference is as it looks" if needed else ""
    got = f"{best.model} gets {right} of {pages} pages right"
    return f"{got}, but that it is better than {names} may be chance{more}."
