"""Everything that is to be known of models on the same pages, as one value: scores, doubts, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles

from burnish.errors import InvalidInput
from burnish.evaluation.confidence import (
    Bin,
    Coverage,
    Temperature,
    calibration_error,
    fit_temperature,
    reliability,
    review_threshold,
    risk_coverage,
)
from burnish.evaluation.identity import ModelIdentity
from burnish.evaluation.metrics import Metrics, metrics_of
from burnish.evaluation.predicting import UNANSWERED, Prediction
from burnish.evaluation.prices import ModelPrice
from burnish.evaluation.statistics import PairComparison, compare_models

#: At which precision answers are taken without a person's look, where nothing else is asked for.
WANTED_PRECISION = 0.95
_SECONDS_PER_HOUR = 3600


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A model that may be used: its answers, those for the validation pages if there are any, its price."""

    name: str
    predictions: tuple[Prediction, ...]
    validation: tuple[Prediction, ...] = ()
    price: ModelPrice | None = None
    #: Which model answered; None for answers that somebody had already.
    identity: ModelIdentity | None = None
    #: What has to be said beside its figures, such as that it was trained on some of the pages.
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Latency:
    """Seconds within which a call is answered: half of them, nine in ten, all but one in a hundred."""

    p50: float
    p90: float
    p99: float


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """How far confidence can be believed: the expected calibration error, and the bins it is the mean of."""

    error: float
    bins: tuple[Bin, ...]


@dataclass(frozen=True, kw_only=True)
class Confidence:
    """How sure a model is. ``mended`` is by a temperature that was fitted on the validation pages."""

    as_said: Calibration
    temperature: Temperature | None
    mended: Calibration | None
    risk_coverage: tuple[Coverage, ...]
    #: What is taken at the wanted precision; None where no threshold reaches it.
    review: Coverage | None


@dataclass(frozen=True, kw_only=True)
class Score:
    """A model on pages: how good, how fast, how dear, how sure."""

    model: str
    metrics: Metrics
    latency: Latency | None
    input_tokens: int
    output_tokens: int
    #: None where no price is known.
    usd_per_1000_pages: float | None
    #: None where the model says nothing of it.
    confidence: Confidence | None
    #: What has to be said beside these figures.
    remarks: tuple[str, ...] = ()
    #: Pages for which there is no answer among those that somebody had already; they count as failed.
    unanswered: int = 0


@dataclass(frozen=True, kw_only=True)
class Scores:
    """Models in the order given, every two compared, and a sentence that says what to do."""

    precision: float
    scores: tuple[Score, ...]
    comparisons: tuple[PairComparison, ...]
    conclusion: str

    @property
    def models(self) -> tuple[str, ...]:
        """The names of the models."""
        return tuple(one.model for one in self.scores)

    @property
    def best(self) -> Score:
        """The model that gets most pages right; the first of several."""
        return max(self.scores, key=lambda one: one.metrics.correct)

    @property
    def rivals(self) -> tuple[PairComparison, ...]:
        """The comparisons of the best model that are not settled."""
        return tuple(_unsettled(self.best, self.comparisons))


def scores_of(
    candidates: Sequence[Candidate], labels: Sequence[str], *, precision: float = WANTED_PRECISION
) -> Scores:
    """The scores of models by their answers; temperatures are fitted on those for validation pages alone."""
    if not candidates:
        raise InvalidInput("There are no models to score: name at least one")
    names = [one.name for one in candidates]
    if len(set(names)) < len(names):
        raise InvalidInput(f"Two models are named alike, of {', '.join(names)}: give each a name of its own")
    scores = tuple(_score(one, labels, precision) for one in candidates)
    answers = {one.name: one.predictions for one in candidates}
    comparisons = tuple(compare_models(answers)) if len(answers) > 1 else ()
    return Scores(
        precision=precision,
        scores=scores,
        comparisons=comparisons,
        conclusion=_conclusion(scores, comparisons),
    )


