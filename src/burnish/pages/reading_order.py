"""The order in which a person reads the lines of a page: row by row, and columns of prose one by one.

Only prose is read in columns. The cells of a row of a table are read together, and so are the label and the
value of a form.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

#: Lines whose middles are nearer than so many heights of the lower one stand in one row.
_NEAR = 0.5
#: A column has so many lines at least, the median of them so many times as wide as it is high: cells of
#: tables and labels of forms are narrower, and what a letter says beside its address has fewer lines.
_LINES_OF_COLUMN, _WIDTH_OF_COLUMN = 5, 8.0
#: No more lines than this share of all run across the gap between two columns: titles, captions.
_MOST_ACROSS = 0.25


@dataclass(frozen=True, kw_only=True)
class Box:
    """Where a line stands, in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def middle(self) -> float:
        """Half-way down."""
        return (self.top + self.bottom) / 2

    @property
    def centre(self) -> float:
        """Half-way across."""
        return (self.left + self.right) / 2

    @property
    def height(self) -> float:
        """A pixel at least."""
        return max(self.bottom - self.top, 1.0)

    @property
    def proportion(self) -> float:
        """Its width over its height."""
        return (self.right - self.left) / self.height


def reading_order(boxes: Sequence[Box]) -> list[int]:
    """The places of boxes in the order in which they are read."""
    return _in_columns(boxes, sorted(range(len(boxes)), key=lambda place: boxes[place].middle))


def _in_columns(boxes: Sequence[Box], places: Sequence[int]) -> list[int]:
    """Places, given from the top down. Columns are read one by one between two lines that run across them."""
    gap = _gap(boxes, places)
    if gap is None:
        return [place for row in _rows(boxes, places) for place in row]
    order: list[int] = []
    between: list[int] = []
    for place in places:
        if not _is_across(boxes[place], gap):
            between.append(place)
            continue
        order += _side_by_side(boxes, between, gap)
        order.append(place)
        between = []
    return order + _side_by_side(boxes, between, gap)


def _side_by_side(boxes: Sequence[Box], places: Sequence[int], gap: float) -> list[int]:
    left = [place for place in places if boxes[place].centre < gap]
    right = [place for place in places if boxes[place].centre >= gap]
    return [*_in_columns(boxes, left), *_in_columns(boxes, right)]


def _gap(boxes: Sequence[Box], places: Sequence[int]) -> float | None:
    """Where a column begins beside another, with the fewest lines across; None without columns."""
    lines = [boxes[place] for place in places]
    if len(lines) < 2 * _LINES_OF_COLUMN:
        return None
    gaps = [gap for gap in sorted({line.left for line in lines}) if _parts_columns(lines, gap)]
    across = {gap: sum(_is_across(line, gap) for line in lines) for gap in gaps}
    best = min(gaps, key=across.__getitem__, default=None)
    return best if best is not None and across[best] <= _MOST_ACROSS * len(lines) else None


def _parts_columns(lines: Sequence[Box], gap: float) -> bool:
    beside = [line for line in lines if not _is_across(line, gap)]
    left = [line for line in beside if line.centre < gap]
    right = [line for line in beside if line.centre >= gap]
    return _is_column(left) and _is_column(right)


def _is_column(boxes: Sequence[Box]) -> bool:
    return len(boxes) >= _LINES_OF_COLUMN and median(box.proportion for box in boxes) >= _WIDTH_OF_COLUMN


def _is_across(box: Box, gap: float) -> bool:
    # By a height: boxes are drawn around their lines, and those of two columns may touch.
    return box.left + box.height < gap < box.right - box.height


def _rows(boxes: Sequence[Box], places: Sequence[int]) -> Iterator[list[int]]:
    """Rows from the top, each from its left; ``places`` from the top down."""
    row: list[int] = []
    for place in places:
        if row and not _is_beside(boxes[place], boxes[row[0]]):
            yield sorted(row, key=lambda one: boxes[one].left)
            row = []
        row.append(place)
    if row:
        yield sorted(row, key=lambda one: boxes[one].left)


def _is_beside(box: Box, first: Box) -> bool:
    return box.middle - first.middle < _NEAR * min(box.height, first.height)
