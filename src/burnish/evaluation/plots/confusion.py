"""The confusion matrix as a picture, for any number of labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from burnish.appearance.colours import LIGHT, Theme, blend, readable_on
from burnish.evaluation.confusion_excerpt import most_confused
from burnish.evaluation.metrics import no_answer_name
from burnish.evaluation.plots import drawing
from burnish.evaluation.plots.texts import distinct

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: With more labels than this, those that are confused most are shown, and so many of them.
MAX_LABELS, EXCERPT = 30, 24
_SIDE, _GAP, _CORNER = 0.92, 0.46, 0.1


@dataclass(frozen=True, kw_only=True)
class ShownMatrix:
    """Counts with the texts along both sides; what stands in the last row may be all other labels."""

    cells: Sequence[Sequence[int]]
    rows: Sequence[str]
    columns: Sequence[str]
    #: The place of the row and column that holds all other labels, of which it is not known what is right.
    others: int | None = None

    def colour_at(self, row: int, column: int, theme: Theme, place: int | None = None) -> str:
        """The colour of a cell: right or wrong, as strong as its share of the row.

        Right is the colour of the model at this place, or blue.
        """
        count, total = self.cells[row][column], sum(self.cells[row])
        if not count:
            return theme.empty
        right = theme.right if place is None else theme.models[place]
        full = right if row == column else theme.wrong
        if row == column == self.others:
            full = theme.muted
        return blend(theme.empty, full, 0.16 + 0.84 * count / total)


def plot_confusion_matrix(
    cm: Sequence[Sequence[int]],
    labels: Sequence[str],
    title: str,
    path: Path | str | None = None,
    *,
    place: int | None = None,
    theme: Theme = LIGHT,
) -> Figure:
    """Rows are the true labels, columns the predicted ones; one column more is pages without an answer.

    Right is blue, or the model's own colour where its ``place`` is given; orange is wrong, and the strength
    is the share of the row. Of more labels than can be read, 30, the 24 are shown that are confused most,
    those that are taken for one another side by side, and all others as one.
    """
    matrix = shown_matrix(cm, distinct(labels))
    cell = 0.44 if len(labels) <= 12 else 0.37
    figure, axes = drawing.new_figure(cell * len(matrix.columns), cell * len(matrix.rows), theme)
    _draw_cells(axes, matrix, theme, place)
    axes.set_xlim(-0.5, len(matrix.columns) - 0.5)
    axes.set_ylim(len(matrix.rows) - 0.5, -0.5)
    drawing.label_axis(axes.xaxis, matrix.columns, theme, rotation=45, ha="right", rotation_mode="anchor")
    drawing.label_axis(axes.yaxis, matrix.rows, theme)
    drawing.name_axes(axes, "Predicted", "True", theme)
    drawing.set_title(axes, title, theme)
    return drawing.finish(figure, path)


def shown_matrix(cm: Sequence[Sequence[int]], names: Sequence[str]) -> ShownMatrix:
    """What is shown of a matrix whose labels are so named: all of it, or of many labels the worst."""
    answerless = [no_answer_name(names)] if any(len(row) > len(names) for row in cm) else []
    if len(names) <= MAX_LABELS:
        return ShownMatrix(cells=cm, rows=names, columns=[*names, *answerless])
    found = most_confused(cm, EXCERPT)
    shown = [*(names[place] for place in found.places), f"({found.others} other labels)"]
    return ShownMatrix(cells=found.cells, rows=shown, columns=[*shown, *answerless], others=EXCERPT)


def _draw_cells(axes: Axes, matrix: ShownMatrix, theme: Theme, place: int | None) -> None:
    from matplotlib.collections import PathCollection
    from matplotlib.patches import FancyBboxPatch
    from matplotlib.transforms import Affine2D

    shape = f"round,pad=0,rounding_size={_CORNER}"
    outline = FancyBboxPatch((-_GAP, -_GAP), _SIDE, _SIDE, boxstyle=shape).get_path()
    places = list(_places(matrix))
    colours = [matrix.colour_at(row, column, theme, place) for row, column in places]
    # One artist for all: adding each cell by itself takes longer than drawing it.
    outlines = [Affine2D().translate(column, row).transform_path(outline) for row, column in places]
    axes.add_collection(PathCollection(outlines, facecolors=colours, linewidths=0), autolim=False)
    for (row, column), colour in zip(places, colours, strict=True):
        if count := matrix.cells[row][column]:
            text, weight = str(count), "bold" if column == row else "normal"
            style = {"weight": weight, "ha": "center", "va": "center", **drawing.font(_size_of(text))}
            axes.text(column, row, text, color=readable_on(colour), **style)


def _size_of(text: str) -> float:
    """The size in which a count fits into its cell."""
    return min(9.5, 32 / len(text))


def _places(matrix: ShownMatrix) -> Iterator[tuple[int, int]]:
    for row, counts in enumerate(matrix.cells):
        yield from ((row, column) for column in range(len(counts)))
