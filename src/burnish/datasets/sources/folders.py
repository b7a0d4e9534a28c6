"""A folder with one sub-folder per label, divided into parts or not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from burnish.datasets.documents import Candidate, Documents, Part, sort_out
from burnish.errors import InvalidDocuments

HOW_TO_LAY_OUT = (
    "put the documents of each type into a folder named for the type, such as documents/invoice/one.pdf"
)
#: Folders of these names and no others, at the top, are parts and not labels ("ImageFolder").
PARTS = {
    "train": Part.TRAIN,
    "training": Part.TRAIN,
    "validation": Part.VALIDATION,
    "valid": Part.VALIDATION,
    "val": Part.VALIDATION,
    "dev": Part.VALIDATION,
    "test": Part.TEST,
    "testing": Part.TEST,
}


@dataclass(frozen=True, kw_only=True)
class FolderSource:
    """A folder. Hidden files are passed over in silence, as every program does."""

    path: Path

    def read(self) -> Documents:
        """The documents at any depth below each label's folder. Raises `InvalidDocuments`."""
        if not self.path.is_dir():
            what = "is a file, not a folder" if self.path.exists() else "does not exist"
            raise InvalidDocuments(f"{str(self.path)!r} {what}: {HOW_TO_LAY_OUT}")
        return sort_out(str(self.path), labelled_by_folder(self.path))


def labelled_by_folder(folder: Path) -> Iterator[Candidate]:
    """Every file with the label, and the part if any, that its folder is named for."""
    tops = {entry.name.lower() for entry in folder.iterdir() if entry.is_dir() and entry.name[0] != "."}
    is_divided = len(tops) > 1 and tops <= PARTS.keys()
    for path in _files(folder):
        names = path.relative_to(folder).parts
        part = PARTS[names[0].lower()] if is_divided and len(names) > 1 else None
        labels = names[1:-1] if part else names[:-1]
        yield Candidate(
            path=path,
            name="/".join(names),
            label=labels[0] if labels else None,
            part=part,
            reason=None if labels else "it is in no folder named for a type",
        )


def _files(folder: Path) -> Iterator[Path]:
    """Every file that is not hidden, in the order of the paths, which is the same on every machine."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(place, name) for name in sorted(names) if not name.startswith("."))
