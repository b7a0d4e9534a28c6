"""Work that goes on beside the answering of requests, and that no error ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import NoReturn

from burnish.server.health import Health

LONGEST_PAUSE_SECONDS = 10.0

log = logging.getLogger(__name__)


async def repeat(step: Callable[[], Awaitable[None]], *, part: str, every: float, health: Health) -> NoReturn:
    """Run ``step`` again and again until cancelled, ``every`` seconds apart.

    A step that raises is tried again after a pause that doubles up to `LONGEST_PAUSE_SECONDS`. Its error is
    logged when it is new, and stays the problem of ``part`` in the server's health until a step succeeds.
    """
    pause = every
    while True:
        try:
            await step()
        except Exception as error:
            if health.report(part, f"{type(error).__name__}: {error}"):
                log.exception("The %s failed and is tried again", part)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
        else:
            if health.report(part, None):
                log.warning("The %s works again", part)
            pause = every
        await asyncio.sleep(pause)
