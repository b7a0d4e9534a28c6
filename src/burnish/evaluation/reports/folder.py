"""The folder of an evaluation: the answers, and report, tables, plots and model cards made of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from burnish.csv_cells import csv_of
from burnish.disk import replace_file, reporting_full_disk
from burnish.errors import InvalidInput
from burnish.evaluation.evaluation import Evaluation
from burnish.evaluation.predicting import with_error_code
from burnish.evaluation.reports.extraction_page import extraction_html, micro_f1_plot
from burnish.evaluation.reports.extraction_tables import extraction_tables
from burnish.evaluation.reports.figures import (
    accuracy_plot,
    confusion_plots,
    cost_plot,
    loss_plots,
    reliability_plots,
    risk_coverage_plot,
)
from burnish.evaluation.reports.file_names import file_stem
from burnish.evaluation.reports.model_card import model_card
from burnish.evaluation.reports.page import html_of
from burnish.evaluation.reports.pictures import Plot
from burnish.evaluation.reports.tables import Table, tables_of

#: The version of both files of data. Version 1 did not say so, and lacks data and stages.
VERSION = 2
EVALUATION_NAME, SUMMARY_NAME, REPORT_NAME = "evaluation.json", "summary.json", "report.html"
_AGAIN = "evaluate again: answers that were kept are not asked for twice"


def write_evaluation(evaluation: Evaluation, folder: Path) -> Path:
    """The path of ``report.html``, written with the answers, a summary, tables, plots and model cards."""
    folder.mkdir(parents=True, exist_ok=True)
    scores = evaluation.outcome
    stems = [file_stem(name) for name in scores.models]
    if len(set(stems)) < len(stems):
        alike = ", ".join(scores.models)
        raise InvalidInput(f"Of the models {alike} two have names too alike for files: give them other names")
    with reporting_full_disk(folder):
        _write_json(folder / EVALUATION_NAME, msgspec.to_builtins(evaluation))
        write_summary(evaluation, folder)
        for name, table in report_tables(evaluation).items():
            replace_file(folder / "tables" / f"{name}.csv", csv_of(table).encode())
        # Of labels only: a card is about which types a model tells apart.
        for score in () if evaluation.schema else evaluation.scores.scores:
            card = model_card(evaluation, score)
            replace_file(folder / "model-cards" / f"{file_stem(score.model)}.md", card.encode())
        (folder / "plots").mkdir(exist_ok=True)
        for name, plot in _plots_of(evaluation).items():
            for suffix in (".png", ".svg"):
                plot.draw(path=folder / "plots" / f"{name}{suffix}")
        # Last: where there is a report, everything that it speaks of is there.
        replace_file(folder / REPORT_NAME, _html(evaluation).encode())
    return folder / REPORT_NAME


def write_summary(evaluation: Evaluation, folder: Path) -> None:
    """Write ``summary.json``: every figure and fact of an evaluation, without answers and images."""
    about = ("title", "created", "dataset", "labels", "data", "training", "stages", "reading")
    facts = {name: msgspec.to_builtins(getattr(evaluation, name)) for name in about}
    _write_json(folder / SUMMARY_NAME, facts | msgspec.to_builtins(evaluation.outcome))


def read_evaluation(path: Path) -> Evaluation:
    """The evaluation in a folder, or in its ``evaluation.json``. Raises `InvalidInput` when it is none."""
    file = path / EVALUATION_NAME if path.is_dir() else path
    try:
        body = file.read_bytes()
    except FileNotFoundError as error:
        raise InvalidInput(
            f"There is no evaluation at {str(path)!r}: `burnish evaluate` makes one"
        ) from error
    try:
        # Its version first: a later one may not decode at all, and says so only by its number.
        shape = msgspec.json.decode(body, type=_Shape)
        _require_readable(file, shape)
        evaluation = msgspec.json.decode(body, type=Evaluation)
    except msgspec.MsgspecError as error:
        raise InvalidInput(f"{file} is not a saved evaluation: {error}") from error
    return _brought_forward(evaluation) if shape.version == 1 else evaluation


class _Shape(msgspec.Struct):
    """What tells files apart that are called ``evaluation.json``."""

    version: int = 1
    #: Only the report of a demo of version 1 has this.
    tuned: msgspec.Raw = msgspec.Raw()


def _require_readable(file: Path, shape: _Shape) -> None:
    if shape.version > VERSION:
        raise InvalidInput(
            f"{file} is an evaluation of version {shape.version}, and this Burnish reads up to {VERSION}: "
            f"read it with the one that wrote it, or {_AGAIN}"
        )
    if shape.version == 1 and bytes(shape.tuned):
        raise InvalidInput(
            f"{file} is the report of a demo of Burnish 0.1, which does not record its pages and prompt: "
            "run `burnish demo` again"
        )


def _brought_forward(evaluation: Evaluation) -> Evaluation:
    """An evaluation of version 1 as this version writes it."""
    candidates = [
        replace(one, predictions=tuple(map(with_error_code, one.predictions)))
        for one in evaluation.candidates
    ]
    return replace(evaluation, candidates=tuple(candidates))


def _write_json(path: Path, value: dict[str, Any]) -> None:
    body = msgspec.json.encode({"version": VERSION, **value})
    replace_file(path, msgspec.json.format(body, indent=1) + b"\n")


def _html(evaluation: Evaluation) -> str:
    if evaluation.schema:
        return extraction_html(evaluation, evaluation.field_scores)
    return html_of(evaluation, evaluation.scores)


def report_tables(evaluation: Evaluation) -> dict[str, Table]:
    """The tables of an evaluation by their names."""
    if evaluation.schema:
        return extraction_tables(evaluation, evaluation.field_scores)
    return tables_of(evaluation, evaluation.scores)


def _plots_of(evaluation: Evaluation) -> dict[str, Plot]:
    """The plots by the names of their files."""
    if evaluation.schema:
        losses = {f"loss-{file_stem(name)}": plot for name, plot in loss_plots(evaluation).items()}
        return {"micro-f1": micro_f1_plot(evaluation.field_scores), **losses}
    scores = evaluation.scores
    one_of_all = {
        "accuracy": accuracy_plot(scores),
        "risk-coverage": risk_coverage_plot(scores),
        "cost-accuracy": cost_plot(scores),
    }
    of_models = {
        "confusion": confusion_plots(scores),
        "reliability": reliability_plots(scores),
        "loss": loss_plots(evaluation),
    }
    found = {name: plot for name, plot in one_of_all.items() if plot}
    for kind, plots in of_models.items():
        found |= {f"{kind}-{file_stem(model)}": plot for model, plot in plots.items()}
    return found
