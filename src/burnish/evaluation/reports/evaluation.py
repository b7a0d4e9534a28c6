"""An evaluation of any number of models as data, and the files that are made from it.

`Evaluation` holds the answers; `evaluation.json` is it, and everything beside it is a pure function of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import msgspec

from burnish.disk import full_disk_named
from burnish.errors import InvalidInput
from burnish.evaluation.mistakes import mistakes_of
from burnish.evaluation.plots import (
    plot_accuracies,
    plot_confusion_matrix,
    plot_cost_against_accuracy,
    plot_loss,
    plot_reliability,
    plot_risk_coverage,
)
from burnish.evaluation.predicting import Page
from burnish.evaluation.reports.evaluation_page import (
    accuracies_of,
    confusions_of_models,
    costs_of,
    html_of,
    losses_of,
    reliability_of,
    risks_of,
)
from burnish.evaluation.reports.files import file_stem, replace_file, thumbnail
from burnish.evaluation.reports.model_card import model_card
from burnish.evaluation.reports.tables import csv_of, tables_of
from burnish.evaluation.reports.tuning import TrainingFacts
from burnish.evaluation.scoring import WANTED_PRECISION, Candidate, Scores, scores_of

EVALUATION_NAME, REPORT_NAME = "evaluation.json", "report.html"
MAX_THUMBNAILS = 12


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """Models on the same pages of a data set: what each has answered, and what is known of its making."""

    title: str
    created: datetime
    #: Where the data set's manifest lies.
    dataset: str
    labels: tuple[str, ...]
    candidates: tuple[Candidate, ...]
    #: At which precision answers are to be taken without a person's look.
    precision: float = WANTED_PRECISION
    #: How a model was tuned, by its name.
    training: Mapping[str, TrainingFacts] = field(default_factory=dict)
    #: Small JPEG images of pages that models get wrong, by the page's name.
    thumbnails: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def scores(self) -> Scores:
        """What follows from the answers."""
        return scores_of(self.candidates, self.labels, precision=self.precision)


def with_thumbnails(evaluation: Evaluation, pages: Sequence[Page]) -> Evaluation:
    """The evaluation with small images of the pages that its best model gets wrong."""
    best = evaluation.scores.best.model
    candidate = next(one for one in evaluation.candidates if one.name == best)
    by_name = {page.name: page for page in pages}
    wrong = [one.page for one in mistakes_of(candidate.predictions) if one.page in by_name]
    images = {name: thumbnail(by_name[name]) for name in wrong[:MAX_THUMBNAILS]}
    return replace(evaluation, thumbnails={**evaluation.thumbnails, **images})


def joined(evaluations: Sequence[Evaluation]) -> Evaluation:
    """Evaluations on the same pages as one. Raises `InvalidInput` where pages or names do not go together."""
    if not evaluations:
        raise InvalidInput("There is nothing to compare: give at least one saved evaluation")
    first = evaluations[0]
    for other in evaluations[1:]:
        if set(other.labels) != set(first.labels):
            raise InvalidInput(
                f"{first.title!r} and {other.title!r} have different labels: compare like with like"
            )
    made = replace(
        max(evaluations, key=lambda one: one.created),
        candidates=tuple(candidate for one in evaluations for candidate in one.candidates),
        training={name: facts for one in evaluations for name, facts in one.training.items()},
        thumbnails={name: image for one in evaluations for name, image in one.thumbnails.items()},
    )
    scores_of(made.candidates, made.labels)  # says which pages or names do not go together
    return made


def read_evaluation(path: Path) -> Evaluation:
    """The evaluation in a folder, or in its ``evaluation.json``. Raises `InvalidInput` when it is none."""
    file = path / EVALUATION_NAME if path.is_dir() else path
    try:
        return msgspec.json.decode(file.read_bytes(), type=Evaluation)
    except FileNotFoundError as error:
        raise InvalidInput(
            f"There is no evaluation at {str(path)!r}: `burnish evaluate` makes one"
        ) from error
    except msgspec.MsgspecError as error:
        raise InvalidInput(f"{file} is not a saved evaluation: {error}") from error


def write_evaluation(evaluation: Evaluation, folder: Path) -> Path:
    """The path of ``report.html``, written with the evaluation, its scores, tables, plots and model cards."""
    folder.mkdir(parents=True, exist_ok=True)
    scores = evaluation.scores
    stems = [file_stem(name) for name in scores.models]
    if len(set(stems)) < len(stems):
        alike = ", ".join(scores.models)
        raise InvalidInput(f"Of the models {alike} two have names too alike for files: give them other names")
    with full_disk_named(folder):
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
