"""Work in the background goes on after errors, and says that it had them."""

from __future__ import annotations

import asyncio
import logging

import pytest

from burnish.server.background import beside, repeat
from burnish.server.health import Health


class Steps:
    """Steps that fail as told, and that end the test when they are used up."""

    def __init__(self, health: Health, *failures: Exception | None) -> None:
        self.health = health
        self.failures = list(failures)
        self.seen: list[str] = []

    async def __call__(self) -> None:
        self.seen.append(self.health.status)
        if not self.failures:
            raise asyncio.CancelledError
        if failure := self.failures.pop(0):
            raise failure


def statuses(*failures: Exception | None) -> list[str]:
    health = Health()
    steps = Steps(health, *failures)
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(repeat(steps, part="supervisor", every=0.001, health=health))
    return steps.seen


def test_a_step_that_fails_is_tried_again_and_the_server_is_degraded_until_one_succeeds():
    assert statuses(None, OSError("full"), None) == ["ok", "ok", "degraded", "ok"]


def test_the_same_error_is_logged_once(caplog):
    with caplog.at_level(logging.WARNING):
        statuses(OSError("full"), OSError("full"), OSError("full"), None)
    assert [record.getMessage() for record in caplog.records] == [
        "Part 'supervisor' failed and is tried again",
        "Part 'supervisor' works again",
    ]


def test_the_problem_is_told_by_part():
    health = Health()
    health.report("objects", "it does not answer")
    health.report("jobs", "the disk is full")
    health.report("jobs", None)
    assert dict(health.problems) == {"objects": "it does not answer"}


class Ended(Exception):
    """Work that ends by itself."""


@pytest.mark.parametrize("way", ["error", "return", "cancelled"])
def test_work_that_ends_by_itself_ends_the_server_and_is_shown(way, caplog):
    health, ends = Health(), []

    async def work() -> None:
        if way == "error":
            raise Ended("by mistake")
        if way == "cancelled":
            raise asyncio.CancelledError

    async def serve() -> None:
        async with beside(work(), part="supervisor", health=health, on_end=lambda: ends.append("SIGTERM")):
            await asyncio.sleep(0.05)

    asyncio.run(serve())
    assert ends == ["SIGTERM"]
    assert health.problems["supervisor"].startswith("it has ended")
    assert "The supervisor has ended, and with it the server" in caplog.text


def test_work_is_cancelled_at_the_end_of_the_block_and_puts_its_things_in_order():
    health, seen, ends = Health(), [], []

    async def work() -> None:
        try:
            await asyncio.sleep(600)
        finally:
            await asyncio.sleep(0.01)
            seen.append("in order")

    async def serve() -> None:
        async with beside(work(), part="supervisor", health=health, on_end=lambda: ends.append("SIGTERM")):
            await asyncio.sleep(0.01)

    asyncio.run(serve())
    assert (seen, ends, health.status) == (["in order"], [], "ok")
