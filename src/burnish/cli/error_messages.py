"""What is told of an error that ends a command."""

from __future__ import annotations

import errno
from collections.abc import Sequence

from burnish.cli.extras import EXTRAS
from burnish.cli.field_names import with_options
from burnish.errors import BurnishError

REPORT_IT = "Please run the same command with --debug and report the output."


class ErrorReported(Exception):
    """An error that ends the command, and that has been told already."""


def explained(error: BaseException, words: Sequence[str]) -> str:
    """An error in words for whoever has typed ``words``."""
    if isinstance(error, BurnishError | OSError):
        return _message_of(error)
    if isinstance(error, ModuleNotFoundError):
        return _missing_package(words, error.name or str(error))
    return f"Internal error ({type(error).__name__}: {error}). {REPORT_IT}"


def _missing_package(words: Sequence[str], package: str) -> str:
    command = next((word for word in words if word in EXTRAS), None)
    extra = f"[{EXTRAS[command]}]" if command else ""
    needs = f"`burnish {command}` needs" if command else "This needs"
    return f"{needs} the package {package!r}, which is not installed: pip install 'burnish{extra}'"


def _message_of(error: BurnishError | OSError) -> str:
    if isinstance(error, BurnishError):
        return with_options(error.in_terminal)
    place = f" at {error.filename!r}" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"No space is left on the disk{place}: free some, or choose another folder"
    return f"{error.strerror or error}{place}"
