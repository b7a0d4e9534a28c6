"""Waiting for something that changes state on its own: jobs, throughput, deployments."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from burnish.errors import CannotConnect, ServiceUnavailable, Throttled, WaitTimeout

log = logging.getLogger(__name__)

State = TypeVar("State")

#: What a long wait outlives: the network is gone for a while, or the service is.
PASSING = (CannotConnect, ServiceUnavailable, Throttled)
#: For how long nothing may be heard.
PATIENCE_SECONDS = 900.0


@dataclass(frozen=True, kw_only=True)
class Clock:
    """Where the time comes from, so that a test can wait an hour at once."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def wait_until(
    look: Callable[[], State],
    done: Callable[[State], bool],
    *,
    every: float,
    timeout: float,
    on_look: Callable[[State], None] | None = None,
    clock: Clock | None = None,
) -> State:
    """The first state for which ``done`` holds, looking every ``every`` seconds for ``timeout`` seconds.

    Raises `WaitTimeout` with the last state seen when the time is over: running out of time never
    looks like success. Once something has been seen, looks that fail because the network or the service is
    away are made again, for a quarter of an hour at most.
    """
    clock = clock or Clock()
    deadline = clock.now() + timeout
    heard: float | None = None
    is_away = False
    while True:
        try:
            state = look()
        except PASSING as error:
            if heard is None or min(heard + PATIENCE_SECONDS, deadline) <= clock.now():
                raise
            if not is_away:
                log.warning("%s Looking again for up to %g minutes.", error, PATIENCE_SECONDS / 60)
            is_away = True
        else:
            heard, is_away = clock.now(), False
            if on_look:
                on_look(state)
            if done(state):
                return state
            if deadline <= heard:
                raise WaitTimeout(
                    f"Still not finished after {timeout:g} seconds; last seen: {state}", last=state
                )
        clock.sleep(max(min(every, deadline - clock.now()), 0))
