"""The chunks of a page: from its start to its end, and not too many."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.engine.sentence_encoder.chunks import MAX_CHUNKS, chunks_of, page_vector


@given(length=st.integers(0, 400), size=st.integers(1, 40))
def test_chunks_begin_with_the_start_and_end_with_the_end(length, size):
    tokens = list(range(length))
    chunks = chunks_of(tokens, size)
    assert 1 <= len(chunks) <= MAX_CHUNKS
    assert list(chunks[0]) == tokens[:size]
    assert list(chunks[-1]) == tokens[-size:]


@given(length=st.integers(1, MAX_CHUNKS * 10), size=st.just(10))
def test_a_page_that_is_not_too_long_is_read_whole(length, size):
    read = {token for chunk in chunks_of(range(length), size) for token in chunk}
    assert read == set(range(length))


def test_a_page_that_is_too_long_is_read_at_even_distances():
    starts = [chunk[0] for chunk in chunks_of(range(7010), 10)]
    assert starts == [0, 1000, 2000, 3000, 4000, 5000, 6000, 7000]


def test_the_vector_of_a_page_has_its_start_its_end_its_mean_and_its_peak():
    means, peaks = np.array([[1.0], [2.0], [6.0]]), np.array([[4.0], [9.0], [5.0]])
    assert page_vector(means, peaks) == pytest.approx([1, 6, 3, 9])
