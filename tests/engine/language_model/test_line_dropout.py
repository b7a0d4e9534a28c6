"""Line dropout: fewer lines, in their order, and never none."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.engine.language_model.line_dropout import without_some_lines
from burnish.engine.pages import page_of_text
from burnish.pages.reading import Line, text_of

PAGE = page_of_text("\n".join(f"line {number}" for number in range(40))).lines
LINES = st.lists(st.text(st.characters(exclude_characters="\n"), min_size=1), min_size=1, max_size=30)


def in_order_in(part: list[str], whole: list[str]) -> bool:
    rest = iter(whole)
    return all(line in rest for line in part)


@given(LINES, st.floats(0, 0.95), st.integers())
def test_what_is_left_is_lines_of_the_page_in_their_order(lines, share, seed):
    page = page_of_text("\n".join(lines)).lines
    left = without_some_lines(page, share, random.Random(seed))
    assert left
    assert in_order_in([line.text for line in left], lines)


def test_about_the_asked_share_goes_and_the_top_more_often_than_the_rest():
    left = [without_some_lines(PAGE, 0.25, random.Random(seed)) for seed in range(400)]
    kept = {line.text: sum(line in page for page in left) / len(left) for line in PAGE}
    assert kept["line 30"] == pytest.approx(0.75, abs=0.07)
    assert kept["line 0"] < 0.2


def test_the_same_chance_leaves_the_same_lines_and_another_one_others():
    one, same, other = (without_some_lines(PAGE, 0.25, random.Random(seed)) for seed in (1, 1, 2))
    assert one == same
    assert one != other


def test_lines_that_were_not_read_do_not_count():
    unread = tuple(Line("", 0.1, 0.5, 0.9, 0.6) for _ in range(40))
    assert text_of(without_some_lines((*PAGE[:3], *unread), 0.9, random.Random(0))) == text_of(PAGE[:3])


@pytest.mark.parametrize("text", ["", "one line", "one\ntwo\nthree"])
def test_a_page_of_few_lines_keeps_them(text):
    lines = page_of_text(text).lines
    assert without_some_lines(lines, 0.9, random.Random(0)) == lines


def test_without_dropout_a_page_stays_as_it_is():
    assert without_some_lines(PAGE, 0.0, random.Random(0)) == PAGE
