"""Waiting polls, sleeps, and never reports a timeout as success."""

from __future__ import annotations

import pytest

from burnish.errors import AccessDenied, CannotConnect, ServiceUnavailable, WaitTimeout
from burnish.waiting import MAX_OUTAGE_SECONDS, Clock, wait_until


class Hours:
    """A clock that passes as fast as it is slept through."""

    def __init__(self) -> None:
        self.time = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += seconds

    @property
    def clock(self) -> Clock:
        return Clock(now=lambda: self.time, sleep=self.sleep)


def test_the_first_final_state_is_returned_and_each_poll_is_reported():
    hours, states, seen = Hours(), iter(["new", "busy", "done", "never polled"]), []
    state = wait_until(
        lambda: next(states),
        lambda state: state == "done",
        interval=60,
        timeout=3600,
        on_poll=seen.append,
        clock=hours.clock,
    )
    assert state == "done"
    assert seen == ["new", "busy", "done"]
    assert hours.slept == [60, 60]


def test_a_state_that_is_final_already_needs_no_sleep():
    hours = Hours()
    assert wait_until(lambda: 7, bool, interval=60, timeout=0, clock=hours.clock) == 7
    assert hours.slept == []


def test_running_out_of_time_raises_with_the_last_state():
    hours = Hours()
    with pytest.raises(WaitTimeout, match="after 150 seconds; last seen: busy") as timeout:
        wait_until(lambda: "busy", lambda state: False, interval=60, timeout=150, clock=hours.clock)
    assert timeout.value.last == "busy"
    assert isinstance(timeout.value, TimeoutError)


def test_the_last_poll_is_at_the_deadline():
    hours, polls = Hours(), []
    with pytest.raises(WaitTimeout):
        wait_until(
            lambda: polls.append(hours.time), lambda state: False, interval=60, timeout=150, clock=hours.clock
        )
    assert polls == [0, 60, 120, 150]


def test_an_error_of_the_poll_reaches_the_caller():
    def poll() -> str:
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError, match="gone"):
        wait_until(poll, bool, interval=1, timeout=10, clock=Hours().clock)


def polling(*events):
    """A poll that returns one event after another, and raises those that are errors."""
    coming = iter(events)

    def poll():
        event = next(coming)
        if isinstance(event, Exception):
            raise event
        return event

    return poll


def test_a_temporary_outage_does_not_end_the_wait():
    away = [CannotConnect("nobody there"), ServiceUnavailable("ill"), CannotConnect("nobody there")]
    poll = polling("busy", *away, "busy", *away, "done")
    assert wait_until(poll, "done".__eq__, interval=60, timeout=3600, clock=Hours().clock) == "done"


def test_an_endpoint_that_never_answered_fails_at_once():
    with pytest.raises(CannotConnect):
        wait_until(polling(CannotConnect("nobody")), bool, interval=60, timeout=3600, clock=Hours().clock)


def test_an_outage_may_not_last_for_ever():
    hours, first = Hours(), iter(["busy"])

    def poll():
        for state in first:
            return state
        raise CannotConnect("nobody there")

    with pytest.raises(CannotConnect):
        wait_until(poll, "done".__eq__, interval=60, timeout=86_400, clock=hours.clock)
    assert hours.time == MAX_OUTAGE_SECONDS


def test_a_refusal_is_not_taken_for_an_outage():
    with pytest.raises(AccessDenied):
        wait_until(
            polling("busy", AccessDenied("no")), "done".__eq__, interval=60, timeout=3600, clock=Hours().clock
        )
