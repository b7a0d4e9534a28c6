"""A CSV or JSONL file that names documents and their labels."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from burnish.datasets.documents import Candidate, Documents, Part, sort_out
from burnish.datasets.sources.folders import PARTS
from burnish.errors import InvalidDocuments

NEEDED = ("path", "label")


@dataclass(frozen=True, kw_only=True)
class ManifestSource:
    """A file with the columns ``path`` and ``label``, and where wanted ``description`` and ``split``.

    Paths that are not absolute are taken from the file's own folder. ``description`` says what a label
    means; ``split`` is train, validation or test.
    """

    path: Path

    def read(self) -> Documents:
        """The documents. Raises `InvalidDocuments` naming the line where the file cannot be read."""
        rows = list(self._rows())
        if not rows:
            raise InvalidDocuments(f"{str(self.path)!r} names no documents: give lines of path and label")
        return sort_out(str(self.path), map(self._candidate, rows), _descriptions(rows))

    def _rows(self) -> Iterator[Mapping[str, Any]]:
        try:
            text = self.path.read_text(encoding="utf-8-sig")
        except FileNotFoundError as error:
            raise InvalidDocuments(f"{str(self.path)!r} does not exist") from error
        except UnicodeDecodeError as error:
            raise InvalidDocuments(f"{str(self.path)!r} is not text in UTF-8: save it as such") from error
        rows = self._csv(text) if self.path.suffix.lower() == ".csv" else self._jsonl(text)
        for number, row in rows:
            if lacking := [name for name in NEEDED if not str(row.get(name) or "").strip()]:
                raise InvalidDocuments(
                    f"{str(self.path)!r}, line {number}: there is no {' and no '.join(lacking)}; it has "
                    f"{', '.join(map(str, row)) or 'nothing'}"
                )
            yield row

    def _csv(self, text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
        reader = csv.DictReader(io.StringIO(text, newline=""))
        try:
            for row in reader:
                yield reader.line_num, {name: value for name, value in row.items() if name is not None}
        except csv.Error as error:
            raise InvalidDocuments(f"{str(self.path)!r}, line {reader.line_num}: {error}") from error

    def _jsonl(self, text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip():
                continue
            try:
                yield number, msgspec.json.decode(line, type=dict[str, Any])
            except msgspec.DecodeError as error:
                raise InvalidDocuments(f"{str(self.path)!r}, line {number}: {error}") from error

    def _candidate(self, row: Mapping[str, Any]) -> Candidate:
        path, split = str(row["path"]).strip(), str(row.get("split") or "").strip().lower()
        known = PARTS.get(split)
        reason = (
            f"its split is {split!r}: it must be train, validation or test" if split and not known else None
        )
        return Candidate(
            path=self.path.parent / path,
            name=path,
            label=str(row["label"]).strip(),
            part=Part(known) if known else None,
            reason=reason,
        )


def _descriptions(rows: list[Mapping[str, Any]]) -> dict[str, str]:
    """What each label means. Raises `InvalidDocuments` where two lines say different things of one label."""
    found: dict[str, tuple[str, str]] = {}
    for row in rows:
        label, text = str(row["label"]).strip(), str(row.get("description") or "").strip()
        if not text:
            continue
        earlier, there = found.setdefault(label, (text, str(row["path"])))
        if text != earlier:
            raise InvalidDocuments(
                f"{label!r} is described in two ways: {earlier!r} beside {there!r}, and {text!r} beside "
                f"{row['path']!r}. A description is that of the label: keep one, or leave the column out"
            )
    return {label: text for label, (text, _) in found.items()}
