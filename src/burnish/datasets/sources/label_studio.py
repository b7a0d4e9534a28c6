"""An export of Label Studio, as JSON or JSON-MIN: images with the choice that people made."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec

from burnish.datasets.documents import SUFFIXES, Candidate, Documents, sort_out
from burnish.errors import InvalidDocuments

#: Label Studio puts eight hex digits before the names of files that were uploaded to it.
_UPLOADED = re.compile(r"[0-9a-f]{8}-")


class _Value(msgspec.Struct):
    choices: list[str] = []


class _Result(msgspec.Struct):
    type: str = ""
    value: _Value = msgspec.field(default_factory=_Value)


class _Annotation(msgspec.Struct):
    result: list[_Result] = []
    was_cancelled: bool = False


class _Task(msgspec.Struct):
    """A task of the whole export; that of JSON-MIN is its data and its choices in one."""

    data: dict[str, Any]
    annotations: list[_Annotation] = []


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
        try:
            candidates = [self._candidate(task, number, files) for number, task in enumerate(tasks, 1)]
        except msgspec.ValidationError as error:
            raise InvalidDocuments(
                f"{str(self.path)!r} is no export of Label Studio ({error}): export as JSON or JSON-MIN"
            ) from error
        return sort_out(str(self.path), candidates)

    def _files(self) -> dict[str, Path]:
        """Every document by its name, with and without the digits of an upload."""
        found: dict[str, Path] = {}
        for path in sorted((self.documents or self.path.parent).rglob("*")):
            if path.suffix.lower() in SUFFIXES:
                found.setdefault(path.name, path)
                found.setdefault(_UPLOADED.sub("", path.name, count=1), path)
        return found

    def _candidate(self, given: Mapping[str, Any], number: int, files: Mapping[str, Path]) -> Candidate:
        data, choices = _read(given)
        said = next((text for text in data if Path(_file_name(text)).suffix.lower() in SUFFIXES), None)
        if said is None:
            return Candidate(path=self.path, name=f"task {number}", label=None, reason="it names no document")
        name = _file_name(said)
        path = files.get(name) or files.get(_UPLOADED.sub("", name, count=1)) or self.path.parent / name
        reason = None if choices else "nobody has labelled it"
        if len(choices) > 1:
            reason = (
                f"it was labelled in several ways: {', '.join(sorted(choices))}. Settle it, and export again"
            )
        label = next(iter(choices)) if len(choices) == 1 else None
        return Candidate(path=path, name=name, label=label, reason=reason)


def _read(given: Mapping[str, Any]) -> tuple[list[str], set[str]]:
    """The texts of a task's data, of which one names its document, and the choices that people made."""
    if "data" in given:
        task = msgspec.convert(given, _Task)
        results = [result for one in task.annotations if not one.was_cancelled for result in one.result]
        choices = {choice for one in results if one.type == "choices" for choice in one.value.choices}
        return [value for value in task.data.values() if isinstance(value, str)], choices
    named = (given.get(name) for name in ("choice", "choices", "label"))
    choices = {value for value in named if isinstance(value, str) and value}
    return [value for value in given.values() if isinstance(value, str)], choices


def _file_name(text: str) -> str:
    """The file that a path, a URL, or a URL of Label Studio's own (``…?d=folder/file``) names."""
    try:
        parts = urlsplit(text)
    except ValueError:  # a bracket in what is no URL
        return text
    (inner,) = parse_qs(parts.query).get("d", [parts.path])[:1]
    return unquote(inner).rpartition("/")[2]
