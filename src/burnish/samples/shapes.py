"""Blocks that are drawn: entries by pen, boxes to tick, signatures, emblems, plots."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from reportlab.graphics.shapes import Circle, Drawing, Line, Path, PolyLine, Rect, String
from reportlab.lib.colors import HexColor
from reportlab.pdfbase.pdfmetrics import stringWidth

from burnish.samples.drawing import INK, Block, Look

#: Blue ink, so that what somebody entered differs from what was printed.
PEN = "#1d2f7a"


def handwritten(look: Look, string: str, rng: random.Random, *, width: float, size: float = 1.12) -> Block:
    """An entry as if by pen: slanted, blue, its letters not quite on the line."""
    face, points = look.font.italic, look.size * size
    points = min(points, points * width / (stringWidth(string, face, points) * 1.06 + 1))
    drawing, x = Drawing(width, points * 1.25), 1.0
    for letter in string:
        y = points * 0.28 + rng.uniform(-0.05, 0.05) * points
        height = points * rng.uniform(0.96, 1.04)
        drawing.add(String(x, y, letter, fontName=face, fontSize=height, fillColor=HexColor(PEN)))
        x += stringWidth(letter, face, points) * rng.uniform(1.0, 1.06)
    return drawing


def ticks(
    look: Look,
    options: Sequence[str],
    chosen: Sequence[str],
    *,
    width: float | None = None,
    round_box: bool = False,
) -> Block:
    """Options in a row, each behind a box; the chosen ones are crossed."""
    points, full, low = look.size, width or look.width, look.size * 0.5
    side, step = points * 0.85, full / len(options)
    drawing = Drawing(full, points * 1.7)
    for index, option in enumerate(options):
        x, middle = index * step + 1, (index * step + 1 + side / 2, low + side / 2)
        shape = Circle(*middle, side / 2) if round_box else Rect(x, low, side, side)
        shape.fillColor, shape.strokeColor, shape.strokeWidth = None, HexColor(INK), 0.8
        drawing.add(shape)
        if option in chosen:
            for start, end in ((low, low + side), (low + side, low)):
                drawing.add(Line(x, start, x + side, end, strokeColor=HexColor(PEN), strokeWidth=1.3))
        fitting = min(points, points * (step - side - 10) / stringWidth(option, look.font.regular, points))
        drawing.add(_string(look, x + side + 5, low + 1, option, points=fitting))
    return drawing


def signature(look: Look, rng: random.Random, *, width: float = 130) -> Block:
    """A scribble."""
    drawing = Drawing(width, look.size * 2.8)
    path = Path(strokeColor=HexColor(PEN), strokeWidth=rng.uniform(0.8, 1.6), fillColor=None)
    middle, reach, x = look.size * 1.2, look.size * rng.uniform(0.7, 1.5), 4.0
    width *= rng.uniform(0.6, 1.0)
    path.moveTo(x, middle)
    while x < width * 0.8:
        stride = rng.uniform(4, 22)
        first = (x + stride * 0.2, middle + rng.uniform(0, reach))
        # The second control point lies beyond the end: the stroke comes back in a loop.
        second = (x + stride * 1.1, middle + rng.uniform(-reach, reach))
        x += stride
        path.curveTo(*first, *second, x, middle + rng.uniform(-0.3, 0.4) * reach)
    drawing.add(path)
    return drawing


def logo(look: Look, rng: random.Random, *, side: float = 34) -> Block:
    """A small emblem of two shapes."""
    drawing, color = Drawing(side, side), HexColor(look.accent)
    outer = rng.choice((Circle(side / 2, side / 2, side / 2 - 1), Rect(1, 1, side - 2, side - 2)))
    outer.fillColor, outer.strokeColor = color, None
    inner = rng.choice((Circle(side / 2, side / 2, side / 4), Rect(side / 4, side / 4, side / 2, side / 4)))
    inner.fillColor, inner.strokeColor = HexColor("#ffffff"), None
    drawing.add(outer)
    drawing.add(inner)
    return drawing


def line_plot(look: Look, rng: random.Random, *, width: float, height: float) -> Block:
    """Axes with two curves that level off, as measurements do."""
    drawing = _axes(look, width, height)
    for dash in (None, (4, 2)):
        top, pace = rng.uniform(0.45, 0.95), rng.uniform(1.5, 5)
        points = []
        for step in range(25):
            value = top * (1 - math.exp(-pace * step / 24)) + rng.uniform(-0.02, 0.02)
            points += [24 + (width - 34) * step / 24, 18 + (height - 26) * max(0.0, value)]
        color = HexColor(look.accent)
        drawing.add(PolyLine(points, strokeColor=color, strokeWidth=1.3, strokeDashArray=dash))
    return drawing


def bar_plot(
    look: Look, values: Sequence[float], names: Sequence[str], *, width: float, height: float
) -> Block:
    """Bars with their names below."""
    drawing, step = _axes(look, width, height), (width - 34) / len(values)
    for index, (value, name) in enumerate(zip(values, names, strict=True)):
        x, points = 28 + index * step, look.size * 0.8
        tall = (height - 30) * value / max(values)
        drawing.add(Rect(x, 18, step * 0.65, tall, fillColor=HexColor(look.accent), strokeColor=None))
        drawing.add(_string(look, x + step * 0.32, 6, name, points=points, anchor="middle"))
    return drawing


def comb(look: Look, string: str, *, cells: int) -> Block:
    """One box per letter, as on forms that machines read."""
    side = min(look.size * 1.5, look.width / cells)
    drawing = Drawing(cells * side, side + 3)
    for index in range(cells):
        x, letter = index * side, string[index : index + 1].upper()
        drawing.add(Rect(x, 1, side, side, fillColor=None, strokeColor=HexColor(INK), strokeWidth=0.6))
        drawing.add(_string(look, x + side / 2, side * 0.3, letter, points=look.size, anchor="middle"))
    return drawing


def _axes(look: Look, width: float, height: float) -> Drawing:
    drawing = Drawing(width, height)
    for ends in ((24, 18, width - 6, 18), (24, 18, 24, height - 4)):
        drawing.add(Line(*ends, strokeColor=HexColor(INK), strokeWidth=0.8))
    for share in (0.25, 0.5, 0.75, 1.0):
        y = 18 + (height - 26) * share
        drawing.add(Line(21, y, 24, y, strokeColor=HexColor(INK), strokeWidth=0.8))
        drawing.add(_string(look, 19, y - 3, f"{share:g}", points=look.size * 0.62, anchor="end"))
    return drawing


def _string(look: Look, x: float, y: float, string: str, *, points: float, anchor: str = "start") -> String:
    return String(x, y, string, fontName=look.font.regular, fontSize=points, textAnchor=anchor)
