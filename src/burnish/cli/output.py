"""What commands write: results to standard output, as lines, tables or JSON; the rest to standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, TextIO

from burnish.shown_texts import LINES, shown
from burnish.shown_times import shown_time

if TYPE_CHECKING:
    from _typeshed import DataclassInstance
    from rich.console import Console

#: Spaces between the columns of a table.
GUTTER = 2
#: What figures begin with, which are aligned to the right.
NUMBERS = "0123456789$-"


class OutputClosed(BaseException):
    """The reader of the output has gone, such as ``head`` once it has enough: not an error, but the end."""


def print_result(text: str) -> None:
    """Write a line of the result, flushed, so that a reader at the other end of a pipe sees it."""
    _write(sys.stdout, text)


def print_message(text: str) -> None:
    """Write a message for people, to standard error."""
    _write(sys.stderr, text)


def show_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, compared: bool = False) -> None:
    """Write a table to standard output, where no cell is ever cut or broken, so that it can be copied.

    A terminal that is too narrow for it gets a paragraph for each row, or rows that are ``compared`` side by
    side, if that fits. A file or a pipe gets tab-separated values.
    """
    from rich.console import Console

    console = Console(highlight=False)
    table = [list(columns), *([shown(str(cell)) for cell in row] for row in rows)]
    turned = [list(row) for row in zip(*table, strict=True)]
    if not console.is_terminal:
        for row in table:
            print_result("\t".join(row))
    elif _width_of(table) <= console.width:
        _show_aligned(console, table)
    elif compared and _width_of(turned) <= console.width:
        _show_aligned(console, turned)
    else:
        paragraphs = [_paragraph(columns, row, width=console.width) for row in table[1:]]
        print_result("\n\n".join(paragraphs))


def _width_of(table: Sequence[Sequence[str]]) -> int:
    from rich.cells import cell_len

    widths = [max(map(cell_len, column)) for column in zip(*table, strict=True)]
    return sum(widths) + GUTTER * (len(widths) - 1)


def _show_aligned(console: Console, table: Sequence[Sequence[str]]) -> None:
    from rich.table import Table
    from rich.text import Text

    header, *rows = table
    grid = Table(box=None, pad_edge=False, padding=(0, GUTTER, 0, 0), header_style="bold")
    for position, column in enumerate(header):
        is_number = position > 0 and all(row[position][:1] in NUMBERS for row in rows)
        grid.add_column(Text(column), justify="right" if is_number else "left", no_wrap=True)
    for row in rows:
        # As `Text`: rich would take what stands in brackets for markup.
        grid.add_row(*map(Text, row))
    console.print(grid)


def _paragraph(columns: Sequence[str], row: Sequence[str], *, width: int) -> str:
    """A row as lines; what is too long to stand beside its column's name gets a line of its own."""
    from rich.cells import cell_len

    lines = []
    for column, cell in zip(columns, row, strict=True):
        beside = f"{column}: {cell}"
        lines.append(beside if cell_len(beside) <= width else f"{column}:\n  {cell}")
    return "\n".join(lines)


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
    things: Iterable[DataclassInstance], columns: Mapping[str, str], *, as_json: bool, none: str
) -> None:
    """Write a table of the fields that are named for each column; ``none`` is the message if it is empty.

    Of ARNs, which are three times as long as a narrow terminal is wide, the table has the ids.
    """
    found = list(things)
    if as_json:
        show_json(found)
    elif found:
        show_table(list(columns), [cells_of(one, columns.values()) for one in found])
    else:
        print_message(none)


def cells_of(thing: DataclassInstance, fields_shown: Iterable[str]) -> list[str]:
    """The fields of one thing as cells of a table."""
    return [_short(getattr(thing, field)) for field in fields_shown]


def show_plan(operation: str, request: Mapping[str, Any], *, as_json: bool) -> None:
    """Write the request that a dry run would have sent. Raises `InvalidConfig` for an unknown region."""
    from burnish.aws.clients import open_clients

    open_clients().require_known_region()
    if not as_json:
        print_result(f"{operation} would be called with:")
    show_json({name: value for name, value in request.items() if name != "clientRequestToken"})
    if not as_json:
        print_message("Nothing was created.")


def _short(value: object) -> str:
    plain = _plain(value)
    return plain.rpartition("/")[2] if plain.startswith("arn:") else plain


def _plain(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return shown_time(value)
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={part}" for name, part in value.items())
    if isinstance(value, tuple):
        return ", ".join(map(_plain, value))
    return str(value)


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(f"{shown(text, keep=LINES)}\n")
        stream.flush()
    # As a `BaseException`: nothing on its way may take it for a failure, and go on working for nobody.
    except BrokenPipeError as error:
        raise OutputClosed from error
