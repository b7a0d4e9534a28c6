"""Labelled documents on disk: one folder per type, the folder's name is the label."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from burnish.errors import InvalidDocuments

SUFFIXES = frozenset({".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff"})

HOW_TO_LAY_OUT = (
    "put the documents of each type into a folder named for the type, such as documents/invoice/one.pdf"
)


@dataclass(frozen=True, kw_only=True)
class Document:
    """A file and its label. ``digest`` is the SHA-256 of the bytes: the same file is the same document."""

    path: Path
    label: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """A file that is not used, and why."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(frozen=True, kw_only=True)
class Documents:
    """The documents of a folder in the order of their paths, and the files that were left out."""

    folder: Path
    documents: tuple[Document, ...]
    skipped: tuple[Skipped, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, sorted."""
        return tuple(sorted({document.label for document in self.documents}))


def read_folder(folder: Path | str, *, at_least: int = 3) -> Documents:
    """The documents of a folder that holds one sub-folder per label, at any depth below it.

    Hidden files are passed over in silence; files of other kinds, empty ones and second copies are listed
    in ``skipped``. Raises `InvalidDocuments` when there are fewer than two labels, or when a label has
    fewer than ``at_least`` documents: by default one to train on, one to validate and one to test with.
    """
    folder = Path(folder)
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "does not exist"
        raise InvalidDocuments(f"{str(folder)!r} {what}: {HOW_TO_LAY_OUT}")
    documents, skipped = _sorted_out(folder)
    found = Documents(folder=folder, documents=tuple(documents), skipped=tuple(skipped))
    _require_two_labels(found)
    require_per_label(found, at_least)
    return found


def require_per_label(found: Documents, at_least: int) -> None:
    """Raise `InvalidDocuments` naming every label that has fewer documents than needed."""
    counts = Counter(document.label for document in found.documents)
    short = [f"{label!r} has {count}" for label, count in sorted(counts.items()) if count < at_least]
    if short:
        uses = ("to train on", "to validate with", "to test with")[:at_least]
        needs = ", ".join(f"one {use}" for use in uses)
        raise InvalidDocuments(
            f"{str(found.folder)!r}: each type needs at least {at_least} different documents ({needs}), "
            f"but {', '.join(short)}. Add documents, or move the folder away"
        )


def _require_two_labels(found: Documents) -> None:
    labels = found.labels
    if len(labels) >= 2:
        return
    have = f"documents of one type only, {labels[0]!r}" if labels else "no documents in sub-folders"
    passed_over = f" ({len(found.skipped)} files were left out: {found.skipped[0]})" if found.skipped else ""
    raise InvalidDocuments(
        f"{str(found.folder)!r} holds {have}{passed_over}. To tell types apart at least two are needed: "
        f"{HOW_TO_LAY_OUT}"
    )


def _sorted_out(folder: Path) -> tuple[list[Document], list[Skipped]]:
    first_with: dict[str, Document] = {}
    skipped: list[Skipped] = []
    for path in _files(folder):
        if reason := _reason_to_skip(folder, path):
            skipped.append(Skipped(path=path, reason=reason))
            continue
        document = Document(path=path, label=path.relative_to(folder).parts[0], digest=_digest_of(path))
        twin = first_with.setdefault(document.digest, document)
        if twin is not document:
            skipped.append(
                Skipped(path=path, reason=f"the same file as {twin.path}, labelled {twin.label!r}")
            )
    return list(first_with.values()), skipped


def _files(folder: Path) -> Iterator[Path]:
    """Every file that is not hidden, in the order of the paths, which is the same on every machine."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(place, name) for name in sorted(names) if not name.startswith("."))


def _reason_to_skip(folder: Path, path: Path) -> str | None:
    if path.parent == folder:
        return "it is in no folder named for a type"
    if path.suffix.lower() not in SUFFIXES:
        return f"files of the kind {path.suffix or path.name!r} are not read, only pdf, png, jpeg and tiff"
    if not path.is_file():
        return "it is not a file, or a link to none"
    if not os.access(path, os.R_OK):
        return "it may not be read by this user"
    return None if path.stat().st_size else "it is empty"


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
