"""Corrections files: CSV that `burnish audit` writes, a person edits, and a spreadsheet may have saved.

The columns ``name``, ``label`` and ``decision`` are required; a decision is empty, ``keep``, ``drop``, or the
right label. ``digest`` and ``source`` identify the document, whatever a spreadsheet makes of its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from burnish.csv_cells import csv_of, unguarded
from burnish.datasets.tables import read_table, refuse
from burnish.datasets.text_files import text_in

COLUMNS = ("name", "label", "decision")
OPTIONAL = ("suggested", "reason", "source", "digest")
ALL_COLUMNS = (*COLUMNS, *OPTIONAL)
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
    text = text_in(path, missing=f"There are no corrections at {str(path)!r}")
    # A short row is whole: people leave out the columns at the end, and spreadsheets the empty ones.
    table = read_table(path, text, COLUMNS, optional=OPTIONAL, may_be_short=True)
    return Corrections(name=path.name, rows=tuple(_correction(path, *row) for row in table.rows))


def csv_of_corrections(rows: Iterable[Sequence[str]]) -> str:
    """A file of decisions: rows of `ALL_COLUMNS` under their names."""
    return csv_of((ALL_COLUMNS, *rows))


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
    )
