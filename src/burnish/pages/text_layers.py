"""The text that a PDF says its page has, and whether that is what stands on it.

It costs next to nothing, and is exact where a program wrote it. A scanner's own may be poor, or be that of a
stamp on a picture: so it is compared with the lines that are found on the page, and with some that are
recognized.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from typing import TYPE_CHECKING

from burnish.pages.reading import Extent, Line
from burnish.pages.reading_order import Box, reading_order

if TYPE_CHECKING:
    from pypdfium2 import PdfPage

#: How much of a page is recognized to compare it with its text layer.
SAMPLE = Extent(text_width=60)
#: Of the fragments that are recognized, how many a good layer has at least: recognition errs as well.
_MIN_AGREEMENT = 0.75
#: Of the lines that are found, the share that a good layer has text for at least.
_MIN_COVERAGE = 0.85
#: Pieces of a line are no further apart than so many of its heights.
_NEAR = 1.0
#: Letters in a row that count as one fragment: spaces are what recognition gets wrong most often.
_FRAGMENT = 4


def text_layer(page: PdfPage) -> tuple[Line, ...]:
    """The lines of a page's text layer in reading order; none where it has none, or the page is turned."""
    left, bottom, right, top = page.get_cropbox()
    width, height = right - left, top - bottom
    if page.get_rotation() or width <= 0 or height <= 0:
        return ()
    pieces: list[tuple[Box, str]] = []
    with closing(page.get_textpage()) as text:
        for number in range(text.count_rects()):
            edges = text.get_rect(number)
            # PDF counts from the foot of the page.
            low, high = top - edges[1], top - edges[3]
            box = Box(left=edges[0] - left, top=high, right=edges[2] - left, bottom=low)
            said = " ".join(text.get_text_bounded(*edges).split())
            if said:
                pieces.append((box, said))
    return tuple(
        Line(said, box.left / width, box.top / height, box.right / width, box.bottom / height)
        for box, said in _joined(pieces)
    )


def is_good(layer: Sequence[Line], found: Sequence[Line]) -> bool:
    """Whether a layer says what stands on the page, by the lines ``found``, of which some have a text."""
    said = _fragments(layer)
    read = _fragments(found)
    if not read.total() or (said & read).total() < _MIN_AGREEMENT * read.total():
        return False
    return sum(_is_covered(line, layer) for line in found) >= _MIN_COVERAGE * len(found)


def _joined(pieces: Sequence[tuple[Box, str]]) -> list[tuple[Box, str]]:
    """Pieces in reading order, those of one line together: a piece ends where the font changes."""
    joined: list[tuple[Box, str]] = []
    for place in reading_order([box for box, _ in pieces]):
        box, said = pieces[place]
        if joined and _goes_on(joined[-1][0], box):
            before, earlier = joined[-1]
            joined[-1] = (_around(before, box), f"{earlier} {said}")
        else:
            joined.append((box, said))
    return joined


def _goes_on(before: Box, box: Box) -> bool:
    is_beside = abs(before.middle - box.middle) < max(before.height, box.height) / 2
    return is_beside and box.left - before.left >= 0 and box.left - before.right < _NEAR * before.height


def _around(one: Box, other: Box) -> Box:
    return Box(
        left=min(one.left, other.left),
        top=min(one.top, other.top),
        right=max(one.right, other.right),
        bottom=max(one.bottom, other.bottom),
    )


def _fragments(lines: Iterable[Line]) -> Counter[str]:
    texts = (re.sub(r"\W", "", line.text.lower()) for line in lines)
    return Counter(
        text[place : place + _FRAGMENT] for text in texts for place in range(len(text) - _FRAGMENT + 1)
    )


def _is_covered(line: Line, layer: Sequence[Line]) -> bool:
    across, down = (line.left + line.right) / 2, (line.top + line.bottom) / 2
    slack = line.bottom - line.top
    return any(
        one.left - slack <= across <= one.right + slack
        and one.top - slack / 2 <= down <= one.bottom + slack / 2
        for one in layer
    )
