"""Text for two readers: one types commands in a terminal, the other calls functions in Python.

An error is raised far below both. Where its text depends on the reader it holds both versions, and whoever
shows it picks one: ``str`` the one for Python, the command line the one for the terminal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, kw_only=True)
class Phrasing:
    """One text for each reader: with commands and options, and with functions and arguments."""

    command: str
    call: str

    def __str__(self) -> str:
        return self.call

    def after(self, beginning: str) -> Phrasing:
        """The same for each reader, behind a beginning that is for both."""
        return Phrasing(command=f"{beginning} {self.command}", call=f"{beginning} {self.call}")


#: Most texts are the same for both.
Text: TypeAlias = str | Phrasing


def in_terminal(text: Text) -> str:
    """The text for somebody who types commands."""
    return text.command if isinstance(text, Phrasing) else text
