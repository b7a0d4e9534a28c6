"""Asking models about held-out pages, measuring the answers, and a report that says what to conclude."""

from __future__ import annotations

from burnish.evaluation.budget import Budget, BudgetSpent, Meter
from burnish.evaluation.calibration import Calibration, fit_calibration
from burnish.evaluation.evaluation import Evaluation, joined
from burnish.evaluation.facts import LossPoint, TrainingFacts
from burnish.evaluation.identity import ModelIdentity, identity_of
from burnish.evaluation.journal import Journal
from burnish.evaluation.judgement import Candidate
from burnish.evaluation.manifest_pages import pages_of
from burnish.evaluation.metrics import Metrics, calculate_metrics, metrics_of
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
from burnish.evaluation.prices import ModelPrice
from burnish.evaluation.questions import prompt_digest
from burnish.evaluation.recorded import RecordedPredictor
from burnish.evaluation.reports.folder import read_evaluation, write_evaluation
from burnish.evaluation.reports.thumbnails import with_thumbnails
from burnish.evaluation.scoring import Score, Scores, scores_of
from burnish.evaluation.seed_shapes import evaluate_model
from burnish.evaluation.seen_pages import AskedPages, require_unseen

__all__ = [
    "AskedPages",
    "Asking",
    "Budget",
    "BudgetSpent",
    "Calibration",
    "Candidate",
    "ConversePredictor",
    "Evaluation",
    "Journal",
    "LossPoint",
    "Meter",
    "Metrics",
    "ModelChanged",
    "ModelIdentity",
    "ModelPrice",
    "Page",
    "Prediction",
    "Predictor",
    "RecordedPredictor",
    "Score",
    "Scores",
    "TrainingFacts",
    "calculate_metrics",
    "evaluate_model",
    "fit_calibration",
    "identity_of",
    "joined",
    "metrics_of",
    "pages_of",
    "plot_accuracies",
    "plot_confusion_matrix",
    "plot_cost_against_accuracy",
    "plot_loss",
    "plot_model_comparison",
    "plot_reliability",
    "plot_risk_coverage",
    "predict",
    "prompt_digest",
    "read_evaluation",
    "require_unseen",
    "scores_of",
    "with_thumbnails",
    "write_evaluation",
]
