"""A sheet of paper with blocks on it, and its PDF."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Frame

from burnish.samples.drawing import Block, Look


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column below the top of a sheet: its share of the width, and what stands in it."""

    share: float
    blocks: Sequence[Block] = ()


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One page: blocks over the full width and, below them, columns side by side.

    With ``flowing`` what does not fit in a column goes on in the next one, and what is left after the
    last is the next page's: such a sheet may be cut. Of any other nothing may be left over.
    """

    top: Sequence[Block]
    columns: tuple[Column, ...] = ()
    foot: str = ""
    flowing: bool = False


def sheet_of(*blocks: Block, foot: str = "") -> Sheet:
    """A sheet with blocks one below the other."""
    return Sheet(top=blocks, foot=foot)


def halves(left: Sequence[Block], right: Sequence[Block]) -> tuple[Column, Column]:
    """Two columns of the same width."""
    return Column(share=0.5, blocks=left), Column(share=0.5, blocks=right)


def pdf_of(sheet: Sheet, look: Look) -> tuple[bytes, bool]:
    """The page as PDF, and whether everything found its place."""
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=look.paper, invariant=1, pageCompression=1)
    left = _place(sheet, look, canvas)
    if sheet.foot:
        canvas.setFont(look.font.regular, look.size * 0.8)
        canvas.drawCentredString(look.paper[0] / 2, look.margin * 0.5, sheet.foot)
    canvas.showPage()
    canvas.save()
    return file.getvalue(), sheet.flowing or not left


def _place(sheet: Sheet, look: Look, canvas: Canvas) -> list[Block]:
    """What found no place on the canvas."""
    top = _frame(look.margin, look.margin, look.width, look.height)
    left = list(sheet.top)
    top.addFromList(left, canvas)
    x, height = look.margin, top._y - look.margin  # noqa: SLF001 (reportlab keeps the reached height there)
    for column in sheet.columns:
        width = look.width * column.share
        frame = _frame(x, look.margin, width, height, inner=15)
        blocks = [*left, *column.blocks] if sheet.flowing else list(column.blocks)
        frame.addFromList(blocks, canvas)
        left = blocks if sheet.flowing else [*left, *blocks]
        x += width
    return left


def _frame(x: float, y: float, width: float, height: float, inner: float = 0) -> Frame:
    return Frame(x, y, width, height, leftPadding=0, rightPadding=inner, topPadding=0, bottomPadding=0)
