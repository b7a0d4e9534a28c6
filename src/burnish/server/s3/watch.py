"""Keeping the S3 server up: it is restarted when it has ended or no longer answers."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import NoReturn

from burnish.errors import CannotStart
from burnish.server.background import repeat
from burnish.server.health import OBJECTS, Health
from burnish.server.s3.object_store import ObjectStore

#: For how long it may be silent before it is taken to hang. A busy machine is no reason to end it.
SILENT_SECONDS = 30.0
POLL_SECONDS = 1.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ObjectStoreWatch:
    """Looks after an S3 server, and tells ``health`` while it does not answer."""

    store: ObjectStore
    health: Health

    async def run(self) -> NoReturn:
        """Look after the server until cancelled."""
        await repeat(self.check, part=OBJECTS, every=POLL_SECONDS, health=self.health)

    async def check(self) -> None:
        """Return once the server answers, started again on the same ports where that was needed.

        Raises `CannotStart` when it does not come up again.
        """
        if problem := await self._lasting_problem():
            self._report(f"{problem}; it is started again")
            await self._restart()

    async def _lasting_problem(self) -> str | None:
        patience_ends = time.monotonic() + SILENT_SECONDS
        # One that has ended is started again at once; for one that is only silent there is patience.
        while not await asyncio.to_thread(lambda: self.store.is_answering):
            if self.store.has_ended:
                return "The S3 server has ended"
            if time.monotonic() >= patience_ends:
                return f"The S3 server has not answered for {SILENT_SECONDS:g} s"
            self._report("The S3 server does not answer")
            await asyncio.sleep(POLL_SECONDS)
        return None

    def _report(self, problem: str) -> None:
        if self.health.report(OBJECTS, problem):
            _log.warning("%s", problem)

    async def _restart(self) -> None:
        try:
            await asyncio.to_thread(self.store.start)
        except CannotStart as error:
            # Its log goes into ours, not into an answer that anybody may ask for.
            _log.warning("%s", error)
            raise CannotStart("The S3 server could not be restarted: see its log") from error
