"""What features are taken from: a page's text, its head, the shapes of its words, where its lines stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from burnish.pages.reading import Line

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: The lines of a page's head: its sender, its addressee, its title.
HEAD_LINES = 6
#: How many numbers `layout_of` gives.
LAYOUT_SIZE = 26


class ReadPage(Protocol):
    """A page as features see it."""

    @property
    def lines(self) -> Sequence[Line]:
        """Its lines from the top."""

    @property
    def text(self) -> str:
        """What the lines say, one below the other."""

    @property
    def appearance(self) -> bytes:
        """`burnish.page_features.appearance`; empty where only the text is known."""


def whole_text(page: ReadPage) -> str:
    """The text of a page."""
    return page.text


def head(page: ReadPage) -> str:
    """The first lines of a page."""
    return "\n".join(page.text.splitlines()[:HEAD_LINES])


def word_shapes(page: ReadPage) -> str:
    """The text with ``a`` for every lower-case letter, ``A`` for every capital and ``9`` for every digit.

    A date has the shape ``99/99/99``, an amount ``$9,999.99``, a name ``Aa A. Aa`` (Collins 2002).
    """
    return page.text.translate(_SHAPES)


class _Shapes(dict[int, str]):
    """The shape of each character, by its number: found where it first occurs."""

    def __missing__(self, number: int) -> str:
        character = chr(number)
        if character.isdigit():
            shape = "9"
        elif character.isalpha():
            shape = "A" if character.isupper() else "a"
        else:
            shape = "A" if character.isupper() else character
        self[number] = shape
        return shape


_SHAPES = _Shapes()


def layout_of(page: ReadPage) -> NDArray[np.float64]:
    """The number, size and position of lines; signs of headings, columns, tables and gaps: (LAYOUT_SIZE,)."""
    import numpy as np

    lines = page.lines
    if not lines:
        return np.zeros(LAYOUT_SIZE)
    left, top, right, bottom = np.array([(one.left, one.top, one.right, one.bottom) for one in lines]).T
    height, width, middle = bottom - top, right - left, (top + bottom) / 2
    spread = np.quantile((height, width, left, right, top), (0.1, 0.5, 0.9), axis=1).T
    usual_height = max(float(np.median(height)), 1e-3)
    return np.array(
        [
            np.log1p(len(lines)),
            *spread.ravel(),
            height.max() / usual_height,
            height.std() / usual_height,
            (height * width).sum(),
            (width > 0.5).mean(),
            (width < 0.1).mean(),
            left.std(),
            right.std(),
            (left > 0.45).mean(),
            np.histogram(left, 20, (0, 1))[0].max() / len(lines),
            max(np.diff(np.sort(middle)), default=1.0),
        ]
    )
