"""Texts of strangers in files that people open in a spreadsheet."""

from __future__ import annotations

_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula: where it begins like one, after an apostrophe."""
    return f"'{text}" if text.startswith(_BEGINS_A_FORMULA) else text


def unguarded(text: str) -> str:
    """The text that was `guarded`."""
    inner = text.removeprefix("'")
    return inner if guarded(inner) == text else text
