"""What `burnish serve` says: where it answers, what its jobs and deployments come to, that it has stopped."""

from __future__ import annotations

import logging
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from types import TracebackType

from burnish.cli.error_messages import ErrorReported, explained
from burnish.cli.log_formats import LogFormat
from burnish.cli.log_options import LogOptions
from burnish.cli.output import OutputClosed, print_message
from burnish.engine.catalogue import Catalogue, OpenModel
from burnish.errors import BurnishError
from burnish.families import family_of
from burnish.server.request_log import FIELDS, REQUEST_LOG
from burnish.server.server_file import RunningServer

#: So many of the ids of a family that stand-ins answer for are named.
NAMED = 3

_log = logging.getLogger("burnish.server")


class ServerMessages(logging.Handler):
    """Writes the server's log to standard error, for as long as anybody is there to read it."""

    def __init__(self, options: LogOptions) -> None:
        super().__init__()
        self.setFormatter(options.log_format.formatter)
        self._is_json = options.log_format is LogFormat.JSON
        self._is_quiet = options.quiet
        self._has_answered = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line."""
        self._say(self.format(record))

    def welcome(self, server: RunningServer, data: Path, models: Sequence[OpenModel]) -> None:
        """Write what the server is, and what to do next."""
        self._has_answered = True
        if self._is_json:
            fields = {"url": server.url, "data_folder": str(data), "models": [model.id for model in models]}
            _log.info("Answering at %s", server.url, extra={FIELDS: fields})
        elif not self._is_quiet:
            for line in _welcome(server, data, models):
                self._say(line)

    def farewell(self) -> None:
        """Write that a server that has answered does so no more."""
        if self._has_answered and self._is_json:
            _log.info("Stopped")
        elif self._has_answered and not self._is_quiet:
            self._say("Stopped.")

    @property
    def is_live(self) -> bool:
        """Whether somebody looks on, to whom a bar can be shown."""
        return sys.stderr.isatty() and not self._is_json and not self._is_quiet

    def warn(self, text: str) -> None:
        """Write what must not be overlooked, also of a quiet server."""
        if self._is_json:
            _log.warning("%s", text)
        else:
            self._say(text)

    def report(self, error: Exception) -> None:
        """Log the error that ends the server; one of the server's own with its traceback."""
        is_expected = isinstance(error, BurnishError | OSError | ModuleNotFoundError)
        _log.error("%s", explained(error, ["serve"]), exc_info=None if is_expected else error)

    def _say(self, text: str) -> None:
        # A terminal that was closed, or a disk that is full, is no reason for a server to end.
        with suppress(OSError, ValueError, OutputClosed):
            print_message(text)


class _Reporting:
    """Has an error that leaves the block logged in place of printed, where every line is to be JSON."""

    def __init__(self, messages: ServerMessages) -> None:
        self._messages = messages

    def __enter__(self) -> None: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if isinstance(error, Exception):
            self._messages.report(error)
            raise ErrorReported from error


@contextmanager
def server_messages(options: LogOptions) -> Iterator[ServerMessages]:
    """Messages of the server that runs in the block, and of its libraries; of a quiet one, warnings alone."""
    messages = ServerMessages(options)
    is_json = options.log_format is LogFormat.JSON
    level = logging.WARNING if options.quiet else logging.INFO
    with _handled_by(messages, level=level, has_requests=is_json):
        try:
            with _Reporting(messages) if is_json else nullcontext():
                yield messages
        finally:
            messages.farewell()


@contextmanager
def _handled_by(messages: ServerMessages, *, level: int, has_requests: bool) -> Iterator[None]:
    """Have all that is logged in the block, warnings of libraries too, written by one handler."""
    root, own, requests = map(logging.getLogger, (None, "burnish", REQUEST_LOG))
    before = root.handlers[:]
    root.handlers[:] = [messages]
    own.setLevel(level)
    requests.setLevel(logging.NOTSET if has_requests else logging.WARNING)
    logging.captureWarnings(capture=True)
    try:
        yield
    finally:
        logging.captureWarnings(capture=False)
        root.handlers[:] = before


def _welcome(server: RunningServer, data: Path, models: Sequence[OpenModel]) -> Iterator[str]:
    yield f"Answering at {server.url}"
    yield f"  data folder: {data}"
    for model in models:
        yield f"  base model: {model.id}"
    stand_ins = _stand_ins(models)
    if not stand_ins:
        yield "  no stand-ins for closed models: none of these writes text (add a --model that does)"
    for family, ids in stand_ins.items():
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
