"""What all sources of documents with fields share: one type, fields as JSON, and parts by folders."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from burnish.datasets.documents import Documents, Part, SourceFile, usable_documents
from burnish.datasets.formats import SUFFIXES
from burnish.datasets.sources.layouts import PARTS, Folders
from burnish.errors import InvalidDocuments

#: All documents are of one type: nothing is told apart.
LABEL = "document"


def documents_with_fields(
    origin: str, files: Iterable[SourceFile], *, how: str, notes: Iterable[str] = ()
) -> Documents:
    """The usable documents. Raises `InvalidDocuments` where there are none, saying ``how`` to give fields."""
    found = usable_documents(origin, files, notes=notes)
    if not found.documents:
        left_out = f" ({len(found.skipped)} were left out: {found.skipped[0]})" if found.skipped else ""
        raise InvalidDocuments(f"{origin!r} holds no documents with fields{left_out}: {how}")
    return found


def fields_text(fields: Mapping[str, Any]) -> str:
    """Fields as a document has them: a JSON object as text."""
    return json.dumps(fields, ensure_ascii=False)


def fields_in_file(text: str, *, where: str, name: str) -> str:
    """The fields of the document ``name`` in the text of a file. Raises `InvalidDocuments`."""
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidDocuments(
            f"{where!r}, the fields of {name}, is not JSON ({error}): correct the file"
        ) from error
    if not isinstance(fields, dict):
        raise InvalidDocuments(f'{where!r} is not an object: write fields as {{"total": 12.5, …}}')
    return fields_text(fields)


@dataclass(frozen=True, kw_only=True)
class FiledDocument:
    """The files of a document by their names: one file, or those of a folder, each a page.

    ``fields`` is what the file with its fields is to be called, beside the file or beside the folder.
    """

    name: str
    files: tuple[str, ...]
    fields: str


def filed_documents(names: Iterable[str], there: Container[str]) -> list[FiledDocument]:
    """The documents that files are, where ``there`` are the names of the files with fields."""
    pages: defaultdict[str, list[str]] = defaultdict(list)
    for name in names:
        path = PurePosixPath(name)
        is_page = path.suffix.lower() in SUFFIXES and str(path.with_suffix(".json")) not in there
        pages[str(path.parent) if is_page and f"{path.parent}.json" in there else name].append(name)
    return [
        FiledDocument(
            name=name,
            files=tuple(sorted(files, key=_by_numbers)),
            fields=str(PurePosixPath(name).with_suffix(".json")) if files == [name] else f"{name}.json",
        )
        for name, files in pages.items()
    ]


def _by_numbers(name: str) -> list[tuple[int, str]]:
    """A key by which page 10 comes after page 9."""
    return [(int(one), "") if one.isdecimal() else (-1, one) for one in re.split("([0-9]+)", name)]


def parts_of(folders: Collection[Folders]) -> Mapping[Folders, Part]:
    """The part of each folder, where every document lies in one that is named train, validation or test."""
    parts = {one: PARTS.get(one[0].casefold()) for one in folders if one}
    known = {one: part for one, part in parts.items() if part}
    return known if len(known) == len(set(folders)) else {}
