"""Documents with the fields that are printed on them: a JSON file beside each, or a manifest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from burnish.datasets.documents import Documents, SourceFile, usable_documents
from burnish.datasets.formats import SUFFIXES
from burnish.datasets.sources.file_trees import TreeFile, read_tree
from burnish.datasets.sources.layouts import PARTS
from burnish.datasets.sources.manifest_rows import FieldRow, read_field_rows
from burnish.datasets.sources.manifests import SUFFIXES as MANIFEST_SUFFIXES
from burnish.datasets.text_files import text_in
from burnish.errors import InvalidDocuments

#: All documents are of one type: nothing is told apart.
LABEL = "document"
HOW_TO_LAY_OUT = (
    "put a JSON file beside each document, such as 001.json beside 001.pdf, or give a .jsonl or .csv with "
    "the columns path and fields"
)


@dataclass(frozen=True, kw_only=True)
class FieldsSource:
    """A folder with a JSON file beside each document, or a manifest of paths and fields."""

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
        found = usable_documents(str(self.path), files)
        if not found.documents:
            left_out = f" ({len(found.skipped)} were left out: {found.skipped[0]})" if found.skipped else ""
            raise InvalidDocuments(
                f"{str(self.path)!r} holds no documents with fields{left_out}: {HOW_TO_LAY_OUT}"
            )
        return found

    def _named(self, row: FieldRow) -> SourceFile:
        part = PARTS.get(row.split)
        unknown = f"its split is {row.split!r}: it must be train, validation or test"
        return SourceFile(
            path=self.path.parent / row.path,
            name=row.path,
            label=LABEL,
            part=part,
            reason=unknown if row.split and not part else None,
            fields=row.fields,
        )


def _with_fields(folder: Path) -> Iterator[SourceFile]:
    """The documents of a folder, and why those are left out that have no fields."""
    for one in read_tree(folder).files:
        if one.path.suffix.lower() == ".json":
            continue
        beside = one.path.with_suffix(".json")
        is_document = one.path.suffix.lower() in SUFFIXES
        reason = one.reason
        if reason is None and is_document and not beside.is_file():
            reason = f"there is no {beside.name} beside it: write its fields there"
        yield SourceFile(
            path=one.path,
            name=one.name,
            label=LABEL,
            reason=reason,
            fields=_fields_in(one, beside) if reason is None and is_document else "",
        )


def _fields_in(document: TreeFile, beside: Path) -> str:
    text = text_in(beside, missing=f"{str(beside)!r} does not exist")
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidDocuments(
            f"{str(beside)!r}, the fields of {document.name}, is not JSON ({error}): correct the file"
        ) from error
    if not isinstance(fields, dict):
        raise InvalidDocuments(f'{str(beside)!r} is not an object: write fields as {{"total": 12.5, …}}')
    return json.dumps(fields, ensure_ascii=False)
