"""What `burnish serve` says: where it answers, what its jobs and deployments come to, that it has stopped."""

from __future__ import annotations

import logging
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from burnish.cli.output import OutputClosed, print_message
from burnish.engine.catalogue import Catalogue, OpenModel
from burnish.families import family_of
from burnish.server.server_file import RunningServer
from burnish.shown_texts import LogLine

#: A log is read days later, and a terminal on the same day.
LOG_TIME, TERMINAL_TIME = "%Y-%m-%d %H:%M:%S", "%H:%M:%S"
#: So many of the ids of a family that stand-ins answer for are named.
NAMED = 3


class ServerMessages(logging.Handler):
    """Writes the server's log to standard error, for as long as anybody is there to read it."""

    def __init__(self) -> None:
        super().__init__()
        time = TERMINAL_TIME if sys.stderr.isatty() else LOG_TIME
        self.setFormatter(LogLine("%(asctime)s  %(message)s", time))
        self._has_answered = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line."""
        self._say(self.format(record))

    def welcome(self, server: RunningServer, data: Path, models: Sequence[OpenModel]) -> None:
        """Write what the server is, and what to do next."""
        self._has_answered = True
        if self.level > logging.INFO:
            return
        for line in _welcome(server, data, models):
            self._say(line)

    def farewell(self) -> None:
        """Write that a server that has answered does so no more."""
        if self._has_answered and self.level <= logging.INFO:
            self._say("Stopped.")

    def _say(self, text: str) -> None:
        # A terminal that was closed, or a disk that is full, is no reason for a server to end.
        with suppress(OSError, ValueError, OutputClosed):
            print_message(text)


@contextmanager
def server_messages(*, quiet: bool) -> Iterator[ServerMessages]:
    """Messages of the server that runs in the block; of a quiet one, warnings alone."""
    messages = ServerMessages()
    messages.setLevel(logging.WARNING if quiet else logging.INFO)
    log = logging.getLogger("burnish")
    log.addHandler(messages)
    log.setLevel(logging.INFO)
    log.propagate = False
    try:
        yield messages
    finally:
        messages.farewell()
        log.removeHandler(messages)
        log.propagate = True


def _welcome(server: RunningServer, data: Path, models: Sequence[OpenModel]) -> Iterator[str]:
    yield f"Answering at {server.url}"
    yield f"  data folder: {data}"
    for model in models:
        yield f"  base model: {model.id}"
    for family, ids in _stand_ins(models).items():
        # The shortest are those without a context length or a region.
        named = ", ".join(sorted(ids, key=len)[:NAMED])
        yield f"  stand-ins for {family}: {named}, … ({len(ids)} ids)"
    yield "Next, in another terminal:"
    yield f'  eval "$(burnish env --data {shlex.quote(str(data))})"'
    yield "  burnish status"
    yield "Ctrl-C stops the server; its jobs continue when it starts again."


def _stand_ins(models: Sequence[OpenModel]) -> dict[str, list[str]]:
    """The ids of closed models that the first open model answers for, by family."""
    found: dict[str, list[str]] = {}
    for model in Catalogue(models=tuple(models)).foundation_models():
        if model.is_stand_in and (family := family_of(model.id)):
            found.setdefault(family.name, []).append(model.id)
    return found