def usd_per_1000_pages(
    price: ModelPrice | None, predictions: Sequence[Prediction], seconds_per_page: float | None
) -> float | None:
    """What 1,000 such pages cost, at this pace where hours are paid; None where it is not known."""
    answered = [one for one in predictions if one.error is None]
    if price is None or not answered:
        return None
    tokens = sum(price.of_tokens(one.input_tokens or 0, one.output_tokens or 0) for one in answered)
    hours = (seconds_per_page or 0.0) / _SECONDS_PER_HOUR
    return 1000 * (tokens / len(answered) + hours * price.hourly_usd)


def _score(candidate: Candidate, labels: Sequence[str], precision: float) -> Score:
    found = candidate.predictions
    metrics = metrics_of(found, labels)
    return Score(
        model=candidate.name,
        metrics=metrics,
        latency=_latency(found),
        input_tokens=sum(one.input_tokens or 0 for one in found),
        output_tokens=sum(one.output_tokens or 0 for one in found),
        usd_per_1000_pages=usd_per_1000_pages(candidate.price, found, metrics.seconds_per_page),
        confidence=_confidence(found, candidate.validation, precision),
        remarks=(*candidate.remarks, *_unusable_probabilities(candidate)),
        unanswered=sum(one.error_code == UNANSWERED for one in found),
    )


def _unusable_probabilities(candidate: Candidate) -> list[str]:
    """That some answers came with figures that are no probabilities, and so are not known to be sure."""
    unusable = [one for one in candidate.predictions if one.unusable_probabilities]
    if not unusable:
        return []
    first = unusable[0]
    share = f"{len(unusable)} of {len(candidate.predictions)}"
    why = f"Of {first.page!r}, {first.unusable_probabilities}"
    return [f"{candidate.name}: the label probabilities of {share} answers are not used. {why}"]


def _confidence(
    found: Sequence[Prediction], validation: Sequence[Prediction], precision: float
) -> Confidence | None:
    as_said = _calibration(found)
    if as_said is None:
        return None
    temperature = fit_temperature(validation) if any(one.probabilities for one in validation) else None
    mended = [temperature.applied_to(one) for one in found] if temperature else list(found)
    return Confidence(
        as_said=as_said,
        temperature=temperature,
        mended=_calibration(mended) if temperature else None,
        risk_coverage=tuple(risk_coverage(mended)),
        review=review_threshold(mended, precision),
    )


def _calibration(found: Sequence[Prediction]) -> Calibration | None:
    error = calibration_error(found)
    return None if error is None else Calibration(error=error, bins=tuple(reliability(found)))


def _latency(found: Sequence[Prediction]) -> Latency | None:
    # Answers that somebody had already took no time that could be measured.
    seconds = sorted(one.seconds for one in found if one.error is None and one.seconds)
    if len(seconds) < 2:
        return None
    cuts = quantiles(seconds, n=100, method="inclusive")
    return Latency(p50=cuts[49], p90=cuts[89], p99=cuts[98])


def _unsettled(best: Score, comparisons: Sequence[PairComparison]) -> list[PairComparison]:
    return [one for one in comparisons if best.model in (one.first, one.second) and not one.is_settled]


def _conclusion(scores: Sequence[Score], comparisons: Sequence[PairComparison]) -> str:
    """What to do, in a sentence that claims no more than the figures bear."""
    silent = [one.model for one in scores if one.metrics.failed == one.metrics.pages]
    if silent:
        return f"No call to {' and '.join(silent)} was answered: see why, and evaluate again."
    best = max(scores, key=lambda one: one.metrics.correct)
    right, pages = best.metrics.correct, best.metrics.pages
    got = f"{best.model} gets {right} of {pages} pages right"
    if len(scores) == 1:
        low, high = best.metrics.accuracy_interval
        return f"{got}: between {low:.0%} and {high:.0%} of all such."
    rivals = _unsettled(best, comparisons)
    if not rivals:
        others = "the others" if len(scores) > 2 else "the other"
        return f"Use {best.model}: it gets {right} of {pages} pages right, and is better than {others}."
    names = " and ".join(one.second if one.first == best.model else one.first for one in rivals)
    if all(one.difference == 0 for one in rivals):
        return f"{got}, and so does {names}: take the cheaper one."
    needed = max((one.pages_to_settle or 0 for one in rivals), default=0)
    more = f"; about {needed:,} pages would settle it, if the difference is as it looks" if needed else ""
    return f"{got}, but that it is better than {names} may be chance{more}."
