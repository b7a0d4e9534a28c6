"""Lines are read row by row, and columns of prose one by one."""

from __future__ import annotations

import random
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.pages.reading_order import Box, reading_order

HEIGHT, SPACING = 20, 30


def line(left: float, top: float, width: float) -> Box:
    return Box(left=left, top=top, right=left + width, bottom=top + HEIGHT)


def column(left: float, width: float, *, top: float = 0, lines: int = 8) -> list[Box]:
    return [line(left, top + SPACING * number, width) for number in range(lines)]


def is_read_in_order(boxes: list[Box], *, seed: int = 0) -> bool:
    """Whether boxes are read in the order in which they are given, however they were found."""
    shuffled = random.Random(seed).sample(boxes, len(boxes))
    return [shuffled[place] for place in reading_order(shuffled)] == boxes


@pytest.mark.parametrize("seed", range(3))
def test_lines_are_read_from_the_top(seed):
    assert is_read_in_order(column(0, 500), seed=seed)


def test_nothing_is_read_in_no_order():
    assert reading_order([]) == []


def test_the_cells_of_a_row_are_read_together():
    cells = [[line(left, top, 90) for left in (0, 200, 400)] for top in range(0, 300, SPACING)]
    assert is_read_in_order(list(chain(*cells)))


def test_cells_of_a_row_that_stand_a_little_higher_or_lower_are_read_together():
    row = [line(0, 6, 90), line(200, 0, 90), line(400, 4, 90)]
    assert is_read_in_order(row)


def test_the_label_of_a_field_is_read_with_its_value():
    fields = [[line(0, top, 80), line(150, top, 300)] for top in range(0, 300, SPACING)]
    assert is_read_in_order(list(chain(*fields)))


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("shift", [0, 11])
def test_columns_of_prose_are_read_one_by_one(count, shift):
    columns = [column(260 * number, 240, top=shift * number) for number in range(count)]
    assert is_read_in_order(list(chain(*columns)))


def test_columns_that_touch_are_columns():
    assert is_read_in_order([*column(0, 240), *column(235, 240)])


def test_what_runs_across_columns_is_read_between_them():
    title, middle = line(0, 0, 500), line(0, 300, 480)
    above = [*column(0, 240, top=40), *column(260, 240, top=40)]
    below = [*column(0, 240, top=340), *column(260, 240, top=340)]
    assert is_read_in_order([title, *above, middle, *below])


def test_a_sender_beside_an_address_is_no_column():
    rows = [[line(0, top, 200), line(300, top, 200)] for top in (0, 30, 60)]
    letter = [line(0, 120 + SPACING * number, 500) for number in range(10)]
    assert is_read_in_order([*chain(*rows), *letter])


BOXES = st.builds(line, st.integers(0, 600), st.integers(0, 900), st.integers(5, 600))


@given(st.lists(BOXES, max_size=40))
def test_every_line_is_read_once(boxes):
    assert sorted(reading_order(boxes)) == list(range(len(boxes)))
