"""Which answers are accepted without a person: by a threshold from validation answers, measured on others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from burnish.confidence import Coverage, confident, risk_coverage
from burnish.errors import InvalidInput
from burnish.evaluation.predicting import Prediction
from burnish.intervals import wilson_interval

#: On fewer accepted answers a precision says nothing.
_MIN_ACCEPTED = 20
#: One wrong answer in so many is the least that is asked to be seen.
_MAX_PRECISION = 0.99


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


def fewest_accepted(precision: float) -> int:
    """Of how many accepted answers one may be wrong at this precision: fewer cannot show that it is met."""
    # Rounded first: in binary, 1 / (1 - 0.9) is a hair more than 10, and must not ask for an eleventh.
    return max(_MIN_ACCEPTED, math.ceil(round(1 / (1 - min(precision, _MAX_PRECISION)), 6)))


def choose_threshold(validation: Sequence[Prediction], precision: float) -> Coverage | None:
    """The threshold that accepts most validation answers at this precision or better.

    None where none reaches it with at least `fewest_accepted` answers. Confidence of these answers must be
    what it is on new pages: from a calibration that has not seen them (`cross_fitted`), or from none.
    """
    if not 0 < precision <= 1:
        raise InvalidInput(f"The precision {precision} is not possible: it must lie between 0 and 1")
    fewest = fewest_accepted(precision)
    # All thresholds that do, and not those before the first that does not: precision goes up and down along
    # the curve.
    good = [one for one in risk_coverage(validation) if one.accepted >= fewest and one.precision >= precision]
    return max(good, key=lambda one: one.accepted, default=None)


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
