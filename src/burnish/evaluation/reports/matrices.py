"""Confusion matrices as tables of a page, which move within their box while the labels stay."""

from __future__ import annotations

from dataclasses import dataclass

from burnish.appearance.colours import DARK, LIGHT, place_of, readable_on
from burnish.evaluation.plots.confusion import ShownMatrix, shown_matrix
from burnish.evaluation.plots.texts import shortened
from burnish.evaluation.scoring import Score, Scores

#: With more columns than this, cells are narrower.
_MANY = 16


@dataclass(frozen=True, kw_only=True)
class MatrixCell:
    """A count with its colours as a style, which is empty where the count is 0."""

    count: int
    is_right: bool
    style: str


@dataclass(frozen=True, kw_only=True)
class MatrixTable:
    """The confusion matrix of a model. A column is its label in short, and whole."""

    model: str
    place: int
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, tuple[MatrixCell, ...]], ...]

    @property
    def is_large(self) -> bool:
        """Whether it takes narrow cells to be seen."""
        return len(self.columns) > _MANY


def matrix_tables(scores: Scores) -> list[MatrixTable]:
    """The confusion matrix of each model; the column for no answer is in all or in none."""
    needed = any(row[-1] for one in scores.scores for row in one.metrics.confusion)
    return [_table(one, place_of(one.model, scores.models), needed) for one in scores.scores]


def _table(score: Score, place: int, with_no_answer: bool) -> MatrixTable:
    labels = score.metrics.labels
    counts = [row[: len(labels) + with_no_answer] for row in score.metrics.confusion]
    matrix = shown_matrix(counts, labels)
    return MatrixTable(
        model=score.model,
        place=place,
        columns=tuple((shortened(name), name) for name in matrix.columns),
        rows=tuple((name, _cells(matrix, row, place)) for row, name in enumerate(matrix.rows)),
    )


def _cells(matrix: ShownMatrix, row: int, place: int) -> tuple[MatrixCell, ...]:
    return tuple(
        MatrixCell(
            count=count, is_right=row == column, style=_style(matrix, row, column, place) if count else ""
        )
        for column, count in enumerate(matrix.cells[row])
    )


def _style(matrix: ShownMatrix, row: int, column: int, place: int) -> str:
    named: dict[str, str] = {}
    for name, theme in (("light", LIGHT), ("dark", DARK)):
        colour = matrix.colour_at(row, column, theme, place)
        named |= {f"--on-{name}": colour, f"--text-on-{name}": readable_on(colour)}
    return "; ".join(f"{name}: {colour}" for name, colour in named.items())
