"""A tuning as data, base model against tuned, and the files made from it: a report to read, plots, JSON.

`Report` holds everything; `evaluation.json` is it, and `report.html` is a pure function of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from burnish.errors import InvalidInput
from burnish.evaluation.calibration import LabelBiases
from burnish.evaluation.metrics import Metrics, metrics_of
from burnish.evaluation.mistakes import mistakes_of
from burnish.evaluation.plots import plot_confusion_matrix, plot_loss, plot_model_comparison
from burnish.evaluation.predicting import Page, Prediction
from burnish.evaluation.reports.files import file_stem, replace_file, thumbnail
from burnish.evaluation.reports.tuning_page import comparison_of, confusions_side_by_side, html_of, loss_of

MAX_THUMBNAILS = 12
SUMMARY_KEYS = (
    "documents",
    "labels",
    "train_records",
    "validation_records",
    "test_pages",
    "base_model",
    "job_arn",
    "custom_model_arn",
    "final_training_loss",
    "final_validation_loss",
    "base",
    "base_without_biases",
    "tuned",
    "stage_seconds",
)


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


def write_report(report: Report, folder: Path) -> Path:
    """The path of ``report.html``, written with ``evaluation.json`` and the plots as PNG beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    replace_file(folder / "evaluation.json", msgspec.json.format(msgspec.json.encode(report), indent=2))
    plot_model_comparison(comparison_of(report), folder / "comparison.png")
    base, tuned = confusions_side_by_side(report)
    for model, cells, title in ((report.base, base, "Base model"), (report.tuned, tuned, "Tuned model")):
        plot_confusion_matrix(cells, report.labels, title, folder / f"confusion-{file_stem(model.name)}.png")
    if report.training.training_losses or report.training.validation_losses:
        plot_loss(*loss_of(report), folder / "loss.png")
    path = folder / "report.html"
    replace_file(path, html_of(report).encode())
    return path


def read_report(path: Path) -> Report:
    """The report in an ``evaluation.json``. Raises `InvalidInput` when it is none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Report)
    except msgspec.MsgspecError as error:
        raise InvalidInput(f"{path} is not a saved evaluation: {error}") from error


def summary_of(report: Report) -> dict[str, Any]:
    """The figures of ``summary.json``."""
    training = report.training
    return {
        "documents": report.data.documents,
        "labels": list(report.labels),
        "train_records": report.data.train_records,
        "validation_records": report.data.validation_records,
        "test_pages": report.tuned.metrics.pages,
        "base_model": training.base_model,
        "job_arn": training.job_arn,
        "custom_model_arn": training.custom_model_arn,
        "final_training_loss": _last_loss(training.training_losses),
        "final_validation_loss": _last_loss(training.validation_losses),
        "base": _figures(report.base.metrics),
        "base_without_biases": _figures(report.base.uncalibrated or report.base.metrics),
        "tuned": _figures(report.tuned.metrics),
        "stage_seconds": {stage.name: stage.seconds for stage in report.stages},
    }


def write_summary(summary: Mapping[str, Any], path: Path) -> None:
    """Write ``summary.json``: the whole of it or nothing. Raises `InvalidInput` when a key is missing."""
    missing = [key for key in SUMMARY_KEYS if key not in summary]
    if missing:
        raise InvalidInput(f"The summary for {path} lacks {', '.join(missing)}: give each a value or None")
    replace_file(path, msgspec.json.format(msgspec.json.encode(summary), indent=2) + b"\n")


def _figures(metrics: Metrics) -> dict[str, float | int | None]:
    names = ("accuracy", "weighted_f1", "weighted_recall", "failed", "seconds_per_page")
    return {name: getattr(metrics, name) for name in names}


def _last_loss(points: Sequence[LossPoint]) -> float | None:
    return points[-1].loss if points else None


def _pages_of(model: ModelEvaluation) -> list[tuple[str, str]]:
    return sorted((prediction.page, prediction.label) for prediction in model.predictions)
