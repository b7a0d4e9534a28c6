"""Plain lines: results to standard output, everything else to standard error."""

from __future__ import annotations

import sys


def tell(text: str) -> None:
    """Write a result, at once, so that a reader at the other end of a pipe sees it."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def complain(text: str) -> None:
    """Write a message for people."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
