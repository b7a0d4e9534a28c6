"""The log of a job that its owner can read: ``job.log`` in its output folder."""

from __future__ import annotations

import logging
from contextlib import suppress

from burnish.errors import BurnishError
from burnish.server.s3.role_storage import RoleStorage
from burnish.shown_texts import LogLine


class JobLog(logging.Handler):
    """Collects what is logged, without tracebacks, and writes it with the job's role.

    It never holds up a job: what cannot be written now is written with what follows.
    """

    def __init__(self, storage: RoleStorage, uri: str) -> None:
        super().__init__()
        self.setFormatter(_WithoutTraceback("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%d %H:%M:%S"))
        self._storage = storage
        self._uri = uri
        self._lines: list[str] = []
        self._written = 0

    def resume(self) -> None:
        """Begin with what earlier attempts at the job have written."""
        with suppress(BurnishError, OSError):
            earlier = self._storage.read(self._uri).decode(errors="replace")
            self._lines[:0] = earlier.splitlines()

    def emit(self, record: logging.LogRecord) -> None:
        """Add a line."""
        self._lines.append(self.format(record))

    def write(self) -> None:
        """Write the lines to the job's output, where there are new ones."""
        count = len(self._lines)
        if count == self._written:
            return
        with suppress(BurnishError, OSError):
            self._storage.write(self._uri, "".join(f"{line}\n" for line in self._lines[:count]).encode())
            self._written = count


class _WithoutTraceback(LogLine):
    """Tracebacks are about the server's program: they stay in the server's own log of the job."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        record.message = record.getMessage()
        record.asctime = self.formatTime(record, self.datefmt)
        return self.formatMessage(record)
