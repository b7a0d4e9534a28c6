"""Documents with the fields that are printed on them: a JSON file beside each, or a manifest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from burnish.datasets.documents import Documents, SourceFile
from burnish.datasets.formats import SUFFIXES
from burnish.datasets.sources.fields import (
    LABEL,
    documents_with_fields,
    fields_in_file,
    filed_documents,
    parts_of,
)
from burnish.datasets.sources.file_trees import read_tree
from burnish.datasets.sources.layouts import PARTS
from burnish.datasets.sources.manifest_rows import FieldRow, read_field_rows
from burnish.datasets.sources.manifests import SUFFIXES as MANIFEST_SUFFIXES
from burnish.datasets.text_files import text_in
from burnish.errors import InvalidDocuments

HOW_TO_LAY_OUT = (
    "put a JSON file beside each document, such as 001.json beside 001.pdf, or give a .jsonl or .csv with "
    "the columns path and fields"
)


@dataclass(frozen=True, kw_only=True)
class FieldsSource:
    """A folder with a JSON file beside each document, or a manifest of paths and fields.

    A document whose pages are files is a folder of them, or a list of paths.

    Where all documents of a folder lie below train, validation and test, these are parts of the data set.
    """

    path: Path

    def read(self) -> Documents:
        """The documents with their fields. Raises `InvalidDocuments` naming the file and what is wrong."""
        if self.path.suffix.lower() in MANIFEST_SUFFIXES:
            files = [self._named(row) for row in read_field_rows(self.path)]
        elif self.path.is_dir():
            files = list(_with_fields(self.path))
        else:
            what = "is no folder and no manifest" if self.path.exists() else "does not exist"
            raise InvalidDocuments(f"{str(self.path)!r} {what}: {HOW_TO_LAY_OUT}")
        return documents_with_fields(str(self.path), files, how=HOW_TO_LAY_OUT)

    def _named(self, row: FieldRow) -> SourceFile:
        part = PARTS.get(row.split)
        unknown = f"its split is {row.split!r}: it must be train, validation or test"
        first, *further = (self.path.parent / path for path in row.paths)
        return SourceFile(
            path=first,
            name=row.paths[0],
            label=LABEL,
            part=part,
            reason=unknown if row.split and not part else None,
            fields=row.fields,
            further=tuple(further),
        )


def _with_fields(folder: Path) -> Iterator[SourceFile]:
    """The documents of a folder, and why those are left out that have no fields."""
    files = {one.name: one for one in read_tree(folder).files}
    beside = {name: one.path for name, one in files.items() if one.path.suffix.lower() == ".json"}
    others = [one for name, one in files.items() if name not in beside]
    parts = parts_of([one.folders for one in others if one.reason is None])
    for one in filed_documents([file.name for file in others], beside):
        first, *further = (files[name] for name in one.files)
        is_document = first.path.suffix.lower() in SUFFIXES
        reason = first.reason
        if reason is None and is_document and one.fields not in beside:
            reason = f"there is no {Path(one.fields).name} beside it: write its fields there"
        yield SourceFile(
            path=first.path,
            name=one.name,
            label=LABEL,
            part=parts.get(first.folders),
            reason=reason,
            fields=_fields_in(one.name, beside[one.fields]) if reason is None and is_document else "",
            further=tuple(page.path for page in further),
        )


def _fields_in(document: str, beside: Path) -> str:
    text = text_in(beside, missing=f"{str(beside)!r} does not exist")
    return fields_in_file(text, where=str(beside), name=document)
