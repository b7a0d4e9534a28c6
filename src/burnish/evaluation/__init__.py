"""Asking models about held-out pages, measuring the answers, and a report that says what to conclude."""

from __future__ import annotations

from burnish.evaluation.calibration import LabelBiases, fit_label_biases
from burnish.evaluation.metrics import LabelScore, Metrics, calculate_metrics, metrics_of
from burnish.evaluation.pacing import Patience
from burnish.evaluation.parsing import parse_label
from burnish.evaluation.plots import plot_confusion_matrix, plot_loss, plot_model_comparison
from burnish.evaluation.predicting import Page, Prediction, predict
from burnish.evaluation.reports.tuning import (
    DataFacts,
    LossPoint,
    ModelEvaluation,
    Report,
    Skipped,
    StageTime,
    TrainingFacts,
    calibrated,
    evaluation_of,
    read_report,
    summary_of,
    thumbnails_of,
    write_report,
    write_summary,
)

__all__ = [
    "DataFacts",
    "LabelBiases",
    "LabelScore",
    "LossPoint",
    "Metrics",
    "ModelEvaluation",
    "Page",
    "Patience",
    "Prediction",
    "Report",
    "Skipped",
    "StageTime",
    "TrainingFacts",
    "calculate_metrics",
    "calibrated",
    "evaluation_of",
    "fit_label_biases",
    "metrics_of",
    "parse_label",
    "plot_confusion_matrix",
    "plot_loss",
    "plot_model_comparison",
    "predict",
    "read_report",
    "summary_of",
    "thumbnails_of",
    "write_report",
    "write_summary",
]
