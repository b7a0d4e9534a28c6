"""Things of the service as people and programs see them: one as lines, many as a table, a plan as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from burnish.cli.lines import complain, tell
from burnish.cli.tables import show_json, show_table
from burnish.shown_texts import shown

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def show_one(thing: DataclassInstance, *, as_json: bool) -> None:
    """What is known of one thing, a line for each."""
    if as_json:
        show_json(thing)
        return
    for field in fields(thing):
        value = getattr(thing, field.name)
        if value not in (None, {}, ()):
            tell(f"{field.name.replace('_', ' ')}: {shown(_plain(value))}")


def show_many(
    things: Iterable[DataclassInstance], columns: Sequence[str], *, as_json: bool, none: str
) -> None:
    """A table with these of their fields; ``none`` is what is said where there are none."""
    found = list(things)
    if as_json:
        show_json(found)
    elif found:
        rows = [[_plain(getattr(one, column)) for column in columns] for one in found]
        show_table([column.replace("_", " ") for column in columns], rows)
    else:
        complain(none)


def show_plan(operation: str, request: Mapping[str, Any], *, as_json: bool) -> None:
    """What a dry run would have asked for."""
    if not as_json:
        tell(f"{operation} would be called with:")
    show_json({name: value for name, value in request.items() if name != "clientRequestToken"})
    if not as_json:
        complain("Nothing was created.")


def _plain(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M")
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={part}" for name, part in value.items())
    return str(value)
