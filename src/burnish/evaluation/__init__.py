"""Asking models about held-out pages, measuring the answers, and a report that says what to conclude."""

from __future__ import annotations

from burnish.evaluation.budget import Budget, BudgetSpent, Meter
from burnish.evaluation.calibration import LabelBiases, fit_label_biases
from burnish.evaluation.identity import ModelIdentity, identity_of
from burnish.evaluation.journal import Journal, predict_once
from burnish.evaluation.manifest_pages import pages_of
from burnish.evaluation.metrics import LabelScore, Metrics, calculate_metrics, metrics_of
from burnish.evaluation.pacing import Patience
from burnish.evaluation.parsing import parse_label
from burnish.evaluation.plots import (
    plot_accuracies,
    plot_confusion_matrix,
    plot_cost_against_accuracy,
    plot_loss,
    plot_model_comparison,
    plot_reliability,
    plot_risk_coverage,
)
from burnish.evaluation.predicting import Asking, Page, Prediction, predict
from burnish.evaluation.predictors import ConversePredictor, ModelChanged, Predictor
from burnish.evaluation.prices import ModelPrice, price_of
from burnish.evaluation.questions import Question, prompt_digest
from burnish.evaluation.recorded import RecordedPredictor
from burnish.evaluation.reports.evaluation import (
    Evaluation,
    joined,
    read_evaluation,
    with_thumbnails,
)
from burnish.evaluation.reports.evaluation_files import write_evaluation
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
    thumbnails_of,
)
from burnish.evaluation.reports.tuning_files import summary_of, write_report, write_summary
from burnish.evaluation.scoring import Candidate, Score, Scores, scores_of
from burnish.evaluation.seed_shapes import evaluate_model
from burnish.evaluation.seen_pages import AskedPages, require_unseen

__all__ = [
    "AskedPages",
    "Asking",
    "Budget",
    "BudgetSpent",
    "Candidate",
    "ConversePredictor",
    "DataFacts",
    "Evaluation",
    "Journal",
    "LabelBiases",
    "LabelScore",
    "LossPoint",
    "Meter",
    "Metrics",
    "ModelChanged",
    "ModelEvaluation",
    "ModelIdentity",
    "ModelPrice",
    "Page",
    "Patience",
    "Prediction",
    "Predictor",
    "Question",
    "RecordedPredictor",
    "Report",
    "Score",
    "Scores",
    "Skipped",
    "StageTime",
    "TrainingFacts",
    "calculate_metrics",
    "calibrated",
    "evaluate_model",
    "evaluation_of",
    "fit_label_biases",
    "identity_of",
    "joined",
    "metrics_of",
    "pages_of",
    "parse_label",
    "plot_accuracies",
    "plot_confusion_matrix",
    "plot_cost_against_accuracy",
    "plot_loss",
    "plot_model_comparison",
    "plot_reliability",
    "plot_risk_coverage",
    "predict",
    "predict_once",
    "price_of",
    "prompt_digest",
    "read_evaluation",
    "read_report",
    "require_unseen",
    "scores_of",
    "summary_of",
    "thumbnails_of",
    "with_thumbnails",
    "write_evaluation",
    "write_report",
    "write_summary",
]
