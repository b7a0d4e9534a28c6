"""What commands write: results to standard output, as lines, tables or JSON; the rest to standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, TextIO

from burnish.shown_texts import LINES, shown

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


class OutputClosed(BaseException):
    """The reader of the output has gone, such as ``head`` once it has enough: not an error, but the end."""


def print_result(text: str) -> None:
    """Write a line of the result, flushed, so that a reader at the other end of a pipe sees it."""
    _write(sys.stdout, text)


def print_message(text: str) -> None:
    """Write a message for people, to standard error."""
    _write(sys.stderr, text)


def show_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table to standard output; into a file or a pipe, as tab-separated values."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    if not console.is_terminal:
        for row in (columns, *rows):
            print_result("\t".join(shown(str(cell)) for cell in row))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for position, column in enumerate(columns):
        table.add_column(column, justify="left" if position == 0 else "right")
    for row in rows:
        # As `Text`: rich would take what stands in brackets for markup.
        table.add_row(*(Text(shown(str(cell))) for cell in row))
    console.print(table)


def show_json(value: object) -> None:
    """Write a value as JSON to standard output."""
    import msgspec

    print_result(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def show_one(thing: DataclassInstance, *, as_json: bool) -> None:
    """Write the fields of one thing that have a value, a line for each."""
    if as_json:
        show_json(thing)
        return
    for field in fields(thing):
        value = getattr(thing, field.name)
        if value not in (None, {}, ()):
            print_result(f"{field.name.replace('_', ' ')}: {shown(_plain(value))}")


def show_many(
    things: Iterable[DataclassInstance], columns: Sequence[str], *, as_json: bool, none: str
) -> None:
    """Write a table of these fields; ``none`` is the message if there is nothing to list."""
    found = list(things)
    if as_json:
        show_json(found)
    elif found:
        rows = [[_plain(getattr(one, column)) for column in columns] for one in found]
        show_table([column.replace("_", " ") for column in columns], rows)
    else:
        print_message(none)


def show_plan(operation: str, request: Mapping[str, Any], *, as_json: bool) -> None:
    """Write the request that a dry run would have sent."""
    if not as_json:
        print_result(f"{operation} would be called with:")
    show_json({name: value for name, value in request.items() if name != "clientRequestToken"})
    if not as_json:
        print_message("Nothing was created.")


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


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(f"{shown(text, keep=LINES)}\n")
        stream.flush()
    # As a `BaseException`: nothing on its way may take it for a failure, and go on working for nobody.
    except BrokenPipeError as error:
        raise OutputClosed from error
