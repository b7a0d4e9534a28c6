"""A CSV or JSONL file that names documents and their labels."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from burnish.datasets.documents import Documents, SourceFile, usable_documents
from burnish.datasets.sources.layouts import PARTS
from burnish.datasets.sources.manifest_rows import Row, read_paths, read_rows
from burnish.datasets.tables import refuse
from burnish.errors import InvalidDocuments

#: Of files that are manifests.
SUFFIXES = (".csv", ".tsv", ".jsonl")


@dataclass(frozen=True, kw_only=True)
class ManifestSource:
    """A file with the columns ``path`` and ``label``, and where wanted ``description`` and ``split``.

    Paths that are not absolute are taken from the file's own folder. ``description`` says what a label
    means; ``split`` is train, validation or test.
    """

    path: Path

    def read(self) -> Documents:
        """The documents. Raises `InvalidDocuments` naming the line that is wrong or contradicts another."""
        read = read_rows(self.path)
        if not read.rows:
            raise InvalidDocuments(f"{str(self.path)!r} names no documents: give lines of path and label")
        self._refuse_contradictions(read.rows)
        return usable_documents(
            str(self.path), map(self._candidate, read.rows), self._descriptions(read.rows), notes=read.notes
        )

    def _refuse_contradictions(self, rows: Iterable[Row]) -> None:
        """Raise for a document that is said to be two things: which is true, nobody else can know."""
        first: dict[str, Row] = {}
        for row in rows:
            # By the path it leads to: ./a.png and a.png are one document, however they are written.
            earlier = first.setdefault(os.path.normpath(self._file_of(row)), row)
            for name in ("label", "split"):
                one, other = getattr(earlier, name), getattr(row, name)
                if one != other:
                    said = f"{row.path!r} has the {name} {other!r} here, and {one!r} in line {earlier.number}"
                    refuse(self.path, row.number, f"{said}: resolve it, and leave one of the lines")

    def _descriptions(self, rows: Iterable[Row]) -> dict[str, str]:
        """What each label means. Raises where two lines differ in that."""
        found: dict[str, Row] = {}
        for row in rows:
            if row.description:
                earlier = found.setdefault(row.label, row)
                if earlier.description != row.description:
                    one, other = (f"{said.description!r} beside {said.path!r}" for said in (earlier, row))
                    remedy = "A description is that of the label: keep one, or leave the column out"
                    problem = f"{row.label!r} is described in two ways: {one}, and {other}. {remedy}"
                    refuse(self.path, row.number, problem)
        return {label: row.description for label, row in found.items()}

    def _candidate(self, row: Row) -> SourceFile:
        part = PARTS.get(row.split)
        reason = _reason_in(row.path)
        if row.split and not part:
            reason = f"its split is {row.split!r}: it must be train, validation or test"
        return SourceFile(path=self._file_of(row), name=row.path, label=row.label, part=part, reason=reason)

    def _file_of(self, row: Row) -> Path:
        return _file_named(row.path, beside=self.path)


def listed_files(path: Path) -> list[SourceFile]:
    """The files that the column ``path`` of a manifest names, each once, whatever their labels.

    Raises `InvalidDocuments` naming a line that cannot be understood.
    """
    found: dict[str, SourceFile] = {}
    for name in read_paths(path):
        file = _file_named(name, beside=path)
        # As for labels: ./a.png and a.png are one document, however they are written.
        one = SourceFile(path=file, name=name, label=None, reason=_reason_in(name))
        found.setdefault(os.path.normpath(file), one)
    return list(found.values())


def _reason_in(name: str) -> str | None:
    return "it is a URL: copy the file to this machine, and give its path" if "://" in name else None


def _file_named(name: str, *, beside: Path) -> Path:
    """The file that a line names. One written on Windows has backslashes, where no file is named so."""
    if name.startswith("~/"):
        return Path(name).expanduser()
    path = beside.parent / name
    if "\\" in name and not os.path.lexists(path):
        return beside.parent / name.replace("\\", "/")
    return path
