"""Corrections files: CSV that `burnish audit` writes, a person edits, and a spreadsheet may have saved.

The columns ``name``, ``label`` and ``decision`` are required; a decision is empty, ``keep``, ``drop``, or the
right label. ``digest`` and ``source`` identify the document, whatever a spreadsheet makes of its name.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from burnish.datasets.text_files import text_in
from burnish.errors import InvalidDocuments
from burnish.spreadsheets import guarded, unguarded

COLUMNS = ("name", "label", "decision")
ALL_COLUMNS = (*COLUMNS, "suggested", "reason", "source", "digest")
#: Before a digest, so that no spreadsheet takes it for a number.
SHA256 = "sha256:"
_DELIMITERS = (",", ";", "\t")


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
    """The decisions in a file. Raises `InvalidDocuments` naming the line that cannot be read.

    Columns are separated by commas, semicolons or tabs: spreadsheets choose by the language of the system.
    """
    text = text_in(path, missing=f"There are no corrections at {str(path)!r}")
    rows = _records(path, text)
    return Corrections(name=path.name, rows=tuple(_correction(path, line, row) for line, row in rows))


def csv_of_corrections(rows: Iterable[Sequence[str]]) -> str:
    """A file of decisions: rows of `ALL_COLUMNS` under their names."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(ALL_COLUMNS)
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    return buffer.getvalue()


def _records(path: Path, text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Line and cells by column of each row that is not blank."""
    header = text.partition("\n")[0]
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=max(_DELIMITERS, key=header.count), strict=True
    )
    try:
        columns = _columns(path, next(reader, []))
        for cells in reader:
            if any(cell.strip() for cell in cells[len(columns) :]):
                raise InvalidDocuments(
                    f"{str(path)!r}, line {reader.line_num}: there are {len(cells)} cells for "
                    f"{len(columns)} columns. A text with a {reader.dialect.delimiter!r} needs quotes"
                )
            if any(cell.strip() for cell in cells):
                yield reader.line_num, dict(zip(columns, cells, strict=False))
    except csv.Error as error:
        raise InvalidDocuments(f"{str(path)!r}, line {reader.line_num}, cannot be read: {error}") from error


def _columns(path: Path, header: Sequence[str]) -> list[str]:
    columns = [name.strip().casefold() for name in header]
    if not set(COLUMNS) <= set(columns):
        raise InvalidDocuments(
            f"{str(path)!r} has the columns {', '.join(header) or 'of nothing'}: "
            f"{', '.join(COLUMNS)} are needed, as `burnish audit` writes them"
        )
    if twice := [name for name in ALL_COLUMNS if columns.count(name) > 1]:
        raise InvalidDocuments(f"{str(path)!r} has the column {twice[0]!r} twice: leave one of them")
    return columns


def _correction(path: Path, line: int, row: dict[str, str]) -> Correction:
    name, digest = row.get("name", ""), row.get("digest", "").strip().lower().removeprefix(SHA256)
    if not name.strip() and not digest:
        raise InvalidDocuments(f"{str(path)!r}, line {line}: there is no name, and no digest")
    if digest and not re.fullmatch("[0-9a-f]{64}", digest):
        raise InvalidDocuments(
            f"{str(path)!r}, line {line}: {row['digest']!r} is no SHA-256 of a document. Take it from the "
            "file that `burnish audit` wrote, or leave the column empty to go by the name"
        )
    return Correction(
        file=path.name,
        line=line,
        name=name,
        label=row.get("label", ""),
        decision=row.get("decision", ""),
        source=row.get("source", "").strip(),
        digest=digest or None,
    )
