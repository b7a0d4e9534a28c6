"""Rows of CSV and JSONL tables of documents; errors name the line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from burnish.datasets.tables import DELIMITERS, read_table, refuse, require_once, without
from burnish.datasets.text_files import text_in

NEEDED = ("path", "label")
OPTIONAL = ("description", "split")
COLUMNS = (*NEEDED, *OPTIONAL)
#: Of manifests that say what is to be read off each document.
FIELD_COLUMNS = ("path", "fields")
#: Up to here a number with a point holds every whole number exactly.
_EXACT = 2**53


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of a manifest: where it stands, and what it says. What it says nothing of is empty."""

    number: int
    path: str
    label: str
    description: str = ""
    split: str = ""


@dataclass(frozen=True, kw_only=True)
class FieldRow:
    """A line of a manifest of fields: ``fields`` is a JSON object as text.

    There are several ``paths`` where each page of the document is a file.
    """

    number: int
    paths: tuple[str, ...]
    fields: str
    split: str = ""


@dataclass(frozen=True, kw_only=True)
class Rows:
    """The lines of a manifest, and how they were read, where a person may not expect it."""

    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Table:
    """Lines as they stand: each a number, and values by the names of columns."""

    lines: Sequence[tuple[int, Mapping[str, Any]]]
    notes: tuple[str, ...] = ()


def read_rows(path: Path) -> Rows:
    """The lines of a manifest. Raises `InvalidDocuments` naming the first that cannot be understood.

    Names of columns may be in any case. A label may be text, a whole number, or true or false; 1.0 is the
    class 1.
    """
    text = text_in(path, missing=f"{str(path)!r} does not exist")
    table = _jsonl(path, text) if path.suffix.lower() == ".jsonl" else _csv(path, text)
    rows = tuple(_row(path, number, values) for number, values in table.lines)
    unused = {str(name) for _, values in table.lines for name in values} - set(COLUMNS)
    notes = [*table.notes, *_notes_on(table, unused)]
    return Rows(rows=rows, notes=tuple(f"{path.name}: {note}" for note in notes))


def read_paths(path: Path) -> tuple[str, ...]:
    """The column ``path`` of a manifest, whatever else it has, in the order of its lines.

    Raises `InvalidDocuments` naming the first line that cannot be understood.
    """
    text = text_in(path, missing=f"{str(path)!r} does not exist")
    table = _jsonl(path, text) if path.suffix.lower() == ".jsonl" else read_table(path, text, ("path",))
    lines = table.lines if isinstance(table, _Table) else table.rows
    return tuple(_path_in(path, number, values) for number, values in lines)


def _path_in(path: Path, number: int, values: Mapping[str, Any]) -> str:
    given = _plain(values.get("path"))
    if given in (None, ""):
        refuse(path, number, without(["path"], values))
    if not isinstance(given, str):
        refuse(path, number, f"the path is {_kind_of(given)}: it must be text")
    return given


def read_field_rows(path: Path) -> tuple[FieldRow, ...]:
    """The lines of a manifest with the columns ``path``, ``fields`` and where wanted ``split``.

    Raises `InvalidDocuments` naming the first that cannot be understood.
    """
    text = text_in(path, missing=f"{str(path)!r} does not exist")
    if path.suffix.lower() == ".jsonl":
        lines: Sequence[tuple[int, Mapping[str, Any]]] = _jsonl(path, text).lines
    else:
        lines = read_table(path, text, FIELD_COLUMNS, optional=("split",)).rows
    return tuple(_field_row(path, number, values) for number, values in lines)


def _field_row(path: Path, number: int, values: Mapping[str, Any]) -> FieldRow:
    given = {name: _plain(values.get(name)) for name in (*FIELD_COLUMNS, "split")}
    if lacking := [name for name in FIELD_COLUMNS if given[name] in (None, "", [])]:
        refuse(path, number, without(lacking, values))
    paths = given["path"] if isinstance(given["path"], list) else [given["path"]]
    for name, value in (*(("path", one) for one in paths), ("split", given["split"])):
        if not isinstance(value, str | None):
            refuse(path, number, f"the {name} is {_kind_of(value)}: it must be text")
    return FieldRow(
        number=number,
        paths=tuple(paths),
        fields=_fields_text(path, number, given["fields"]),
        split=(given["split"] or "").casefold(),
    )


