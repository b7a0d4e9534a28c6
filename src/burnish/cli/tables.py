"""Results as a table for people, or as JSON for machines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from burnish.cli.lines import tell
from burnish.shown_texts import shown


def show_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table on standard output; in a file or a pipe, lines of values with tabs between."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    if not console.is_terminal:
        for row in (columns, *rows):
            tell("\t".join(shown(str(cell)) for cell in row))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for position, column in enumerate(columns):
        table.add_column(column, justify="left" if position == 0 else "right")
    for row in rows:
        # As text, for what is in brackets is markup to this library.
        table.add_row(*(Text(shown(str(cell))) for cell in row))
    console.print(table)


def show_json(value: object) -> None:
    """A value as JSON, on one standard output, with nothing else beside it."""
    import msgspec

    tell(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
