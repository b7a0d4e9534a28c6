"""The blocks that pages are put together from: text, tables and what holds them together.

Sizes of text are multiples of the look's size; widths are points.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict, Unpack
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER, TA_JUSTIFY, TA_LEFT, TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import HRFlowable, Paragraph, Spacer, Table

from burnish.samples.fonts import Font

#: What reportlab can place on a page; it publishes no types.
Block = Any

ALIGNMENTS = {"left": TA_LEFT, "right": TA_RIGHT, "centre": TA_CENTER, "justified": TA_JUSTIFY}
#: Cells of unequal height stand at the top of their row.
TOP = ("VALIGN", (0, 0), (-1, -1), "TOP")
INK = "#111111"
PALE = "#e6e6e6"


@dataclass(frozen=True, kw_only=True)
class Look:
    """How one page looks. ``size`` is that of text in points, ``leading`` the height of a line for each."""

    font: Font
    size: float
    paper: tuple[float, float]
    margin: float
    leading: float
    accent: str

    @property
    def width(self) -> float:
        """The width between the margins."""
        return self.paper[0] - 2 * self.margin

    @property
    def height(self) -> float:
        """The height between the margins."""
        return self.paper[1] - 2 * self.margin


class TextStyle(TypedDict, total=False):
    """How a paragraph is set: what of `rich` its callers may choose."""

    size: float
    bold: bool
    italic: bool
    align: str
    color: str
    after: float


def text(look: Look, string: str, **style: Unpack[TextStyle]) -> Block:
    """A paragraph of plain text."""
    return rich(look, escape(string).replace("\n", "<br/>"), **style)


def lines(look: Look, strings: Iterable[str], **style: Unpack[TextStyle]) -> list[Block]:
    """Paragraphs that are set alike."""
    return [text(look, string, **style) for string in strings]


def title_of(
    look: Look, title: str | None, *, capitals: bool = False, **style: Unpack[TextStyle]
) -> list[Block]:
    """A page's title. None for a page that does without: its type has to be told from the rest of it."""
    return lines(look, [title.upper() if capitals else title] if title else [], **style)


def rich(
    look: Look,
    markup: str,
    *,
    size: float = 1.0,
    bold: bool = False,
    italic: bool = False,
    align: str = "left",
    color: str = INK,
    after: float = 0.35,
) -> Block:
    """A paragraph of reportlab's markup. ``after`` is the space below it as a multiple of its size."""
    points = look.size * size
    style = ParagraphStyle(
        "text",
        fontName=look.font.bold if bold else look.font.italic if italic else look.font.regular,
        fontSize=points,
        leading=points * look.leading,
        alignment=ALIGNMENTS[align],
        textColor=HexColor(color),
        spaceAfter=points * after,
    )
    return Paragraph(markup, style)


def labelled(look: Look, label: str, value: str, *, size: float = 1.0, after: float = 0.2) -> Block:
    """A line with a bold label before its value."""
    markup = f'<font name="{look.font.bold}">{escape(label)}</font> {escape(value)}'
    return rich(look, markup, size=size, after=after)


def heading(look: Look, string: str, *, size: float = 1.1, ruled: bool = False) -> list[Block]:
    """A heading in bold with some air above, ruled below if wanted."""
    line = [rule(look, weight=0.6)] if ruled else []
    return [gap(look, 0.4), text(look, string, size=size, bold=True, color=look.accent, after=0.25), *line]


def banner(look: Look, string: str, *, size: float = 1.6, align: str = "left") -> Block:
    """White text on a bar of the page's colour."""
    cell = text(look, string, size=size, bold=True, color="#ffffff", align=align, after=0)
    return Table([[cell]], colWidths=[look.width], style=[_filled(look.accent), *_padding(6)])


def gap(look: Look, lines: float = 1.0) -> Block:
    """Empty space."""
    return Spacer(1, lines * look.size * look.leading)


def rule(look: Look, *, weight: float = 1.0, dashed: bool = False) -> Block:
    """A line across."""
    color, dash, below = HexColor(look.accent), (3, 3) if dashed else None, look.size * 0.5
    return HRFlowable("100%", weight, color=color, dash=dash, spaceBefore=2, spaceAfter=below)


