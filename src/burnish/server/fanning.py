"""Doing one thing to many items at once in a worker, which can be stopped between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

THREADS = 2


def in_threads(
    work: Callable[[Item], Result], items: Iterable[Item], *, on_done: Callable[[], None] = lambda: None
) -> list[Result]:
    """The result for each item, in order. The first error, also one of ``on_done``, ends everything."""
    results = []
    with ThreadPoolExecutor(THREADS) as pool:
        try:
            for result in pool.map(work, items):
                results.append(result)
                on_done()
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    return results
