"""Descriptions of labels from a file, for the table of document types in the prompt."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from burnish.datasets.tables import read_table, refuse
from burnish.datasets.text_files import text_in
from burnish.errors import InvalidDocuments

COLUMNS = ("label", "description")

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
    for line, row in read_table(path, text, COLUMNS, skip_spaces=True).rows:
        label, description = (row[name].strip() for name in COLUMNS)
        if not label:
            refuse(path, line, f"it describes no label, it has only {description!r}")
        yield label, description, f"{str(path)!r}, line {line}"


def _json_rows(path: Path, text: str) -> Iterator[_Row]:
    """The members of an object, those that come twice included."""
    try:
        msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError) as error:
        raise InvalidDocuments(f"{str(path)!r} is not a JSON object of texts by label: {error}") from error
    # Decoded twice: msgspec is strict, where `json` takes NaN, and `json` shows a member that is there twice.
    yield from _members(path, json.loads(text, object_pairs_hook=tuple))


def _members(path: Path, members: Iterable[tuple[str, object]]) -> Iterator[_Row]:
    for number, (label, description) in enumerate(members, 1):
        where = f"{str(path)!r}, member {number},"
        if not label.strip():
            raise InvalidDocuments(f"{where} describes no label")
        if not isinstance(description, str):
            raise InvalidDocuments(f"{where} describes {label!r} with {json.dumps(description)}: give a text")
        yield label.strip(), description.strip(), where
