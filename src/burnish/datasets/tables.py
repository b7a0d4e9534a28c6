"""Tables in text files: CSV as people and spreadsheets save it, and the line of what cannot be read."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from burnish.errors import InvalidDocuments

#: What may stand between columns: spreadsheets choose by the language of the system.
DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?\r?\n', re.IGNORECASE)  # as Excel writes and reads it


@dataclass(frozen=True, kw_only=True)
class TextTable:
    """The rows that are not blank: the line on which each begins, and its cells by the names of columns.

    The names are in lower case.
    """

    rows: tuple[tuple[int, dict[str, str]], ...]
    delimiter: str


def read_table(
    path: Path,
    text: str,
    needed: Sequence[str],
    *,
    optional: Sequence[str] = (),
    may_be_short: bool = False,
    skip_spaces: bool = False,
) -> TextTable:
    """The table in a text. Raises `InvalidDocuments` naming the line that cannot be read.

    There may be other columns than those. A row that ``may_be_short`` lacks cells at its end; with
    ``skip_spaces`` a quoted text may follow a space.
    """
    given = _SEPARATOR_LINE.match(text)
    body = text[given.end() :] if given else text
    usual = "\t" if path.suffix.lower() == ".tsv" else ","
    delimiter = given[1] if given else _delimiter_of(body, usual, needed)
    lines = _lines(path, body, delimiter, first=2 if given else 1, skip_spaces=skip_spaces)
    head, names = next(lines, (1, []))
    columns = [name.strip().casefold() for name in names]
    require_once(path, head, columns, (*needed, *optional))
    if lacking := [name for name in needed if name not in columns]:
        refuse(path, head, without(lacking, names))
    rows = []
    for line, cells in lines:
        if len(cells) < len(columns) and not may_be_short:
            refuse(path, line, f"it has {len(cells)} of the {len(columns)} columns {', '.join(columns)}")
        # Blank cells beyond the header are what a spreadsheet leaves where a wider table was.
        if any(cell.strip() for cell in cells[len(columns) :]):
            problem = f"it has {len(cells)} columns, and the header {len(columns)}"
            refuse(path, line, f"{problem}: put quotes around a text with {delimiter!r} in it")
        rows.append((line, dict(zip(columns, cells, strict=False))))
    return TextTable(rows=tuple(rows), delimiter=delimiter)


def refuse(path: Path, line: int, problem: str) -> NoReturn:
    """Raise `InvalidDocuments` about a line."""
    raise InvalidDocuments(f"{str(path)!r}, line {line}: {problem}")


def require_once(path: Path, line: int, names: Sequence[str], known: Sequence[str]) -> None:
    """Raise `InvalidDocuments` where one of the known names is there twice."""
    if twice := [name for name in known if names.count(name) > 1]:
        refuse(path, line, f"{twice[0]!r} appears twice: remove one")


def without(names: Sequence[str], there: Collection[str]) -> str:
    """What is missing, and, where the name is missing and not the value, which names there are."""
    has = f"; it has {', '.join(there) or 'nothing'}" if not set(names) <= set(there) else ""
    return f"there is no {' and no '.join(names)}{has}"


def _delimiter_of(text: str, usual: str, needed: Sequence[str]) -> str:
    """What separates the columns of a header that has those that are needed."""
    # Not by counting, as `csv.Sniffer` does: a text in the first rows may hold more semicolons than commas.
    header = next(iter(re.split(r"[\r\n]+", text.lstrip("\r\n"), maxsplit=1)))
    for delimiter in (usual, *DELIMITERS):
        names = {name.strip(' "').casefold() for name in header.split(delimiter)}
        if names.issuperset(needed):
            return delimiter
    return usual


def _lines(
    path: Path, text: str, delimiter: str, *, first: int, skip_spaces: bool
) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not blank, with the line on which each begins."""
    # `newline=""`: a line break within quotes belongs to the text, and must come through unchanged.
    file = io.StringIO(text, newline="")
    reader = csv.reader(file, delimiter=delimiter, skipinitialspace=skip_spaces, strict=True)
    begins = first
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield begins, row
            # The reader counts the lines it has read: a row whose texts have line breaks ends further down.
            begins = first + reader.line_num
    except csv.Error as error:
        refuse(path, begins, f"this is not CSV, or a quote is missing ({error})")
