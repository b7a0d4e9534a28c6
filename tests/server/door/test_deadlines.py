"""Clients have a time for heads, and a rate for bodies: a slow link that moves is never cut off."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.server.door.deadlines import Deadlines, Observation, Phase, Watch

DEADLINES = Deadlines(head=10, keep_alive=15, rest=30, closing=10, window=30, bytes_a_second=1024)


def first_overdue(readings):
    """The time of the first reading that is overdue; ``readings`` are pairs of a time and a reading."""
    watch = Watch(DEADLINES)
    return next((now for now, reading in readings if watch.is_overdue(reading, now)), None)


@pytest.mark.parametrize(
    ("phase", "seconds"),
    [(Phase.FIRST_HEAD, 10), (Phase.NEXT_HEAD, 25), (Phase.REST, 30), (Phase.CLOSING, 10)],
)
def test_what_should_not_take_long_has_a_time(phase, seconds):
    assert first_overdue((now, Observation(phase, 0, moved=now * 5000)) for now in range(1000)) == seconds


def test_an_answer_may_take_as_long_as_it_takes():
    assert first_overdue((now, Observation(Phase.ANSWER, 0, 0)) for now in range(0, 100_000, 60)) is None


@pytest.mark.parametrize("phase", [Phase.BODY, Phase.READER])
def test_a_body_that_stands_still_is_overdue_after_one_window(phase):
    assert first_overdue((now, Observation(phase, 0, moved=0)) for now in range(1000)) == 30


@given(st.integers(1024, 10**9), st.integers(100, 100_000))
def test_a_body_that_moves_is_never_overdue(rate, seconds):
    readings = ((now, Observation(Phase.BODY, 0, moved=now * rate)) for now in range(0, seconds, 7))
    assert first_overdue(readings) is None


@given(st.integers(0, 1023))
def test_a_body_below_the_rate_is_overdue(rate):
    assert first_overdue((now, Observation(Phase.BODY, 0, moved=now * rate)) for now in range(100)) == 30


def test_a_new_request_has_a_new_time():
    assert first_overdue((now, Observation(Phase.NEXT_HEAD, now // 20, 0)) for now in range(1000)) is None


def test_what_is_thrown_away_is_bounded():
    most = DEADLINES.most_discarded
    assert first_overdue([(0, Observation(Phase.REST, 0, 0)), (1, Observation(Phase.REST, 0, most + 1))]) == 1
