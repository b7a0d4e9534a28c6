"""The files that are made from a report on a tuning: a page to read, plots, and a summary for machines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from burnish.disk import replace_file
from burnish.errors import InvalidInput
from burnish.evaluation.metrics import Metrics
from burnish.evaluation.plots import plot_confusion_matrix, plot_loss, plot_model_comparison
from burnish.evaluation.reports.files import file_stem
from burnish.evaluation.reports.tuning import LossPoint, Report
from burnish.evaluation.reports.tuning_page import comparison_of, confusions_side_by_side, html_of, loss_of

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
