"""Waiting: it looks, it sleeps, and running out of time never looks like success."""

from __future__ import annotations

import pytest

from burnish.errors import AccessDenied, CannotConnect, ServiceUnavailable, WaitTimeout
from burnish.waiting import PATIENCE_SECONDS, Clock, wait_until


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


def test_the_first_state_that_is_done_comes_back_and_each_look_is_told():
    hours, states, seen = Hours(), iter(["new", "busy", "done", "never looked at"]), []
    state = wait_until(
        lambda: next(states),
        lambda state: state == "done",
        every=60,
        timeout=3600,
        on_look=seen.append,
        clock=hours.clock,
    )
    assert state == "done"
    assert seen == ["new", "busy", "done"]
    assert hours.slept == [60, 60]


def test_what_is_done_already_is_not_waited_for():
    hours = Hours()
    assert wait_until(lambda: 7, bool, every=60, timeout=0, clock=hours.clock) == 7
    assert hours.slept == []


def test_running_out_of_time_raises_with_the_last_state():
    hours = Hours()
    with pytest.raises(WaitTimeout, match="after 150 seconds; last seen: busy") as timeout:
        wait_until(lambda: "busy", lambda state: False, every=60, timeout=150, clock=hours.clock)
    assert timeout.value.last == "busy"
    assert isinstance(timeout.value, TimeoutError)


def test_it_looks_once_more_when_the_time_is_over_and_not_later():
    hours, looks = Hours(), []
    with pytest.raises(WaitTimeout):
        wait_until(
            lambda: looks.append(hours.time), lambda state: False, every=60, timeout=150, clock=hours.clock
        )
    assert looks == [0, 60, 120, 150]


def test_an_error_while_looking_is_the_callers():
    def look() -> str:
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError, match="gone"):
        wait_until(look, bool, every=1, timeout=10, clock=Hours().clock)


def looks(*events):
    """Looks that give one event after another, and raise those that are errors."""
    coming = iter(events)

    def look():
        event = next(coming)
        if isinstance(event, Exception):
            raise event
        return event

    return look


def test_a_network_that_is_gone_for_a_while_ends_no_wait():
    away = [CannotConnect("nobody there"), ServiceUnavailable("ill"), CannotConnect("nobody there")]
    look = looks("busy", *away, "busy", *away, "done")
    assert wait_until(look, "done".__eq__, every=60, timeout=3600, clock=Hours().clock) == "done"


def test_who_has_never_been_heard_is_not_waited_for():
    with pytest.raises(CannotConnect):
        wait_until(looks(CannotConnect("nobody")), bool, every=60, timeout=3600, clock=Hours().clock)


def test_patience_with_silence_has_an_end():
    hours, first = Hours(), iter(["busy"])

    def look():
        for state in first:
            return state
        raise CannotConnect("nobody there")

    with pytest.raises(CannotConnect):
        wait_until(look, "done".__eq__, every=60, timeout=86_400, clock=hours.clock)
    assert hours.time == PATIENCE_SECONDS


def test_a_refusal_is_not_taken_for_silence():
    with pytest.raises(AccessDenied):
        wait_until(
            looks("busy", AccessDenied("no")), "done".__eq__, every=60, timeout=3600, clock=Hours().clock
        )
