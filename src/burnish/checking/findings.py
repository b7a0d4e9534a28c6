"""Findings about a single record, before its file and line are known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

#: Values are quoted up to this many characters.
QUOTED = 200


@dataclass(frozen=True)
class Finding:
    """An error in a record, or a warning about it."""

    text: str
    is_warning: bool = False


Findings = Iterator[Finding]


def quoted(value: object) -> str:
    """The repr of a value, truncated if it is long."""
    said = repr(value)
    return said if len(said) <= QUOTED else f"{said[:QUOTED]}…"


def text_findings(value: object, place: str) -> Findings:
    """What is wrong with a value that must be a text that is not blank."""
    if not isinstance(value, str):
        yield Finding(f"{place} is missing: give it a text" if value is None else f"{place} must be a string")
    elif not value.strip():
        yield Finding(f"{place} is empty: write a text or leave it out")


def unknown_members(value: object, what: str, known: tuple[str, ...]) -> Findings:
    """An error for unknown members of an object: one of them may be misspelt."""
    if isinstance(value, dict) and (strange := [name for name in value if name not in known]):
        named = quoted(sorted(strange))[1:-1]
        yield Finding(
            f"{what} has members that the service does not know: {named}. It takes {', '.join(known)}: "
            "correct the spelling, or leave them out"
        )
