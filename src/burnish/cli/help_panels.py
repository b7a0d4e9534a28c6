"""How help lays out options, so that none of their names is broken in a narrow terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cyclopts.help import DefaultFormatter

if TYPE_CHECKING:
    from cyclopts.help import HelpPanel
    from rich.console import Console, ConsoleOptions

#: In fewer columns, options and what explains them do not fit side by side.
SIDE_BY_SIDE = 60


class HelpPanels(DefaultFormatter):
    """Panels as cyclopts draws them, but in a narrow terminal each option above what explains it."""

    def __call__(self, console: Console, options: ConsoleOptions, panel: HelpPanel) -> None:
        """Print a panel of commands, arguments or options."""
        if panel.format == "parameter" and console.width < SIDE_BY_SIDE:
            _show_stacked(console, panel)
        else:
            super().__call__(console, options, panel)


def _show_stacked(console: Console, panel: HelpPanel) -> None:
    from cyclopts.help import DescriptionRenderer
    from rich.padding import Padding
    from rich.text import Text

    console.print(Text(f"{panel.title}:"))
    for entry in panel.entries:
        console.print(Text(f"  {' '.join(entry.display_labels_with_metavar)}", style="cyan"))
        console.print(Padding(DescriptionRenderer()(entry), (0, 0, 0, 6)))
