"""What an attempt reports while it works: a line of JSON for each change, appended to a file.

A reader takes whole lines only, so that it never sees half of a change; a writer whose last line was cut off,
by a full disk, writes it again.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
from msgspec import UNSET, UnsetType

from burnish.server.resources import JobPhase

log = logging.getLogger(__name__)


class JobEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What has changed of a job, at a Unix time; members that are not set are as they were.

    ``progress`` counts pages checked, pages read and steps trained.
    """

    at: float
    phases: Mapping[str, JobPhase] | UnsetType = UNSET
    hyperparameters: Mapping[str, str] | UnsetType = UNSET
    waiting_for: str | UnsetType | None = UNSET
    progress: int | UnsetType = UNSET

    def changes(self) -> dict[str, object]:
        """The members that are set, by their names."""
        members = {name: getattr(self, name) for name in self.__struct_fields__ if name != "at"}
        return {name: value for name, value in members.items() if value is not UNSET}


class EventWriter:
    """Appends events to a file that nobody else writes. Threads may share one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._size = 0
        self._lock = threading.Lock()

    def write(self, event: JobEvent) -> None:
        """Append an event. Raises `OSError` where that fails; then nothing of it is read."""
        line = msgspec.json.encode(event) + b"\n"
        with self._lock:
            self._append(line)

    def _append(self, line: bytes) -> None:
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            # What was cut off before lies behind the last whole line.
            os.ftruncate(descriptor, self._size)
            os.lseek(descriptor, self._size, os.SEEK_SET)
            _write_all(descriptor, line)
        finally:
            os.close(descriptor)
        self._size += len(line)


class EventReader:
    """Reads the events of a file as they come."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_up_to = 0

    def new(self) -> Iterator[JobEvent]:
        """The events since the last call."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._read_up_to)
                body = file.read()
        except FileNotFoundError:
            return
        whole = body[: body.rfind(b"\n") + 1]
        self._read_up_to += len(whole)
        for line in whole.splitlines():
            try:
                yield msgspec.json.decode(line, type=JobEvent)
            except ValueError as error:  # also of bytes that are no text
                log.warning("Passing over a damaged line in %s: %s", self._path, error)


def _write_all(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]
