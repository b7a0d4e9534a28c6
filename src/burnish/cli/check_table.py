"""What `burnish doctor` has found, a row for each check, which a narrow terminal wraps in its column."""

from __future__ import annotations

from collections.abc import Sequence

from burnish.cli.output import show_table
from burnish.cli.terminal_text import draws_unicode
from burnish.doctor.check_results import CheckResult, Severity
from burnish.shown_texts import shown

_COLOURS = {Severity.OK: "green", Severity.NOTE: "yellow", Severity.PROBLEM: "bold red"}
_MARKS = {Severity.OK: "\N{CHECK MARK}", Severity.NOTE: "!", Severity.PROBLEM: "\N{BALLOT X}"}
_PLAIN_MARKS = {Severity.OK: "+", Severity.NOTE: "!", Severity.PROBLEM: "x"}


def show_checks(results: Sequence[CheckResult]) -> None:
    """Write the results: in a terminal with marks, what several are of once; tab-separated elsewhere."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    if not console.is_terminal:
        show_table(("state", "of", "result"), [(one.severity, one.subject, one.says) for one in results])
        return
    marks = _MARKS if draws_unicode(console.file) else _PLAIN_MARKS
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    before = ""
    for one in results:
        mark = Text(marks[one.severity], style=_COLOURS[one.severity])
        subject = "" if one.subject == before else one.subject
        table.add_row(mark, Text(subject, style="bold"), Text(shown(one.says)))
        before = one.subject
    console.print(table)