def _fields_text(path: Path, number: int, value: Any) -> str:  # noqa: ANN401  # whatever JSON holds
    """Fields as the text of a JSON object; in CSV they are one already."""
    try:
        fields = json.loads(value) if isinstance(value, str) else value
    except ValueError as error:
        refuse(path, number, f"the fields are not JSON ({error}): write them as an object")
    if not isinstance(fields, dict):
        refuse(path, number, 'the fields are not an object: write them as {"total": 12.5, …}')
    return json.dumps(fields, ensure_ascii=False)


def _jsonl(path: Path, text: str) -> _Table:
    """A record is what stands between two line feeds: other separators of lines may be part of a text."""
    lines = []
    for number, line in enumerate(text.split("\n"), 1):
        if not (record := line.strip(" \t\r")):
            continue
        if "\r" in record:
            refuse(path, number, "lines end in CR alone, as on old Macs: save the file with LF or CRLF")
        lines.append((number, _with_plain_names(path, number, _object(path, number, record))))
    return _Table(lines=lines)


def _object(path: Path, number: int, record: str) -> list[tuple[str, Any]]:
    """The members of a JSON object, those of the same name too."""
    try:
        # Decoded thrice: msgspec is strict, where `json` takes NaN, and pairs show a member that is there
        # twice.
        msgspec.json.decode(record, type=dict[str, Any])
        values: dict[str, Any] = json.loads(record)
        names = [name for name, _ in json.loads(record, object_pairs_hook=list)]
    except (msgspec.DecodeError, RecursionError) as error:
        return refuse(path, number, str(error))
    return [(name, values[name]) for name in names]


def _csv(path: Path, text: str) -> _Table:
    table = read_table(path, text, NEEDED, optional=OPTIONAL)
    told = f"its columns are separated by {DELIMITERS.get(table.delimiter, repr(table.delimiter))}"
    return _Table(lines=table.rows, notes=(told,) if table.delimiter != "," and table.rows else ())


def _with_plain_names(path: Path, number: int, members: list[tuple[str, Any]]) -> dict[str, Any]:
    """Values by the names of their columns, which may be in any case but not be there twice."""
    names = [name.strip().casefold() for name, _ in members]
    require_once(path, number, names, COLUMNS)
    return dict(zip(names, (value for _, value in members), strict=True))


def _row(path: Path, number: int, values: Mapping[str, Any]) -> Row:
    given = {name: _plain(value) for name, value in values.items() if name in COLUMNS}
    if lacking := [name for name in NEEDED if given.get(name) in (None, "")]:
        refuse(path, number, without(lacking, values))
    for name in set(given) - {"label"}:
        if not isinstance(given[name], str | None):
            refuse(path, number, f"the {name} is {_kind_of(given[name])}: it must be text")
    return Row(
        number=number,
        path=given["path"],
        label=_label_of(path, number, given["label"]),
        description=given.get("description") or "",
        split=(given.get("split") or "").casefold(),
    )


def _plain(value: Any) -> Any:  # noqa: ANN401  # whatever JSON holds
    return value.strip() if isinstance(value, str) else value


def _label_of(path: Path, number: int, value: Any) -> str:  # noqa: ANN401
    """A label as text: a class may be told by a number."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer() and abs(value) < _EXACT):
        return str(int(value))
    return refuse(
        path, number, f"the label is {_kind_of(value)}: it must be text, a whole number, or true or false"
    )


def _kind_of(value: Any) -> str:  # noqa: ANN401
    kinds = {bool: "true or false", float: f"the number {value}", int: "a number"}
    return kinds.get(type(value), "a list or an object")


def _notes_on(table: _Table, unused: set[str]) -> Iterator[str]:
    if any(isinstance(values.get("label"), float) for _, values in table.lines):
        yield "labels such as 1.0 are the class 1"
    if unused:
        yield f"not used are the columns {', '.join(sorted(unused))}"
