"""Packing: sequences become one row in which what they share stands once."""

from __future__ import annotations

import random

import pytest

from burnish.engine.language_model.packing import MIN_SHARED, PackedRow, packed


def drawn(count: int, seed: int) -> tuple[int, ...]:
    rng = random.Random(seed)
    return tuple(rng.randrange(2, 340) for _ in range(count))


PREFIX, PAGE, OTHER_PAGE = drawn(20, 1), drawn(30, 2), drawn(30, 3)
BATCHES = {
    "one sequence": [(*PREFIX, 5, 6)],
    "of ragged lengths": [(*PREFIX, *drawn(count, count)) for count in (1, 17, 4)],
    "two pages, each asked about twice": [
        (*PREFIX, *page, *drawn(5, seed)) for seed, page in enumerate((PAGE, OTHER_PAGE, PAGE, OTHER_PAGE))
    ],
    "one that begins as another is": [(*PREFIX, *PAGE), (*PREFIX, *PAGE, 7, 8)],
    "twice the same": [(*PREFIX, *PAGE)] * 2,
    "nothing shared": [drawn(9, 4), drawn(12, 5)],
}


def tokens_of(row: PackedRow, sequence: int) -> list[int]:
    return [row.tokens[column] for column in row.columns(sequence)]


@pytest.mark.parametrize("depth", [0, 3])
@pytest.mark.parametrize("sequences", BATCHES.values(), ids=BATCHES)
def test_each_sequence_is_found_in_the_row_at_its_own_positions(sequences, depth):
    row = packed(sequences, prefix_length=depth)
    for number, sequence in enumerate(sequences):
        assert tokens_of(row, number) == list(sequence[depth:])
        assert [row.positions[column] for column in row.columns(number)] == [*range(depth, len(sequence))]


@pytest.mark.parametrize("sequences", BATCHES.values(), ids=BATCHES)
def test_a_segment_goes_on_from_the_segments_before_it_in_its_sequence(sequences):
    row = packed(sequences)
    for path in row.paths:
        for place, number in enumerate(path):
            assert row.segments[number].ancestors == path[:place]


def test_what_sequences_share_stands_in_the_row_once():
    row = packed(BATCHES["two pages, each asked about twice"])
    assert len(row) == 20 + 2 * 30 + 4 * 5
    assert len(packed(BATCHES["twice the same"])) == 50


def test_a_few_shared_tokens_are_not_worth_a_segment():
    few, enough = drawn(MIN_SHARED - 1, 6), drawn(MIN_SHARED, 6)
    assert len(packed([(*few, 400), (*few, 401)]).segments) == 2
    assert len(packed([(*enough, 400), (*enough, 401)]).segments) == 3
