"""A data set of Hugging Face's `datasets` whose rows say what is to be read off their images."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from burnish.datasets.documents import Documents, SourceFile
from burnish.datasets.sources.fields import LABEL, documents_with_fields, fields_text
from burnish.datasets.sources.hugging_face import (
    folder_of_copies,
    image_column_of,
    loaded_parts,
    notes_on_parts,
)
from burnish.datasets.sources.hugging_face_rows import UnusableRow, file_of
from burnish.datasets.sources.layouts import PARTS
from burnish.errors import InvalidDocuments

HOW_TO_GIVE_FIELDS = "give a column of objects, or of their JSON as text, and name it with --control NAME"
#: What the data sets made for Donut have their fields under, as text of JSON.
_DONUT = "gt_parse"


@dataclass(frozen=True, kw_only=True)
class HuggingFaceFieldsSource:
    """A data set with an image, or several, and an object of fields in each row, by its name or its folder.

    Without ``fields_column`` it is the one column that has objects, or their JSON as text. Of Donut's
    ``{"gt_parse": {…}}`` the inner object is read.
    """

    name: str
    image_column: str | None = None
    fields_column: str | None = None
    cache: Path | None = None

    def read(self) -> Documents:
        """The documents with their fields. Raises `InvalidDocuments`."""
        parts = loaded_parts(self.name)
        files = list(self._files(parts))
        return documents_with_fields(
            self.name, files, how=HOW_TO_GIVE_FIELDS, notes=tuple(notes_on_parts(parts))
        )

    def _files(self, parts: Mapping[str, Any]) -> Iterator[SourceFile]:
        folder = self.cache or folder_of_copies(self.name)
        for name, part in parts.items():
            image = image_column_of(self.name, part.features, self.image_column)
            fields = self._fields_column(part)
            role = PARTS.get(name.lower()) if len(parts) > 1 else None
            for number, row in enumerate(part.select_columns([image, fields])):
                blank = SourceFile(path=folder, name=f"{name}/{number:07}", label=LABEL, part=role)
                try:
                    images = row[image] if isinstance(row[image], list) else [row[image]]
                    pages = [file_of(one, beside=Path(self.name), cache=folder) for one in images]
                    first, *further = pages or [file_of(None, beside=folder, cache=folder)]
                    told = _fields_of(row[fields])
                    yield replace(blank, path=first, further=tuple(further), fields=told)
                except UnusableRow as error:
                    yield replace(blank, reason=str(error))

    def _fields_column(self, part: Any) -> str:  # noqa: ANN401  # `datasets` is an extra
        """The column with the fields. Raises `InvalidDocuments` where there is none, or a choice."""
        names: list[str] = list(part.features)
        found = [name for name in names if _holds_objects(part, name)]
        wanted = self.fields_column
        if wanted is not None and wanted in names:
            return wanted
        if wanted is None and len(found) == 1:
            return found[0]
        which = f"no column {wanted!r}" if wanted else ("several columns" if found else "no column")
        candidates = f", {', '.join(found)}" if found else ""
        raise InvalidDocuments(
            f"The data set {self.name!r} has {which} of objects with fields{candidates}; its columns are "
            f"{', '.join(names)}: {HOW_TO_GIVE_FIELDS}"
        )


def _holds_objects(part: Any, name: str) -> bool:  # noqa: ANN401
    """Whether a column has objects, or texts of which the first is the JSON of one."""
    feature = part.features[name]
    if isinstance(feature, dict):
        return True
    if getattr(feature, "dtype", None) not in ("string", "large_string"):
        return False
    first = next((one for one in part.select_columns([name])[:20][name] if one), None)
    return _object_in(first) is not None


def _fields_of(value: object) -> str:
    if value is None or value == "":
        raise UnusableRow("it has no fields")
    fields = value if isinstance(value, dict) else _object_in(value)
    if fields is None:
        raise UnusableRow("its fields are not an object, and not the JSON of one")
    inner = fields.get(_DONUT)
    return fields_text(_plain(inner if isinstance(inner, dict) else fields))


def _object_in(value: object) -> dict[str, Any] | None:
    try:
        found = json.loads(value) if isinstance(value, str) else None
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _plain(value: Any) -> Any:  # noqa: ANN401  # whatever a row holds
    """A value as JSON has it: a day as its date, and null for what is no number. Raises `UnusableRow`."""
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, datetime) and value.time() == datetime.min.time():
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None  # as `datasets` stores a number that is missing
    if isinstance(value, str | int | float | None):
        return value
    raise UnusableRow(f"its fields hold a value of the type {type(value).__name__}, which JSON has not")
