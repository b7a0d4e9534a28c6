"""Measures of a page are finite numbers, and tell pages that are laid out or worded alike from others."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from burnish.page_features.line_measures import LINE_MEASURES, line_measures_of
from burnish.page_features.page_measures import (
    LAYOUT_SIZE,
    head,
    layout_of,
    word_shapes,
)
from burnish.pages.reading import Line, text_of


@dataclass
class Page:
    lines: list[Line] = field(default_factory=list)
    appearance: bytes = b""

    @property
    def text(self) -> str:
        return text_of(self.lines)


def page_of(text: str) -> Page:
    return Page([Line(line, 0.1, 0.1, 0.9, 0.2) for line in text.split("\n")])


LETTER = [Line("Dear Sir, thank you", 0.1, 0.1 + n / 20, 0.9, 0.13 + n / 20) for n in range(10)]
TABLE = [Line("12", 0.1 + (n % 4) / 5, 0.1 + n / 50, 0.15 + (n % 4) / 5, 0.11 + n / 50) for n in range(20)]


def test_pages_laid_out_alike_are_nearer_than_others():
    shifted = [Line(one.text, one.left + 0.01, one.top + 0.01, one.right, one.bottom) for one in LETTER]
    first, second, other = (np.array(layout_of(Page(lines))) for lines in (LETTER, shifted, TABLE))
    assert np.linalg.norm(first - second) < np.linalg.norm(first - other)


@pytest.mark.parametrize("lines", [[], LETTER[:1], TABLE])
def test_pages_with_no_line_or_one_have_finite_measures_too(lines):
    assert len(layout_of(Page(lines))) == LAYOUT_SIZE
    assert np.isfinite(layout_of(Page(lines))).all()
    measured = line_measures_of(Page(lines))
    assert len(measured) == LINE_MEASURES
    assert np.isfinite(measured).all()


def test_word_shapes_do_not_tell_two_dates_apart_but_a_date_from_a_name():
    first, second, name = (word_shapes(page_of(text)) for text in ("12/31/99", "01/02/63", "J. Smith"))
    assert first == second == "99/99/99"
    assert name == "A. Aaaaa"


def test_a_head_is_the_first_lines():
    assert head(page_of("\n".join("abcdefghij"))) == "a\nb\nc\nd\ne\nf"
