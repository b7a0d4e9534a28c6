"""Protection against formula injection: untrusted text in files that people open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

#: Full-width forms too, which spreadsheets in Chinese and Japanese treat alike.
_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001  meant


def guarded(text: str) -> str:
    """The text, prefixed with an apostrophe if a spreadsheet would take it for a formula.

    Text that looks guarded already is prefixed as well, so that `unguarded` restores every text exactly.
    """
    return f"'{text}" if text.lstrip("'").startswith(_BEGINS_A_FORMULA) else text


def unguarded(text: str) -> str:
    """The text that was `guarded`."""
    inner = text.removeprefix("'")
    return inner if guarded(inner) == text else text


def csv_of(rows: Iterable[Sequence[object]]) -> str:
    """Rows as CSV (RFC 4180), their texts `guarded`."""
    # `newline=""` and not the default: the writer ends lines with CRLF itself.
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows(
        [guarded(cell) if isinstance(cell, str) else cell for cell in row] for row in rows
    )
    return buffer.getvalue()
