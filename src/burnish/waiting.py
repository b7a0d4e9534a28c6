"""Polling something that changes state on its own: jobs, throughput, deployments."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, NotRequired, TypedDict, TypeVar

from burnish.errors import CannotConnect, ServiceUnavailable, Throttled, WaitTimeout

log = logging.getLogger(__name__)

State = TypeVar("State")

#: Errors that a long wait survives: the network or the service is down for a while.
TRANSIENT_ERRORS = (CannotConnect, ServiceUnavailable, Throttled)
#: How long an outage may last, counted from the last successful poll, before the wait gives up.
MAX_OUTAGE_SECONDS = 900.0


@dataclass(frozen=True, kw_only=True)
class Clock:
    """Where the time comes from, so that a test can wait an hour at once."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Polling(TypedDict, Generic[State]):
    """How `wait_until` polls, as the functions take it that wait for one kind of thing."""

    interval: float
    timeout: float
    on_poll: NotRequired[Callable[[State], None] | None]
    clock: NotRequired[Clock | None]


def wait_until(
    poll: Callable[[], State],
    done: Callable[[State], bool],
    *,
    interval: float,
    timeout: float,
    on_poll: Callable[[State], None] | None = None,
    clock: Clock | None = None,
) -> State:
    """The first state for which ``done`` holds, polled every ``interval`` seconds for ``timeout`` seconds.

    Raises `WaitTimeout` with the last state seen when the time is over: a timeout never looks like success.
    After the first successful poll, transient errors are retried for a quarter of an hour at most.
    """
    clock = clock or Clock()
    deadline = clock.now() + timeout
    last_answer: float | None = None
    is_down = False
    while True:
        try:
            state = poll()
        except TRANSIENT_ERRORS as error:
            # A first poll that fails is rather a wrong endpoint than an outage: the caller learns it at once.
            if last_answer is None or min(last_answer + MAX_OUTAGE_SECONDS, deadline) <= clock.now():
                raise
            if not is_down:
                log.warning("%s Polling again for up to %g minutes.", error.message, MAX_OUTAGE_SECONDS / 60)
            is_down = True
        else:
            last_answer, is_down = clock.now(), False
            if on_poll:
                on_poll(state)
            if done(state):
                return state
            # Only after a poll: a wait whose time ends during a sleep polls once more before it gives up.
            if deadline <= last_answer:
                raise WaitTimeout(
                    f"Still not finished after {timeout:g} seconds; last seen: {state}", last=state
                )
        clock.sleep(max(min(interval, deadline - clock.now()), 0))
