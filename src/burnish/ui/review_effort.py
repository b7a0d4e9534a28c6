"""What a review threshold means for the people who review: what is accepted, what is wrong, what is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from burnish.calibration.confidence import Coverage, confident, risk_coverage
from burnish.calibration.intervals import wilson_interval
from burnish.evaluation.evaluation import Evaluation
from burnish.evaluation.predicting import Prediction

#: So many thresholds are in the table below the chart. More would be read by nobody.
_LISTED = 40


@dataclass(frozen=True, kw_only=True)
class ReviewEffort:
    """What a threshold does on some pages, of which so many come in a day."""

    #: Which pages these are.
    name: str
    coverage: Coverage
    per_day: int

    @property
    def coverage_interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval of the share that is accepted."""
        return wilson_interval(self.coverage.accepted, self.coverage.pages)

    @property
    def precision(self) -> float | None:
        """The share of accepted answers that are right; None where none is accepted."""
        return self.coverage.precision if self.coverage.accepted else None

    @property
    def precision_interval(self) -> tuple[float, float] | None:
        """Wilson's 95 % interval of the precision."""
        one = self.coverage
        return wilson_interval(one.correct, one.accepted) if one.accepted else None

    @property
    def reviewed_per_day(self) -> float:
        """Pages that a person reviews in a day."""
        return self.per_day * (1 - self.coverage.coverage)

    @property
    def wrong_per_day(self) -> float:
        """Pages that are accepted in a day with a wrong label, and that nobody sees."""
        one = self.coverage
        return self.per_day * (one.accepted - one.correct) / one.pages


def efforts_of(
    evaluation: Evaluation, model: str, *, threshold: float, per_day: int
) -> tuple[ReviewEffort, ...]:
    """What a threshold does on the held-out pages, and on the validation pages that were asked about."""
    candidate = next(one for one in evaluation.candidates if one.name == model)
    validation = evaluation.judgement.validation(candidate)
    parts = [("held-out pages", evaluation.judgement.answers[model])]
    if confident(validation):
        parts.append(("validation pages", tuple(validation)))
    return tuple(
        ReviewEffort(name=name, coverage=_coverage_at(answers, threshold), per_day=per_day)
        for name, answers in parts
    )


def listed_thresholds(evaluation: Evaluation, model: str) -> list[Coverage]:
    """What thresholds do on the held-out pages, the lowest first: all, or enough for a curve."""
    curve = risk_coverage(evaluation.judgement.answers[model])[::-1]
    step = max(1, -(-len(curve) // _LISTED))
    kept = curve[::step]
    return kept if not curve or kept[-1] is curve[-1] else [*kept, curve[-1]]


def _coverage_at(answers: Sequence[Prediction], threshold: float) -> Coverage:
    # As confident counts as accepted, as it does where the threshold is chosen.
    accepted = [one for one in confident(answers) if (one.probability or 0.0) >= threshold]
    return Coverage(
        threshold=threshold,
        pages=len(answers),
        accepted=len(accepted),
        correct=sum(one.is_right for one in accepted),
    )
