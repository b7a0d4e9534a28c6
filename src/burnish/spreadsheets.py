"""Texts of strangers in files that people open in a spreadsheet."""

from __future__ import annotations

#: Those of full width too, which spreadsheets in Chinese and Japanese take for the same.
_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001  meant


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula: where it begins like one, after an apostrophe.

    So is one that begins like a guarded text, so that `unguarded` gives every text back as it was.
    """
    return f"'{text}" if text.lstrip("'").startswith(_BEGINS_A_FORMULA) else text


def unguarded(text: str) -> str:
    """The text that was `guarded`."""
    inner = text.removeprefix("'")
    return inner if guarded(inner) == text else text
