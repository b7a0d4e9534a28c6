"""The models to compare, scored on calibrated answers for all of them or for none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from burnish.errors import InvalidInput
from burnish.evaluation.calibration import Calibration, choose_calibration, cross_fitted
from burnish.evaluation.identity import ModelIdentity
from burnish.evaluation.predicting import Prediction
from burnish.evaluation.prices import ModelPrice


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


class Basis(StrEnum):
    """The answers that all models are judged by: calibrated where each can be, else as they were given."""

    CALIBRATED = "calibrated"
    UNCALIBRATED = "uncalibrated"


@dataclass(frozen=True)
class Judgement:
    """Models whose answers are made comparable: all of them calibrated, or none. Never some."""

    candidates: tuple[Candidate, ...]
    labels: tuple[str, ...]

    def __post_init__(self) -> None:
        names = [one.name for one in self.candidates]
        if not names:
            raise InvalidInput("There are no models to score: name at least one")
        if len(set(names)) < len(names):
            raise InvalidInput(f"Two models are named alike, of {', '.join(names)}: give each its own name")

    @cached_property
    def calibrations(self) -> Mapping[str, Calibration | None]:
        """The calibration of each model, fitted on its validation answers; None without any to fit on."""
        return {one.name: choose_calibration(one.validation, self.labels) for one in self.candidates}

    @property
    def basis(self) -> Basis:
        """Which answers count."""
        # For all or for none: a calibrated model beside an uncalibrated one would win by what only it was
        # offered.
        return Basis.CALIBRATED if all(self.calibrations.values()) else Basis.UNCALIBRATED

    @cached_property
    def answers(self) -> Mapping[str, tuple[Prediction, ...]]:
        """The answers that count, by the model's name."""
        if self.basis is Basis.UNCALIBRATED:
            return {one.name: one.predictions for one in self.candidates}
        return {one.name: self.calibrated(one) for one in self.candidates}

    def calibrated(self, candidate: Candidate) -> tuple[Prediction, ...]:
        """A model's answers once they are calibrated, where they can be."""
        calibration = self.calibrations[candidate.name]
        return tuple(map(calibration.applied_to, candidate.predictions)) if calibration else ()

    def validation(self, candidate: Candidate) -> Sequence[Prediction]:
        """A model's validation answers with the confidence that they would have on new pages."""
        calibration = self.calibrations[candidate.name]
        if self.basis is Basis.UNCALIBRATED or calibration is None or not calibration.is_used:
            return candidate.validation
        # Not `calibrated`, whose fit has seen these answers: they would look surer than new ones are, and the
        # threshold come out too low.
        return cross_fitted(candidate.validation, self.labels)
