"""An export of Label Studio, as JSON or JSON-MIN: images with the choice that people made."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from burnish.datasets.documents import SUFFIXES, Candidate, Documents, sort_out
from burnish.errors import InvalidDocuments

#: Label Studio puts eight hex digits before the names of files that were uploaded to it.
_UPLOADED = re.compile(r"[0-9a-f]{8}-")


@dataclass(frozen=True, kw_only=True)
class LabelStudioSource:
    """The file of an export. The documents lie in ``documents``, or where the export does."""

    path: Path
    documents: Path | None = None

    def read(self) -> Documents:
        """The documents that somebody has labelled. Raises `InvalidDocuments` where it is no export."""
        try:
            tasks = msgspec.json.decode(self.path.read_bytes(), type=list[dict[str, Any]])
        except FileNotFoundError as error:
            raise InvalidDocuments(f"{str(self.path)!r} does not exist") from error
        except msgspec.DecodeError as error:
            raise InvalidDocuments(
                f"{str(self.path)!r} is no export of Label Studio ({error}): export as JSON or JSON-MIN"
            ) from error
        if not tasks:
            raise InvalidDocuments(f"{str(self.path)!r} holds no tasks: label documents, and export again")
        files = self._files()
        candidates = (self._candidate(task, number, files) for number, task in enumerate(tasks, 1))
        return sort_out(str(self.path), candidates)

    def _files(self) -> dict[str, Path]:
        """Every document by its name, with and without the digits of an upload."""
        found: dict[str, Path] = {}
        for path in sorted((self.documents or self.path.parent).rglob("*")):
            if path.suffix.lower() in SUFFIXES:
                found.setdefault(path.name, path)
                found.setdefault(_UPLOADED.sub("", path.name, count=1), path)
        return found

    def _candidate(self, task: Mapping[str, Any], number: int, files: Mapping[str, Path]) -> Candidate:
        said = _document_in(task)
        if said is None:
            return Candidate(path=self.path, name=f"task {number}", label=None, reason="it names no document")
        name = _file_name(said)
        path = files.get(name) or files.get(_UPLOADED.sub("", name, count=1)) or self.path.parent / name
        choices = set(_choices_in(task))
        reason = None if choices else "nobody has labelled it"
        if len(choices) > 1:
            reason = (
                f"it was labelled in several ways: {', '.join(sorted(choices))}. Settle it, and export again"
            )
        label = next(iter(choices)) if len(choices) == 1 else None
        return Candidate(path=path, name=name, label=label, reason=reason)


def _document_in(task: Mapping[str, Any]) -> str | None:
    data = task.get("data") or task
    texts = [value for value in data.values() if isinstance(value, str)]
    return next((text for text in texts if Path(_file_name(text)).suffix.lower() in SUFFIXES), None)


def _file_name(text: str) -> str:
    """The file that a path, a URL, or a URL of Label Studio's own (``…?d=folder/file``) names."""
    parts = urlsplit(text)
    (inner,) = parse_qs(parts.query).get("d", [parts.path])[:1]
    return unquote(inner).rpartition("/")[2]


def _choices_in(task: Mapping[str, Any]) -> Iterator[str]:
    if "data" not in task:  # JSON-MIN
        values = (task.get(name) for name in ("choice", "choices", "label"))
        yield from (value for value in values if isinstance(value, str) and value)
        return
    for annotation in task.get("annotations") or ():
        if annotation.get("was_cancelled"):
            continue
        for result in annotation.get("result") or ():
            if result.get("type") == "choices":
                yield from map(str, (result.get("value") or {}).get("choices") or ())
