"""Options that mean the same in every command, and what they stand for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from cyclopts import Parameter, validators

from burnish.errors import InvalidConfig

AsJson = Annotated[
    bool, Parameter(name="--json", help="Print JSON and nothing else.", negative="", show_default=False)
]
DryRun = Annotated[
    bool,
    Parameter(
        help="Show what would be done. Nothing is created or changed.", negative="", show_default=False
    ),
]
Wait = Annotated[bool, Parameter(help="Return only once it is done.", negative="", show_default=False)]
Tags = Annotated[
    tuple[str, ...], Parameter(name="--tag", help="A tag, as key=value.", negative="", show_default=False)
]
Every = Annotated[
    float, Parameter(help="Seconds from one look to the next.", validator=validators.Number(gt=0))
]
AtMost = Annotated[float, Parameter(help="Give up after so many seconds.", validator=validators.Number(gt=0))]


def named(given: Iterable[str], option: str) -> list[tuple[str, str]]:
    """Names and values of an option that is given as ``name=value``."""
    found = []
    for one in given:
        name, separator, value = one.partition("=")
        if not name or not separator or not value:
            raise InvalidConfig(f"{option} {one!r}", ["give it as name=value"])
        found.append((name, value))
    return found
