"""A page's perceptual hashes: 256 bits that stay nearly the same when it is scanned, scaled or saved again.

The signs of the 16 x 16 lowest frequencies of the page at 64 x 64 pixels, each against their median (the
"pHash" of Zauner, "Implementation and Benchmarking of Perceptual Image Hash Functions", 2010, four times as
wide). 64 bits confuse two forms of one template; 256 tell most of them apart. A page that is
skewed by a degree is found by the hashes of the page rotated by a degree either way.
"""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass
from functools import cache
from statistics import median
from typing import cast

from PIL import ImageFilter
from PIL.Image import Image, Resampling

#: The side of the square of frequencies, and of the picture they are taken from.
FREQUENCIES = 16
SIDE = 64
BITS = FREQUENCIES**2

#: The largest distance between copies. On scanned business pages, copies that were re-encoded, scaled and
#: rotated differ in up to 24 of 256 bits, most other documents of one template in 40 and more. Forms that
#: differ in a few values are as near as copies.
NEAR = 31
TURNS = (-1.0, 1.0)

#: A page on which no spot is darker than another by more than this (of 255) is blank.
MIN_CONTRAST = 10


@dataclass(frozen=True)
class PageHash:
    """A page's hash, and those of the page turned a little."""

    upright: int
    turned: tuple[int, ...]

    def distance(self, other: PageHash) -> int:
        """The Hamming distance of two pages at their best relative rotation."""
        # Not turned against turned: that is another pair of uprights, or two degrees apart.
        pairs = ((self.upright, other.upright), *((one, other.upright) for one in self.turned))
        pairs += tuple((self.upright, one) for one in other.turned)
        return min((one ^ another).bit_count() for one, another in pairs)


def is_blank(page: Image) -> bool:
    """Whether a page is blank. Blank pages all look alike, and must not count as copies of one another."""
    darkest, brightest = cast("tuple[int, int]", _coarse(page).getextrema())
    return brightest - darkest < MIN_CONTRAST


def page_hash(page: Image) -> PageHash:
    """The hashes of a page."""
    # All hashes from one coarse page: rotating the full page would take most of the time.
    coarse = _coarse(page)
    turned = (coarse.rotate(turn, Resampling.BILINEAR, fillcolor=255) for turn in TURNS)
    return PageHash(upright=_bits(coarse), turned=tuple(map(_bits, turned)))


def _coarse(page: Image) -> Image:
    """The page at four times the size that is looked at, a little blurred: there fine print is noise."""
    gray = page if page.mode == "L" else page.convert("L")
    return gray.resize((SIDE * 4, SIDE * 4), Resampling.BOX, reducing_gap=2.0).filter(ImageFilter.BoxBlur(3))


def _bits(coarse: Image) -> int:
    small = [float(value) for value in coarse.resize((SIDE, SIDE), Resampling.BOX).tobytes()]
    rows = [small[start : start + SIDE] for start in range(0, SIDE * SIDE, SIDE)]
    # Frequencies along each row, and then along the columns of what that gives.
    across = [[_product(wave, row) for row in rows] for wave in _waves()]
    values = [_product(wave, column) for column in across for wave in _waves()]
    middle = median(values[1:])  # the first is the brightness of the page, which says nothing of its form
    return int("".join("1" if value > middle else "0" for value in values), 2)


@cache
def _waves() -> list[list[float]]:
    """The cosines of the lowest frequencies, (frequency, position)."""
    return [
        [math.cos(math.pi * frequency * (2 * position + 1) / (2 * SIDE)) for position in range(SIDE)]
        for frequency in range(FREQUENCIES)
    ]


def _product(wave: list[float], row: list[float]) -> float:
    return float(sum(map(operator.mul, wave, row)))
