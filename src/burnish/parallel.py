"""Threads that apply one function to many items, with the results in the order of the items."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_ordered(work: Callable[[Item], Result], items: Iterable[Item], *, workers: int) -> Iterator[Result]:
    """The result for each item, in input order, computed by ``workers`` threads.

    Items are taken from their source only as results are consumed, so neither pile up in memory. The first
    error cancels what has not started and is raised.
    """
    pending: deque[Future[Result]] = deque()
    with interruptible_pool(workers) as pool:
        for item in items:
            # Twice as many as there are threads: none of them idles while the caller handles a result, and
            # `Executor.map`, which would take all items at once, would hold every page image in memory.
            pending.append(pool.submit(work, item))
            if len(pending) > 2 * workers:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


@contextmanager
def interruptible_pool(workers: int, *, name: str = "") -> Iterator[ThreadPoolExecutor]:
    """A thread pool that is drained at the end of the block, and cancelled where the block raises.

    After Ctrl-C running calls are not waited for either: one may be a request that is never answered.
    """
    pool = ThreadPoolExecutor(workers, thread_name_prefix=name)
    try:
        yield pool
    except KeyboardInterrupt:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    except BaseException:
        pool.shutdown(wait=True, cancel_futures=True)
        raise
    pool.shutdown(wait=True)
