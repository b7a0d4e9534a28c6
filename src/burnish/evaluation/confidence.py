"""How sure an answer is, whether that can be believed, and when a person must look."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from burnish.errors import InvalidInput
from burnish.evaluation.predicting import Prediction

BINS = 10
_TINY = 1e-12


@dataclass(frozen=True, kw_only=True)
class Temperature:
    """By what log-probabilities are divided so that they can be believed; above 1 for a model too sure.

    Temperature scaling (Guo et al., arXiv 1706.04599). It changes no answer.
    """

    value: float
    #: On how many validation pages it was fitted.
    pages: int

    def applied_to(self, prediction: Prediction) -> Prediction:
        """The prediction with probabilities that can be believed."""
        if prediction.probabilities is None:
            return prediction
        return replace(prediction, probabilities=_scaled(prediction.probabilities, self.value))


@dataclass(frozen=True, kw_only=True)
class Bin:
    """Pages whose answers were about as sure: how sure on average, and how many were right."""

    confidence: float
    accuracy: float
    pages: int


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """What happens when answers below a confidence are left to a person."""

    #: Answers at least this sure are taken.
    threshold: float
    #: The share of pages whose answers are taken.
    coverage: float
    #: The share of these that are right.
    precision: float
    #: Pages that a person looks at.
    reviewed: int


def fit_temperature(validation: Sequence[Prediction]) -> Temperature:
    """The temperature under which the validation pages' own labels are likeliest.

    Few pages that are all right would ask for a temperature of nothing, and so for a model that is sure of
    everything. Hence Platt's correction (Platt, 1999): of N pages one more than was seen may be wrong, so
    each label is wanted with N + 1 of N + 2. Never fit it on the pages that are tested on. Raises
    `InvalidInput` where no page has probabilities.
    """
    from scipy.optimize import minimize_scalar

    known = [one for one in validation if one.probabilities and one.label in one.probabilities]
    if not known:
        raise InvalidInput("No validation page has label probabilities: a temperature cannot be fitted")
    doubt = 1 / (len(known) + 2)

    def surprise(log_temperature: float) -> float:
        temperature = math.exp(log_temperature)
        return sum(_surprise(one, temperature, doubt) for one in known)

    best = minimize_scalar(surprise, bounds=(math.log(0.05), math.log(20)), method="bounded")
    return Temperature(value=math.exp(float(best.x)), pages=len(known))


def _surprise(page: Prediction, temperature: float, doubt: float) -> float:
    """The cross-entropy of a page's label, wanted with all but ``doubt``, in nats."""
    label = _scaled(page.probabilities or {}, temperature)[page.label]
    return -(1 - doubt) * math.log(max(label, _TINY)) - doubt * math.log(max(1 - label, _TINY))


def reliability(predictions: Sequence[Prediction], *, bins: int = BINS) -> list[Bin]:
    """Answers in bins of equal width by how sure they are; empty bins are left out."""
    groups: dict[int, list[Prediction]] = {}
    for one in _sure(predictions):
        groups.setdefault(min(int((one.probability or 0.0) * bins), bins - 1), []).append(one)
    return [
        Bin(
            confidence=sum(one.probability or 0.0 for one in group) / len(group),
            accuracy=sum(one.is_right for one in group) / len(group),
            pages=len(group),
        )
        for _, group in sorted(groups.items())
    ]


def calibration_error(predictions: Sequence[Prediction], *, bins: int = BINS) -> float | None:
    """The expected calibration error: how far confidence is from accuracy, on average over pages.

    None where no answer says how sure it is.
    """
    found = reliability(predictions, bins=bins)
    pages = sum(one.pages for one in found)
    return sum(one.pages * abs(one.confidence - one.accuracy) for one in found) / pages if pages else None


def risk_coverage(predictions: Sequence[Prediction]) -> list[Coverage]:
    """What every possible threshold does, from the surest answer on. Pages without an answer are reviewed."""
    ordered = sorted(_sure(predictions), key=lambda one: -(one.probability or 0.0))
    total, right, curve = len(predictions), 0, []
    for place, one in enumerate(ordered, 1):
        right += one.is_right
        following = ordered[place].probability if place < len(ordered) else None
        if following != one.probability:  # answers that are as sure stand or fall together
            curve.append(
                Coverage(
                    threshold=one.probability or 0.0,
                    coverage=place / total,
                    precision=right / place,
                    reviewed=total - place,
                )
            )
    return curve


def review_threshold(predictions: Sequence[Prediction], precision: float) -> Coverage | None:
    """The threshold that takes most answers at this precision or better; None where none reaches it."""
    if not 0 < precision <= 1:
        raise InvalidInput(f"The precision {precision} cannot be wanted: it must lie between 0 and 1")
    good = [one for one in risk_coverage(predictions) if one.precision >= precision]
    return max(good, key=lambda one: one.coverage, default=None)


def agreement(samples: Sequence[Prediction]) -> Prediction:
    """One prediction of several samples for a page: the commonest label, and the share that says it.

    For models that give no probabilities. Samples without an answer count as disagreeing; tokens of all
    count.
    """
    if not samples or len({one.page for one in samples}) != 1:
        raise InvalidInput("Agreement is that of several samples for one page: give all samples of one page")
    counts = Counter(one.predicted for one in samples if one.predicted is not None)
    if not counts:
        return samples[0]
    label = min(counts, key=lambda name: (-counts[name], name))
    said = next(one for one in samples if one.predicted == label)
    return replace(
        said,
        probabilities={name: count / len(samples) for name, count in counts.items()},
        input_tokens=sum(one.input_tokens or 0 for one in samples),
        output_tokens=sum(one.output_tokens or 0 for one in samples),
    )


def _sure(predictions: Sequence[Prediction]) -> list[Prediction]:
    return [one for one in predictions if one.probability is not None]


def _scaled(probabilities: Mapping[str, float], temperature: float) -> dict[str, float]:
    logs = {label: math.log(max(value, _TINY)) / temperature for label, value in probabilities.items()}
    highest = max(logs.values())
    raised = {label: math.exp(value - highest) for label, value in logs.items()}
    total = sum(raised.values())
    return {label: value / total for label, value in raised.items()}
