"""Where the command line begins, and how it ends: the exit status and the message of an error."""

from __future__ import annotations

import io
import logging
import os
import signal
import sys
from collections.abc import Sequence
from copy import copy
from pathlib import Path

from burnish.cli.error_messages import ErrorReported, explained
from burnish.cli.output import OutputClosed, print_message
from burnish.cli.signals import EndingSignals, end_by, end_unread
from burnish.phrasing import Phrasing, in_terminal
from burnish.processes.secrecy import leave_no_core_dump
from burnish.shown_texts import LogLine

#: Exit statuses. They stand below the help of every command; an interrupted one ends by the signal.
SUCCEEDED = 0
FAILED = 1
WRONG_USAGE = 2


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit status.

    0 when all went well, 1 for an error with one message, 2 for wrong usage. Interrupted, it ends by the
    signal, which a shell shows as 130.
    """
    leave_no_core_dump()
    signals = EndingSignals()
    try:  # from the first line on: an interrupt can come at any of those that follow
        signals.listen()
        _escape_unprintable()
        _show_warnings()
        status = _status_of(list(sys.argv[1:] if arguments is None else arguments), signals)
    except KeyboardInterrupt:
        end_by(signals.received or signal.SIGINT)
    except OutputClosed:
        end_unread()
    if signals.received:  # but swallowed on its way by code that catches every exception
        end_by(signals.received)
    sys.exit(status)


def _escape_unprintable() -> None:
    """Print characters that the terminal's encoding lacks, and paths that are not text, as escapes."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the parent process
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115  for as long as this runs
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


class _MessageLine(LogLine):
    """A record as a line for somebody who types commands."""

    def __init__(self) -> None:
        super().__init__("%(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The line of a record."""
        shown = copy(record)  # others may format it, too
        if isinstance(record.args, tuple):
            shown.args = tuple(in_terminal(one) if isinstance(one, Phrasing) else one for one in record.args)
        return super().format(shown)


class _MessageHandler(logging.Handler):
    """Writes to wherever messages go at that moment: a live display redirects them for a while."""

    def emit(self, record: logging.LogRecord) -> None:
        print_message(self.format(record))


def _show_warnings() -> None:
    """Show the library's warnings as messages, without a logger's name or a time."""
    handler = _MessageHandler()
    handler.setFormatter(_MessageLine())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


def _status_of(arguments: Sequence[str], signals: EndingSignals) -> int:
    from cyclopts import CycloptsError

    from burnish.cli.app import app

    debug = "--debug" in arguments
    words = [word for word in arguments if word != "--debug"]
    try:
        app(words, exit_on_error=False, result_action="return_value")
    except CycloptsError:  # already shown
        return WRONG_USAGE
    except SystemExit as error:  # rich's way of ending where nobody reads the help any more
        raise OutputClosed from error
    except ErrorReported:
        return FAILED
    except Exception as error:
        if debug:
            raise
        if not signals.received:  # some libraries turn an interrupt into an error of their own
            print_message(f"Error: {explained(error, words)}")
        return FAILED
    return SUCCEEDED
