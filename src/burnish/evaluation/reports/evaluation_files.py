"""The files that are made from an evaluation: a report to read, tables, plots, a card for each model."""

from __future__ import annotations

from pathlib import Path

import msgspec

from burnish.disk import replace_file, reporting_full_disk
from burnish.errors import InvalidInput
from burnish.evaluation.plots import (
    plot_accuracies,
    plot_confusion_matrix,
    plot_cost_against_accuracy,
    plot_loss,
    plot_reliability,
    plot_risk_coverage,
)
from burnish.evaluation.reports.evaluation import EVALUATION_NAME, Evaluation
from burnish.evaluation.reports.evaluation_page import (
    accuracies_of,
    confusions_of_models,
    costs_of,
    html_of,
    losses_of,
    reliability_of,
    risks_of,
)
from burnish.evaluation.reports.files import file_stem
from burnish.evaluation.reports.model_card import model_card
from burnish.evaluation.reports.tables import csv_of, tables_of
from burnish.evaluation.scoring import Scores

REPORT_NAME = "report.html"


def write_evaluation(evaluation: Evaluation, folder: Path) -> Path:
    """The path of ``report.html``, written with the evaluation, its scores, tables, plots and model cards."""
    folder.mkdir(parents=True, exist_ok=True)
    scores = evaluation.scores
    stems = [file_stem(name) for name in scores.models]
    if len(set(stems)) < len(stems):
        alike = ", ".join(scores.models)
        raise InvalidInput(f"Of the models {alike} two have names too alike for files: give them other names")
    with reporting_full_disk(folder):
        _write_json(folder / EVALUATION_NAME, evaluation)
        _write_json(folder / "scores.json", scores)
        for name, table in tables_of(evaluation, scores).items():
            replace_file(folder / "tables" / f"{name}.csv", csv_of(table))
        for score in scores.scores:
            card = model_card(evaluation, score)
            replace_file(folder / "model-cards" / f"{file_stem(score.model)}.md", card.encode())
        _write_plots(evaluation, scores, folder / "plots")
        replace_file(folder / REPORT_NAME, html_of(evaluation, scores).encode())
    return folder / REPORT_NAME


def _write_json(path: Path, value: object) -> None:
    replace_file(path, msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n")


def _write_plots(evaluation: Evaluation, scores: Scores, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    costs, risks = costs_of(scores), risks_of(scores)
    for suffix in (".png", ".svg"):
        plot_accuracies(accuracies_of(scores), folder / f"accuracy{suffix}")
        for title, cells, name in confusions_of_models(scores):
            path = folder / f"confusion-{file_stem(name)}{suffix}"
            plot_confusion_matrix(cells, scores.best.metrics.labels, title, path)
        for score in scores.scores:
            if curves := reliability_of(score):
                plot_reliability(curves, folder / f"reliability-{file_stem(score.model)}{suffix}")
        if risks:
            path = folder / f"risk-coverage{suffix}"
            plot_risk_coverage(risks, evaluation.precision, path, among=scores.models)
        for name, (training, validation) in losses_of(evaluation).items():
            plot_loss(training, validation, folder / f"loss-{file_stem(name)}{suffix}")
        if costs:
            plot_cost_against_accuracy(costs, folder / f"cost-accuracy{suffix}", among=scores.models)
