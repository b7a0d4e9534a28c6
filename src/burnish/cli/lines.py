"""Plain lines: results to standard output, everything else to standard error."""

from __future__ import annotations

import sys
from typing import TextIO

from burnish.shown_texts import LINES, shown


class NobodyReads(BaseException):
    """Whoever read the output has gone, e.g. ``head`` that has seen enough: no error, but the end."""


def tell(text: str) -> None:
    """Write a result, at once, so that a reader at the other end of a pipe sees it."""
    _write(sys.stdout, text)


def complain(text: str) -> None:
    """Write a message for people."""
    _write(sys.stderr, text)


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(f"{shown(text, keep=LINES)}\n")
        stream.flush()
    except BrokenPipeError as error:
        raise NobodyReads from error
