"""Corrections files: CSV that `burnish audit` writes, a person edits, and a spreadsheet may have saved.

The columns ``name``, ``label`` and ``decision`` are required; a decision is empty, ``keep``, ``drop``, or the
right label. ``digest`` and ``source`` identify the document, whatever a spreadsheet makes of its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from burnish.csv_cells import csv_of, guarded, unguarded
from burnish.datasets.tables import TextTable, read_table, refuse
from burnish.datasets.text_files import text_in
from burnish.disk import replace_file

COLUMNS = ("name", "label", "decision")
OPTIONAL = ("suggested", "reason", "source", "digest")
ALL_COLUMNS = (*COLUMNS, *OPTIONAL)
KEEP, DROP = "keep", "drop"
#: Before a word that is a label as well as an action, one of these says which is meant.
AS_LABEL, AS_ACTION = "label:", "action:"
#: Before a digest, so that no spreadsheet takes it for a number.
SHA256 = "sha256:"


@dataclass(frozen=True, kw_only=True)
class Correction:
    """A row of the file: the document, its label at the time, and the decision, as written."""

    file: str
    line: int
    name: str
    label: str
    decision: str
    source: str = ""
    digest: str | None = None
    #: What an audit says about the document.
    suggested: str = ""
    reason: str = ""

    @property
    def place(self) -> str:
        """The file and the line."""
        return f"{self.file!r}, line {self.line}"

    @property
    def names(self) -> frozenset[str]:
        """The names that it may refer to: as written, stripped, and without the guard against formulas."""
        return frozenset({self.name, self.name.strip(), unguarded(self.name.strip())})


@dataclass(frozen=True, kw_only=True)
class Corrections:
    """The rows of a file, in their order, those without a decision too."""

    name: str
    rows: tuple[Correction, ...]


def read_corrections(path: Path) -> Corrections:
    """The decisions in a file. Raises `InvalidDocuments` naming the line that cannot be read."""
    rows = tuple(_correction(path, *row) for row in _table_in(path).rows)
    return Corrections(name=path.name, rows=rows)


def decision_for(label: str) -> str:
    """How a file says that a document has a label, whatever that is called."""
    word = label.strip().casefold()
    is_mistakable = word in (KEEP, DROP) or word.startswith((AS_LABEL, AS_ACTION))
    return AS_LABEL + label if is_mistakable else label


def write_decision(path: Path, line: int, decision: str) -> None:
    """Write a decision into the row of a file that begins on a line; all others stay as they are."""
    rows = [
        row | {"decision": guarded(decision)} if begins == line else row
        for begins, row in _table_in(path).rows
    ]
    columns = list(dict.fromkeys([*ALL_COLUMNS, *(name for row in rows for name in row)]))
    # What is read is guarded already where it has to be.
    cells = [[unguarded(row.get(name, "")) for name in columns] for row in rows]
    replace_file(path, csv_of([columns, *cells]).encode())


def csv_of_corrections(rows: Iterable[Sequence[str]]) -> str:
    """A file of decisions: rows of `ALL_COLUMNS` under their names."""
    return csv_of((ALL_COLUMNS, *rows))


def _table_in(path: Path) -> TextTable:
    text = text_in(path, missing=f"There are no corrections at {str(path)!r}")
    # A short row is whole: people leave out the columns at the end, and spreadsheets the empty ones.
    return read_table(path, text, COLUMNS, optional=OPTIONAL, may_be_short=True)


def _correction(path: Path, line: int, row: dict[str, str]) -> Correction:
    name, digest = row.get("name", ""), row.get("digest", "").strip().lower().removeprefix(SHA256)
    if not name.strip() and not digest:
        refuse(path, line, "there is no name, and no digest")
    if digest and not re.fullmatch("[0-9a-f]{64}", digest):
        remedy = (
            "Take it from the file that `burnish audit` wrote, or leave the column empty to go by the name"
        )
        refuse(path, line, f"{row['digest']!r} is not the SHA-256 of a document. {remedy}")
    return Correction(
        file=path.name,
        line=line,
        name=name,
        label=row.get("label", ""),
        decision=row.get("decision", ""),
        source=row.get("source", "").strip(),
        digest=digest or None,
        suggested=row.get("suggested", ""),
        reason=row.get("reason", ""),
    )
