"""Work that goes on beside the answering of requests, and that no error ends."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, NoReturn

from burnish.server.health import Health

MAX_PAUSE_SECONDS = 10.0

log = logging.getLogger(__name__)


async def repeat(step: Callable[[], Awaitable[None]], *, part: str, every: float, health: Health) -> NoReturn:
    """Run ``step`` again and again until cancelled, ``every`` seconds apart.

    A step that raises is tried again after a pause that doubles up to `MAX_PAUSE_SECONDS`. Its error is
    logged when it is new, and stays the problem of ``part`` in the server's health until a step succeeds.
    """
    pause = every
    while True:
        try:
            await step()
        except Exception as error:
            # Logged only when it is new: a step that keeps failing would fill the disk with tracebacks.
            if health.report(part, f"{type(error).__name__}: {error}"):
                log.exception("Part %r failed and is tried again", part)
            pause = min(2 * pause, MAX_PAUSE_SECONDS)
        else:
            if health.report(part, None):
                log.warning("Part %r works again", part)
            pause = every
        await asyncio.sleep(pause)


@asynccontextmanager
async def beside(
    work: Coroutine[Any, Any, None], *, part: str, health: Health, on_end: Callable[[], None] | None = None
) -> AsyncIterator[None]:
    """Have ``work`` done for as long as the block lasts; it is cancelled at the block's end.

    Work that ends by itself is a mistake that must not go unnoticed: it is logged, stays in the health, and
    ``on_end`` is called, which ends this process as SIGTERM does.
    """
    task = asyncio.create_task(work)
    is_over = False

    def ended(task: asyncio.Task[None]) -> None:
        if is_over:
            return
        error = None if task.cancelled() else task.exception()
        health.report(part, f"it has ended: {error!r}")
        log.critical("The %s has ended, and with it the server", part, exc_info=error)
        (on_end or _terminate)()

    task.add_done_callback(ended)
    try:
        yield
    finally:
        is_over = True
        task.cancel()
        # Not `await task`, which would raise here what the task raised or that it was cancelled.
        await asyncio.wait([task])


def _terminate() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
