"""Doing one thing to many items at once, with the results in the order of the items."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def in_order(work: Callable[[Item], Result], items: Iterable[Item], *, workers: int) -> Iterator[Result]:
    """The result for each item, in order, from threads that work only a little ahead of the one taken.

    Items are taken from their source as they are needed, so that neither they nor the results pile up.
    The first error ends everything and is raised.
    """
    pending: deque[Future[Result]] = deque()
    with interruptible_pool(workers) as pool:
        for item in items:
            pending.append(pool.submit(work, item))
            if len(pending) > 2 * workers:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


@contextmanager
def interruptible_pool(workers: int, *, name: str = "") -> Iterator[ThreadPoolExecutor]:
    """Threads that are done when the block is left; left by an error, they drop what has not begun.

    Ctrl-C does not wait for what is under way either, which may be a call that nobody answers.
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
