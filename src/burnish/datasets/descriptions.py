"""Descriptions of labels from a file, for the table of document types in the prompt."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from burnish.datasets.text_files import text_in
from burnish.errors import InvalidDocuments

COLUMNS = ("label", "description")
DELIMITERS = (",", ";", "\t", "|")

#: A label, what it means, and where in the file that stands.
_Row = tuple[str, str, str]


def read_descriptions(path: Path) -> dict[str, str]:
    """The descriptions by label, from a CSV with the columns label and description, or a JSON object.

    A label without a description is left out. Raises `InvalidDocuments` naming the line, or the label, for
    what cannot be read or says two things of one label.
    """
    text = text_in(path, missing=f"There are no descriptions at {str(path)!r}")
    rows = _json_rows(path, text) if path.suffix.lower() == ".json" else _csv_rows(path, text)
    found: dict[str, tuple[str, str]] = {}
    for label, description, where in rows:
        earlier, there = found.setdefault(label, (description, where))
        if description != earlier:
            raise InvalidDocuments(
                f"{where} describes {label!r} as {description!r}, and {there} as {earlier!r}: keep one"
            )
    if not found:
        raise InvalidDocuments(f"{str(path)!r} describes nothing: give lines of label and description")
    return {label: description for label, (description, _) in found.items() if description}


def _csv_rows(path: Path, text: str) -> Iterator[_Row]:
    """The lines of a table whose columns any of `DELIMITERS` parts."""
    delimiter = next((one for one in DELIMITERS if set(COLUMNS) <= set(_names(text, one))), ",")
    names = _names(text, delimiter)
    if any(names.count(name) != 1 for name in COLUMNS):
        have = ", ".join(names) or "of nothing"
        raise InvalidDocuments(
            f"{str(path)!r} has the columns {have}: it must have the columns label and description"
        )
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True, strict=True
    )
    line = 1
    try:
        for number, row in enumerate(reader):
            where = f"{str(path)!r}, line {line}"
            if number and any(cell.strip() for cell in row):
                yield _csv_row(where, names, row)
            line = reader.line_num + 1
    except csv.Error as error:
        raise InvalidDocuments(f"{str(path)!r}, line {line}: {error}") from error


def _names(text: str, delimiter: str) -> list[str]:
    """The names of the columns, as the first line has them."""
    header = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True), [])
    return [name.strip().lower() for name in header]


def _csv_row(where: str, names: list[str], row: list[str]) -> _Row:
    if len(row) != len(names):
        remedy = "put texts that hold the separator in quotes" if len(row) > len(names) else "fill them in"
        raise InvalidDocuments(
            f"{where} has {len(row)} of {len(names)} columns ({', '.join(names)}): {remedy}"
        )
    label, description = (row[names.index(name)].strip() for name in COLUMNS)
    if not label:
        raise InvalidDocuments(f"{where} describes no label: it has only {description!r}")
    return label, description, where


def _json_rows(path: Path, text: str) -> Iterator[_Row]:
    """The members of an object, those that come twice included."""
    try:
        msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidDocuments(f"{str(path)!r} is no JSON object of texts by label: {error}") from error
    yield from _members(path, json.loads(text, object_pairs_hook=tuple))


def _members(path: Path, members: Iterable[tuple[str, object]]) -> Iterator[_Row]:
    for number, (label, description) in enumerate(members, 1):
        where = f"{str(path)!r}, member {number},"
        if not label.strip():
            raise InvalidDocuments(f"{where} describes no label")
        if not isinstance(description, str):
            raise InvalidDocuments(f"{where} describes {label!r} with {json.dumps(description)}: give a text")
        yield label.strip(), description.strip(), where
