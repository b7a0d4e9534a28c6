"""The command line: `burnish …`, one module per command: parse, call, show."""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError
from typing import NoReturn

from burnish.cli.lines import complain
from burnish.errors import BurnishError

__all__ = ["main"]

FAILED = 1
WRONG_USAGE = 2
#: What brings the packages that a command needs beside the client's.
EXTRAS = {
    "audit": "audit",
    "compare": "evaluation",
    "demo": "demo",
    "evaluate": "evaluation",
    "export": "datasets",
    "samples": "samples",
    "serve": "local",
    "weights": "local",
}
REPORT_IT = "Please run the same with --debug, and report what it shows."


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit status.

    0 when all went well, 1 for an error with one message, 2 for wrong usage. Interrupted, it ends by the
    signal, which a shell shows as 130.
    """
    _print_whatever_it_is()
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in words
    try:
        status = _status_of([word for word in words if word != "--debug"], debug=debug)
    except KeyboardInterrupt:
        _end_by_interrupt()
    sys.exit(status)


def _print_whatever_it_is() -> None:
    """Print what the terminal's encoding lacks, and paths that are not text, as escapes: never fail."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _status_of(words: list[str], *, debug: bool) -> int:
    from cyclopts import CycloptsError

    from burnish.cli.app import app

    try:
        app(words, exit_on_error=False, result_action="return_value")
    except CycloptsError:  # which has been shown
        return WRONG_USAGE
    except (BurnishError, OSError) as error:
        if debug:
            raise
        complain(f"Error: {_message_of(error)}")
        return FAILED
    except (ModuleNotFoundError, PackageNotFoundError) as error:
        if debug:
            raise
        complain(f"Error: {_missing_package(words, error.name or str(error))}")
        return FAILED
    except Exception as error:
        if debug:
            raise
        complain(f"Error: Burnish made a mistake ({type(error).__name__}: {error}). {REPORT_IT}")
        return FAILED
    return 0


def _missing_package(words: Sequence[str], package: str) -> str:
    command = next((word for word in words if word in EXTRAS), None)
    extra = f"[{EXTRAS[command]}]" if command else ""
    needs = f"`burnish {command}` needs" if command else "This needs"
    return f"{needs} the package {package!r}, which is not installed: pip install 'burnish{extra}'"


def _end_by_interrupt() -> NoReturn:
    """End as an interrupted program does, so that a loop of a shell around it ends as well.

    Python itself does so only now and then: where `python -m` runs a module and the interrupt fell into an
    `exec`, which making a dataclass uses, it ends by the signal whatever status is asked for.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGINT)
    raise AssertionError("the signal has ended this process")


def _message_of(error: BurnishError | OSError) -> str:
    if isinstance(error, BurnishError) or not isinstance(error, OSError):
        return str(error)
    place = f" at {error.filename!r}" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"No space is left on the disk{place}: free some, or choose another folder"
    return f"{error.strerror or error}{place}"
