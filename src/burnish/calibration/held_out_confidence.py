"""How far a tuned model's confidence is to be trusted, as its job leaves it beside its losses.

The job measures it on pages that nothing of the model was fitted to, and writes it as JSON; the client reads
that.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from burnish.calibration.confidence import (
    Coverage,
    JudgedAnswer,
    calibration_error,
    calibration_error_by_chance,
    choose_threshold,
    fewest_accepted,
    risk_coverage,
)
from burnish.calibration.intervals import wilson_interval
from burnish.errors import InvalidInput

FILE_NAME = "confidence.json"
NOTHING_HELD_OUT = (
    "How far the model's confidence is to be trusted is not known: no page was held out. Give the job "
    "validation data (`burnish prepare --validation-share`)."
)
#: On fewer pages a calibration error says nothing.
FEWEST_PAGES = 20
#: Answers are accepted where at most so many are wrong.
MOST_WRONG = 0.05
#: The shares of pages at which the risk is told.
COVERAGES = tuple(tenth / 10 for tenth in range(1, 11))
ERROR_DEFINITION = (
    "expected calibration error: the distance of confidence from accuracy in 10 bins of equal width, "
    "averaged over pages"
)


class Risk(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The answers that are as confident as a threshold or more: their share, and how many are wrong."""

    threshold: float
    coverage: float
    accepted: int
    wrong: int
    risk: float
    #: Wilson's 95 % interval of the risk.
    risk_interval: tuple[float, float]

    def __str__(self) -> str:
        low, high = self.risk_interval
        return (
            f"at {self.threshold:.2f} or more, {self.wrong} of {self.accepted} are wrong (95 % interval: "
            f"{low:.0%} to {high:.0%})"
        )


class HeldOutConfidence(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the confidence of a tuned model is worth on ``pages`` pages that it was not trained on."""

    #: How it comes that the model has not seen the labels of these pages.
    made: str
    pages: int
    correct: int
    accuracy_interval: tuple[float, float]
    #: None where pages are too few to tell.
    expected_calibration_error: float | None
    #: Where 95 % of models lie that are calibrated, on as many pages as confident: an error in between may be
    #: chance.
    calibrated_by_chance: tuple[float, float] | None
    error_definition: str = ERROR_DEFINITION
    risk_coverage: tuple[Risk, ...]
    #: The lowest threshold at which at most 5 % of the accepted answers are wrong; None where there is none.
    at_most_five_percent_wrong: Risk | None

    def as_file(self) -> bytes:
        """It as JSON, for people as well."""
        return msgspec.json.format(msgspec.json.encode(self), indent=2)

    def lines(self) -> list[str]:
        """What is to be said about it, in sentences."""
        low, high = self.accuracy_interval
        right = (
            f"On {self.pages} pages that the model was not trained on ({self.made}): {self.correct} right "
            f"(95 % interval: {low:.0%} to {high:.0%})."
        )
        if self.calibrated_by_chance is None:
            return [right, f"{self.pages} pages are too few to tell whether its confidence can be trusted."]
        return [right, self._calibration(*self.calibrated_by_chance), self._acceptance()]

    def _calibration(self, low: float, high: float) -> str:
        error = self.expected_calibration_error or 0.0
        found = "is not chance: do not take its confidence at its word" if error > high else "may be chance"
        return (
            f"Its expected calibration error is {error:.3f}; of a calibrated model it would be {low:.3f} to "
            f"{high:.3f} on as many pages: this {found}."
        )

    def _acceptance(self) -> str:
        if one := self.at_most_five_percent_wrong:
            return (
                f"Accept {one.coverage:.0%} of its answers: at most {MOST_WRONG:.0%} of them are wrong here, "
                f"{one}."
            )
        return (
            f"No threshold that accepts at least {fewest_accepted(1 - MOST_WRONG)} answers keeps the wrong "
            f"ones under {MOST_WRONG:.0%}: a person reviews every page."
        )


def read_confidence(body: bytes) -> HeldOutConfidence:
    """What a job has written. Raises `InvalidInput` where it is something else."""
    try:
        return msgspec.json.decode(body, type=HeldOutConfidence)
    except msgspec.DecodeError as error:
        raise InvalidInput(f"The job's {FILE_NAME} is not what Burnish writes: {error}") from error


def measured_confidence(answers: Sequence[JudgedAnswer], *, made: str) -> HeldOutConfidence:
    """The confidence of answers to held-out pages, of which there is at least one."""
    right, pages = sum(one.is_right for one in answers), len(answers)
    can_tell = pages >= FEWEST_PAGES
    accepted = choose_threshold(answers, 1 - MOST_WRONG)
    return HeldOutConfidence(
        made=made,
        pages=pages,
        correct=right,
        accuracy_interval=wilson_interval(right, pages),
        expected_calibration_error=calibration_error(answers) if can_tell else None,
        calibrated_by_chance=calibration_error_by_chance(answers) if can_tell else None,
        risk_coverage=tuple(map(_risk, _at_coverages(risk_coverage(answers)))),
        at_most_five_percent_wrong=_risk(accepted) if accepted else None,
    )


def _at_coverages(curve: Sequence[Coverage]) -> list[Coverage]:
    """Of a risk-coverage curve the first step that reaches each of `COVERAGES`, each step once."""
    # A hair below, for the share of three in ten pages is not always 0.3 in binary.
    found = [next(one for one in curve if one.coverage >= share - 1e-9) for share in COVERAGES]
    return list(dict.fromkeys(found))


def _risk(one: Coverage) -> Risk:
    wrong = one.accepted - one.correct
    return Risk(
        threshold=one.threshold,
        coverage=one.coverage,
        accepted=one.accepted,
        wrong=wrong,
        risk=wrong / one.accepted,
        risk_interval=wilson_interval(wrong, one.accepted),
    )