def side_by_side(
    look: Look,
    *cells: Sequence[Block],
    shares: Sequence[float] = (),
    width: float | None = None,
    gutter: float = 10,
) -> Block:
    """Cells in one row, equally wide unless ``shares`` says otherwise."""
    full = width or look.width
    widths = [full * share for share in shares or [1 / len(cells)] * len(cells)]
    between = ("RIGHTPADDING", (0, 0), (-2, -1), gutter)
    return Table([[list(cell) for cell in cells]], colWidths=widths, style=[TOP, *_padding(0), between])


def boxed(
    look: Look, blocks: Sequence[Block], *, width: float | None = None, fill: str | None = None
) -> Block:
    """Blocks in a frame."""
    style = [("BOX", (0, 0), (-1, -1), 0.8, HexColor(look.accent)), *_padding(7)]
    filling = [_filled(fill)] if fill else []
    return Table([[list(blocks)]], colWidths=[width or look.width], style=[*style, *filling])


TABLE_STYLES: dict[str, list[Any]] = {
    "grid": [("GRID", (0, 0), (-1, -1), 0.5, HexColor("#555555"))],
    "ruled": [
        ("LINEABOVE", (0, 0), (-1, 0), 1, HexColor(INK)),
        ("LINEBELOW", (0, 0), (-1, 0), 0.6, HexColor(INK)),
        ("LINEBELOW", (0, -1), (-1, -1), 1, HexColor(INK)),
    ],
    "striped": [
        ("ROWBACKGROUNDS", (0, 1), (-1, -1), [None, HexColor("#eeeeee")]),
        ("LINEBELOW", (0, 0), (-1, 0), 1.2, HexColor(INK)),
    ],
    "lines": [("LINEBELOW", (0, 0), (-1, -1), 0.4, HexColor("#888888"))],
    "shaded": [
        ("BACKGROUND", (0, 0), (-1, 0), HexColor(PALE)),
        ("BOX", (0, 0), (-1, -1), 0.8, HexColor(INK)),
        ("LINEAFTER", (0, 0), (-2, -1), 0.4, HexColor(INK)),
    ],
    "plain": [],
}


def table(
    look: Look,
    rows: Sequence[Sequence[str]],
    shares: Sequence[float],
    *,
    style: str = "grid",
    numbers_from: int | None = None,
    bold_rows: Sequence[int] = (0,),
    width: float | None = None,
    size: float = 0.95,
) -> Block:
    """A table of text. Columns from ``numbers_from`` on are set flush right."""
    first = len(shares) if numbers_from is None else numbers_from
    aligned = ["left" if column < first else "right" for column in range(len(shares))]
    bold = {row % len(rows) for row in bold_rows}
    cells = [
        [
            text(look, cell, size=size, bold=index in bold, align=align, after=0)
            for cell, align in zip(row, aligned, strict=True)
        ]
        for index, row in enumerate(rows)
    ]
    widths = [(width or look.width) * share for share in shares]
    return Table(cells, colWidths=widths, hAlign="LEFT", style=[TOP, *_padding(3), *TABLE_STYLES[style]])


def pairs(look: Look, rows: Sequence[tuple[str, str]], *, share: float, style: str = "plain") -> Block:
    """A table of labels, which take that share of the width, and their values. It has no head."""
    return table(look, rows, (share, 1 - share), style=style, bold_rows=())


def bullets(look: Look, strings: Sequence[str], *, mark: str = "\u2022", width: float | None = None) -> Block:
    """A list with a mark before each item; ``mark`` "1" numbers them."""
    marks = [f"{index}." if mark == "1" else mark for index in range(1, len(strings) + 1)]
    full, indent = width or look.width, look.size * 1.9
    rows = [
        [text(look, sign, align="right", after=0), text(look, string, after=0)]
        for sign, string in zip(marks, strings, strict=True)
    ]
    style = [TOP, *_padding(1.5), ("LEFTPADDING", (1, 0), (1, -1), 6)]
    return Table(rows, colWidths=[indent, full - indent], hAlign="LEFT", style=style)


def _filled(color: str) -> tuple[Any, ...]:
    return ("BACKGROUND", (0, 0), (-1, -1), HexColor(color))


def _padding(points: float) -> list[tuple[Any, ...]]:
    return [(f"{edge}PADDING", (0, 0), (-1, -1), points) for edge in ("LEFT", "RIGHT", "TOP", "BOTTOM")]
