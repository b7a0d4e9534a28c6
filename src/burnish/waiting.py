"""Waiting for something that changes state on its own: jobs, throughput, deployments."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from burnish.errors import WaitTimeout

State = TypeVar("State")


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
    looks like success.
    """
    clock = clock or Clock()
    deadline = clock.now() + timeout
    while True:
        state = look()
        if on_look:
            on_look(state)
        if done(state):
            return state
        left = deadline - clock.now()
        if left <= 0:
            raise WaitTimeout(f"Still not finished after {timeout:g} seconds; last seen: {state}", last=state)
        clock.sleep(min(every, left))
