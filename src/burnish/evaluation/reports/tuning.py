"""A tuning as data, base model against tuned: ``evaluation.json`` is it, all beside it follows from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import msgspec

from burnish.errors import InvalidInput
from burnish.evaluation.calibration import LabelBiases
from burnish.evaluation.metrics import Metrics, metrics_of
from burnish.evaluation.mistakes import mistakes_of
from burnish.evaluation.predicting import Page, Prediction
from burnish.evaluation.reports.files import file_stem, thumbnail

MAX_THUMBNAILS = 12


@dataclass(frozen=True, kw_only=True)
class ModelEvaluation:
    """A model, what it predicted, and how good that is. ``name`` becomes part of a file name."""

    name: str
    model_id: str
    predictions: tuple[Prediction, ...]
    metrics: Metrics
    #: Where label biases were fitted for the model: on how many validation pages, and its metrics without.
    calibration_pages: int = 0
    uncalibrated: Metrics | None = None


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """A document that was left out, and why."""

    name: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class DataFacts:
    """What went in. ``split`` says in a sentence how it was decided what is held out."""

    documents: int
    train_records: int
    validation_records: int
    split: str
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True, kw_only=True)
class LossPoint:
    """The loss at a step of the training."""

    step: int
    loss: float


@dataclass(frozen=True, kw_only=True)
class TrainingFacts:
    """What was trained, and how. ``endpoint`` says who trained it, where that is worth a line."""

    base_model: str
    job_arn: str
    custom_model_arn: str
    hyperparameters: Mapping[str, str] = field(default_factory=dict)
    training_losses: tuple[LossPoint, ...] = ()
    validation_losses: tuple[LossPoint, ...] = ()
    endpoint: str | None = None


@dataclass(frozen=True, kw_only=True)
class StageTime:
    """How long one stage of the whole took."""

    name: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything about one evaluation: a base model and the tuned one on the same held-out pages.

    Raises `InvalidInput` when the two were asked about different pages or cannot be told apart by name.
    """

    title: str
    created: datetime
    base: ModelEvaluation
    tuned: ModelEvaluation
    data: DataFacts
    training: TrainingFacts
    stages: tuple[StageTime, ...]
    #: Small JPEG images of some pages that the tuned model got wrong, by the page's name.
    thumbnails: Mapping[str, bytes]

    def __post_init__(self) -> None:
        if _pages_of(self.base) != _pages_of(self.tuned):
            raise InvalidInput(
                "The base and the tuned model were asked about different pages: "
                "evaluate both on the same held-out pages"
            )
        if file_stem(self.base.name) == file_stem(self.tuned.name):
            raise InvalidInput(f"Both models are named {self.base.name!r}: give them different names")

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, sorted."""
        return self.tuned.metrics.labels


def evaluation_of(
    name: str, model_id: str, predictions: Sequence[Prediction], labels: Sequence[str]
) -> ModelEvaluation:
    """A model's evaluation: its predictions with their metrics over these labels."""
    metrics = metrics_of(predictions, labels)
    return ModelEvaluation(name=name, model_id=model_id, predictions=tuple(predictions), metrics=metrics)


def calibrated(model: ModelEvaluation, biases: LabelBiases) -> ModelEvaluation:
    """The evaluation of the same answers once the model's favour for some labels is taken away."""
    predictions = [biases.applied_to(prediction) for prediction in model.predictions]
    fair = evaluation_of(model.name, model.model_id, predictions, model.metrics.labels)
    return replace(fair, calibration_pages=biases.pages, uncalibrated=model.metrics)


def thumbnails_of(pages: Sequence[Page], tuned: ModelEvaluation) -> dict[str, bytes]:
    """Small JPEG images of the wrong pages that are most worth a look, by name."""
    by_name = {page.name: page for page in pages}
    wrong = [mistake.page for mistake in mistakes_of(tuned.predictions) if mistake.page in by_name]
    return {name: thumbnail(by_name[name]) for name in wrong[:MAX_THUMBNAILS]}


def read_report(path: Path) -> Report:
    """The report in an ``evaluation.json``. Raises `InvalidInput` when it is none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Report)
    except msgspec.MsgspecError as error:
        raise InvalidInput(f"{path} is not a saved evaluation: {error}") from error


def _pages_of(model: ModelEvaluation) -> list[tuple[str, str]]:
    return sorted((prediction.page, prediction.label) for prediction in model.predictions)
