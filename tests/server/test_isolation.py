"""Many items in one loop: the trouble of one is told once, tried again later, and is none of the others."""

from __future__ import annotations

import asyncio
import logging
from itertools import pairwise

from burnish.server.health import Health
from burnish.server.isolation import Delayed, Isolation


class Step:
    """The step of an item, which does as told each time it is run."""

    def __init__(self, *outcomes: Exception | None) -> None:
        self.outcomes = list(outcomes)
        self.runs = 0

    async def __call__(self) -> None:
        self.runs += 1
        if outcome := self.outcomes.pop(0) if self.outcomes else None:
            raise outcome


class Loop:
    """An isolation on a clock of the test's own."""

    def __init__(self) -> None:
        self.time = 0.0
        self.health = Health()
        self.isolation = Isolation(self.health, now=lambda: self.time)

    def handle(self, key: str, step: Step, *, after: float = 0) -> None:
        self.time += after
        asyncio.run(self.isolation.handle(key, f"job {key}", step))

    @property
    def problems(self) -> dict[str, str]:
        return dict(self.health.problems)


def test_an_item_that_fails_is_shown_until_it_succeeds_and_others_go_on():
    loop, bad, good = Loop(), Step(OSError("full")), Step()
    for _ in range(2):
        loop.handle("bad", bad)
        loop.handle("good", good)
    assert (bad.runs, good.runs) == (1, 2)
    assert loop.problems == {"job bad": "OSError: full"}
    loop.handle("bad", bad, after=1)
    assert loop.problems == {}


def test_pauses_between_failures_double_up_to_ten_seconds():
    loop, step = Loop(), Step(*[OSError("full")] * 20)
    runs = []
    for _ in range(600):
        before = step.runs
        loop.handle("bad", step, after=0.125)
        if step.runs > before:
            runs.append(loop.time)
    pauses = [later - earlier for earlier, later in pairwise(runs)]
    assert pauses[:5] == [0.5, 1.0, 2.0, 4.0, 8.0]
    assert set(pauses[5:]) == {10.0}


def test_an_item_that_is_delayed_is_looked_after_at_the_next_call():
    loop, step = Loop(), Step(Delayed("it waits"), Delayed("it waits"))
    for problems in ({"job a": "it waits"}, {"job a": "it waits"}, {}):
        loop.handle("a", step)
        assert loop.problems == problems


def test_the_same_trouble_is_logged_once_and_its_end_too(caplog):
    loop, step = Loop(), Step(*[OSError("full")] * 3, OSError("empty"))
    with caplog.at_level(logging.WARNING):
        for _ in range(6):
            loop.handle("a", step, after=20)
    assert [record.getMessage() for record in caplog.records] == [
        "The job a failed and is tried again; others go on",
        "The job a failed and is tried again; others go on",
        "The job a works again",
    ]
