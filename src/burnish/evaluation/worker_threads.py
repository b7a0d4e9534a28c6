"""Work on any number of items in a bounded number of threads, at a pace that the service allows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Sized
from queue import SimpleQueue
from typing import Generic, TypeAlias, TypeVar

from burnish.evaluation.budget import BudgetSpent
from burnish.evaluation.pacing import Pace, RunStopped

THREAD_NAME = "burnish-predict"

Item = TypeVar("Item")
Result = TypeVar("Result")
#: What a thread hands over: an item's result, what it was stopped by, or None once it has ended.
_Handed: TypeAlias = tuple[int, Result | BaseException] | None


class _Feed(Generic[Item]):
    """Items, numbered, for threads to take one at a time."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._items = iter(enumerate(items))
        self._turn = threading.Lock()
        self._is_closed = False

    def next(self) -> tuple[int, Item] | None:
        """The next item; None where there is none any more. Raises what its source does."""
        # One thread at a time: a source may be a generator, which two must not enter at once.
        with self._turn:
            return None if self._is_closed else next(self._items, None)

    def close(self) -> None:
        """Take no more items from their source."""
        self._is_closed = True


def in_threads(
    work: Callable[[Item], Result], items: Iterable[Item], *, threads: int, pace: Pace
) -> Generator[tuple[int, Result | BudgetSpent]]:
    """Index and result of each item as they come; an error in ``work`` is raised here.

    A spent budget is none: calls that are under way are paid for, and their answers still come.
    """
    # A call holds its slot until the caller is done with its answer. Whoever is killed has therefore lost no
    # more answers than there are threads, however slowly they are written down.
    slots = threading.Semaphore(threads)
    feed = _Feed(items)
    done: SimpleQueue[_Handed[Result]] = SimpleQueue()
    # Threads and not async: boto3 is synchronous, and a call waits for the network nearly all of its time.
    running = min(threads, len(items)) if isinstance(items, Sized) else threads
    for _ in range(running):
        # Daemons: an interrupted program must not wait for calls that are under way.
        threading.Thread(
            target=_work_off, args=(work, feed, done, pace, slots), name=THREAD_NAME, daemon=True
        ).start()
    try:
        while running:
            handed = done.get()
            if handed is None:
                running -= 1
                continue
            index, result = handed
            if isinstance(result, BudgetSpent):
                feed.close()
            elif isinstance(result, BaseException):
                raise result
            yield index, result
            slots.release()
    finally:
        feed.close()
        pace.stop()
        slots.release(threads)  # for those that wait for one, and find that all is over


def _work_off(
    work: Callable[[Item], Result],
    feed: _Feed[Item],
    done: SimpleQueue[_Handed[Result]],
    pace: Pace,
    slots: threading.Semaphore,
) -> None:
    index = -1
    try:
        while slots.acquire() and not pace.is_stopped and (job := feed.next()):
            index, item = job
            try:
                done.put((index, work(item)))
            except BudgetSpent as error:
                done.put((index, error))
    except RunStopped:
        return
    except BaseException as error:  # noqa: BLE001  handed to the caller's thread, which raises it
        done.put((index, error))
    finally:
        slots.release()
        done.put(None)
