"""A loss as a plot of characters: in braille, or in ASCII where a terminal can draw no more."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

HEIGHT = 10
MIN_WIDTH, MAX_WIDTH = 24, 100
#: Losses that differ by more than this factor are drawn on a logarithmic scale.
LOGARITHMIC_FROM = 20.0
#: Nothing is smaller on a logarithmic scale.
SMALLEST = 1e-6
#: The bits of a braille character's dots, from the top row to the bottom one, left and right.
_BRAILLE = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))


@dataclass(frozen=True, kw_only=True)
class _Grid:
    """How many dots a character has."""

    across: int
    down: int
    character: Callable[[set[tuple[int, int]]], str]


def _braille(dots: set[tuple[int, int]]) -> str:
    return chr(0x2800 + sum(_BRAILLE[row][column] for column, row in dots)) if dots else " "


UNICODE = _Grid(across=2, down=4, character=_braille)
ASCII = _Grid(across=1, down=1, character=lambda dots: "*" if dots else " ")


def loss_plot(losses: Sequence[tuple[int, float]], *, width: int, in_unicode: bool) -> list[str]:
    """The lines of a plot of losses by step, at most ``width`` characters wide; none for a single loss."""
    finite = [(step, loss) for step, loss in losses if math.isfinite(loss)]
    if len(finite) < 2:
        return []
    grid = UNICODE if in_unicode else ASCII
    low, high = min(loss for _, loss in finite), max(loss for _, loss in finite)
    is_logarithmic = high > LOGARITHMIC_FROM * max(low, SMALLEST)
    margin = max(len(_number(low)), len(_number(high))) + 1
    columns = min(max(width, MIN_WIDTH), MAX_WIDTH) - margin
    dots = _dots(finite, columns * grid.across, HEIGHT * grid.down, math.log if is_logarithmic else float)
    rows = [
        "".join(grid.character(_in_cell(dots, column, row, grid)) for column in range(columns))
        for row in range(HEIGHT)
    ]
    labels = [_number(high), *[""] * (HEIGHT - 2), _number(low)]
    steps = f"step {finite[0][0]}"
    last = str(finite[-1][0]).rjust(columns - len(steps))
    title = "loss, logarithmic" if is_logarithmic else "loss"
    drawn = [f"{label:>{margin - 1}} {row}".rstrip() for label, row in zip(labels, rows, strict=True)]
    return [title, *drawn, f"{'':{margin}}{steps}{last}"]


def _dots(
    losses: Sequence[tuple[int, float]], across: int, down: int, scale: Callable[[float], float]
) -> set[tuple[int, int]]:
    """The dots of a line through the losses, from the left and from the top."""
    heights = [scale(max(loss, SMALLEST)) for _, loss in losses]
    low, high = min(heights), max(heights)
    first, last = losses[0][0], losses[-1][0]
    points = [
        (_place(step, first, last, across), down - 1 - _place(height, low, high, down))
        for (step, _), height in zip(losses, heights, strict=True)
    ]
    return {points[0]}.union(*(_line(*pair) for pair in pairwise(points)))


def _place(value: float, low: float, high: float, count: int) -> int:
    return round((value - low) / (high - low) * (count - 1)) if high > low else 0


def _line(start: tuple[int, int], end: tuple[int, int]) -> set[tuple[int, int]]:
    length = max(abs(end[0] - start[0]), abs(end[1] - start[1]), 1)
    return {
        (
            round(start[0] + (end[0] - start[0]) * at / length),
            round(start[1] + (end[1] - start[1]) * at / length),
        )
        for at in range(length + 1)
    }


def _in_cell(dots: set[tuple[int, int]], column: int, row: int, grid: _Grid) -> set[tuple[int, int]]:
    """The dots of one character, by their place in it."""
    places = ((x, y) for x in range(grid.across) for y in range(grid.down))
    return {(x, y) for x, y in places if (column * grid.across + x, row * grid.down + y) in dots}


def _number(loss: float) -> str:
    return f"{loss:.3g}"
