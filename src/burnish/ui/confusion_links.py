"""A confusion matrix whose cells lead to their pages."""

from __future__ import annotations

from dataclasses import dataclass

from burnish.appearance.colours import place_of
from burnish.evaluation.plots.confusion import ShownMatrix, shown_matrix
from burnish.evaluation.plots.texts import shortened
from burnish.evaluation.scoring import Scores
from burnish.ui.selected_pages import PageSelection
from burnish.ui.stylesheet import strength


@dataclass(frozen=True, kw_only=True)
class LinkedCell:
    """A count, how it looks, and the pages behind it: None where there are none, or of several labels."""

    count: int
    style: str
    pages: PageSelection | None
    #: What it says to somebody who does not see where it stands.
    says: str


@dataclass(frozen=True, kw_only=True)
class LinkedMatrix:
    """The matrix of a model. A column is its label in short, and whole."""

    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, tuple[LinkedCell, ...]], ...]


def linked_matrix(scores: Scores, model: str) -> LinkedMatrix:
    """The confusion matrix of a model, or the excerpt of it that the report shows."""
    metrics = next(one.metrics for one in scores.scores if one.model == model)
    # The column for no answer stands only where there is something in it.
    width = len(metrics.labels) + any(row[-1] for row in metrics.confusion)
    matrix = shown_matrix([row[:width] for row in metrics.confusion], metrics.labels)
    place = place_of(model, scores.models)
    return LinkedMatrix(
        columns=tuple((shortened(name), name) for name in matrix.columns),
        rows=tuple(
            (name, tuple(_cell(matrix, row, column, model, place) for column in range(len(matrix.columns))))
            for row, name in enumerate(matrix.rows)
        ),
    )


def _cell(matrix: ShownMatrix, row: int, column: int, model: str, place: int) -> LinkedCell:
    count, total = matrix.cells[row][column], sum(matrix.cells[row])
    truth, predicted = matrix.rows[row], matrix.columns[column]
    pages = None
    if count and matrix.others not in (row, column):
        is_answer = column < len(matrix.rows)
        pages = PageSelection(model=model, truth=truth, predicted=predicted if is_answer else None)
    kind = f"right-{place}" if row == column else "wrong"
    is_right = " right" if row == column else " wrong"
    return LinkedCell(
        count=count,
        style=f"cell-{kind}-{strength(count / total)}{is_right}" if count else "",
        pages=pages,
        says=f"{count} of {total} pages of {truth} answered {predicted}",
    )
