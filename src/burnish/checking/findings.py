"""What is said of one record, before it is known in which file and on which line it stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

#: So many letters of a value are quoted.
QUOTED = 200


@dataclass(frozen=True)
class Finding:
    """Something about a record: an error, or a warning."""

    text: str
    is_warning: bool = False


Findings = Iterator[Finding]


def quoted(value: object) -> str:
    """A value as it stands in Python, cut where it is long."""
    said = repr(value)
    return said if len(said) <= QUOTED else f"{said[:QUOTED]}…"


def text_findings(value: object, place: str) -> Findings:
    """What is wrong with what must be a text that says something."""
    if not isinstance(value, str):
        yield Finding(f"{place} is missing: give it a text" if value is None else f"{place} must be a text")
    elif not value.strip():
        yield Finding(f"{place} is empty: give it words or leave it out")


def unknown_members(value: object, what: str, known: tuple[str, ...]) -> Findings:
    """An error for members of an object that nobody reads: one may be a misspelt one."""
    if isinstance(value, dict) and (strange := [name for name in value if name not in known]):
        named = quoted(sorted(strange))[1:-1]
        yield Finding(
            f"{what} has members that the service does not know: {named}. It takes {', '.join(known)}: "
            "correct the spelling, or leave them out"
        )
