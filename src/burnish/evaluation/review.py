"""Which answers are accepted without a person: by a threshold from validation answers, measured on others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from burnish.calibration.confidence import Coverage, confident, fewest_accepted
from burnish.calibration.intervals import wilson_interval
from burnish.evaluation.predicting import Prediction


@dataclass(frozen=True, kw_only=True)
class Review:
    """What a threshold chosen on validation answers does on the pages that are tested on.

    Answers at least as confident are auto-accepted; all other pages go to a person.
    """

    threshold: float
    #: The validation answers that it was chosen on, and how many of them it accepts.
    validation: Coverage
    pages: int
    accepted: int
    correct: int
    #: The share of pages that are auto-accepted, with its 95 % interval (Wilson).
    coverage: float
    coverage_interval: tuple[float, float]
    #: The share of auto-accepted answers that are right, with its interval; None where none is accepted.
    precision: float | None
    precision_interval: tuple[float, float] | None

    @property
    def reviewed(self) -> int:
        """Pages that go to a person."""
        return self.pages - self.accepted


def measure_review(chosen: Coverage, tested: Sequence[Prediction]) -> Review:
    """What a threshold does on pages that it was not chosen on."""
    # As confident counts as accepted, as it did when the threshold was chosen.
    accepted = [one for one in confident(tested) if (one.probability or 0.0) >= chosen.threshold]
    correct = sum(one.is_right for one in accepted)
    return Review(
        threshold=chosen.threshold,
        validation=chosen,
        pages=len(tested),
        accepted=len(accepted),
        correct=correct,
        coverage=len(accepted) / len(tested),
        coverage_interval=wilson_interval(len(accepted), len(tested)),
        precision=correct / len(accepted) if accepted else None,
        precision_interval=wilson_interval(correct, len(accepted)) if accepted else None,
    )


def why_no_threshold(validation: Sequence[Prediction], tested: Sequence[Prediction], precision: float) -> str:
    """Why none can be chosen, and how to get one, in a sentence."""
    known, fewest = len(confident(validation)), fewest_accepted(precision)
    if not confident(tested):
        return (
            "Its answers have no label probabilities: --samples asks several times, which gives confidence."
        )
    if not known:
        return (
            "It has no validation answers to choose a threshold on: --calibrate asks about the validation "
            "pages too."
        )
    if known < fewest:
        return (
            f"{known} validation answers are too few to choose a threshold on, for a precision of "
            f"{precision:.0%} it takes {fewest}: prepare the data set with a larger --validation-share."
        )
    return (
        f"On {known} validation answers no threshold that accepts at least {fewest} reaches a precision of "
        f"{precision:.0%}: a person reviews every page."
    )
