"""Labelled documents as files on this machine, wherever they came from, and those that are not used."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from burnish.errors import InvalidDocuments
from burnish.label_spellings import flaw_of, with_suggestion

SUFFIXES = frozenset({".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp"})


class Part(StrEnum):
    """What a document is for."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


#: Of two copies, the one whose part goes before is kept.
PART_ORDER = {None: 0, Part.TRAIN: 0, Part.VALIDATION: 1, Part.TEST: 2}


@dataclass(frozen=True, kw_only=True)
class Document:
    """A file and its label. ``digest`` is the SHA-256 of the bytes: the same file is the same document.

    ``name`` is what its source calls it. ``part`` is given where the source has divided its documents.
    """

    path: Path
    label: str
    digest: str
    name: str
    part: Part | None = None


@dataclass(frozen=True, kw_only=True)
class Skipped:
    """Something that is not used, by name, and why."""

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


@dataclass(frozen=True, kw_only=True)
class Documents:
    """The documents of a source in the order of their names, and what was left out.

    ``descriptions`` say what labels mean, where the source does. ``notes`` are what a user should know of
    how the source was read.
    """

    origin: str
    documents: tuple[Document, ...]
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    descriptions: Mapping[str, str] = field(default_factory=dict)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, sorted."""
        return tuple(sorted({document.label for document in self.documents}))


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A file that a source offers, before anybody has looked at it. No label means that it has none."""

    path: Path
    name: str
    label: str | None
    part: Part | None = None
    #: Why it cannot be used, where the source knows already.
    reason: str | None = None


def sort_out(
    origin: str, candidates: Iterable[Candidate], descriptions: Mapping[str, str] | None = None
) -> Documents:
    """The candidates that can be used, each file once, and the others with their reasons.

    Of two that are the same file, the one to train on is kept, else the one to validate with. Space around a
    label is no part of it. Raises `InvalidDocuments` for a label that no prompt can hold.
    """
    first_with: dict[str, Document] = {}
    skipped: list[Skipped] = []
    for one in sorted(candidates, key=lambda one: PART_ORDER[one.part]):
        reason = one.reason or _reason_to_skip(one)
        document = None if reason else _document(one)
        twin = document and first_with.setdefault(document.digest, document)
        if twin is not document and twin is not None:
            reason = f"the same file as {twin.name}, labelled {twin.label!r}"
        if reason:
            skipped.append(Skipped(name=one.name, reason=reason))
    documents = require_plain_labels(origin, sorted(first_with.values(), key=lambda document: document.name))
    skipped.sort(key=lambda one: one.name)
    return Documents(
        origin=origin,
        documents=tuple(documents),
        skipped=tuple(skipped),
        descriptions=dict(descriptions or {}),
    )


def require_types(found: Documents, at_least: int, *, remedy: str) -> Documents:
    """The documents, if they have two labels or more and ``at_least`` of each. Raises `InvalidDocuments`."""
    if len(found.labels) < 2:
        have = f"documents of one type only, {found.labels[0]!r}" if found.labels else "no labelled documents"
        left_out = f" ({len(found.skipped)} were left out: {found.skipped[0]})" if found.skipped else ""
        raise InvalidDocuments(
            f"{found.origin!r} holds {have}{left_out}. To tell types apart at least two are needed: {remedy}"
        )
    counts = Counter(document.label for document in found.documents)
    short = [f"{label!r} has {count}" for label, count in sorted(counts.items()) if count < at_least]
    if short:
        uses = ("to train on", "to validate with", "to test with")[:at_least]
        raise InvalidDocuments(
            f"{found.origin!r}: each type needs at least {at_least} different documents "
            f"({', '.join(f'one {use}' for use in uses)}), but {', '.join(short)}. Add documents, or "
            "leave the type out"
        )
    return found


def require_plain_labels(origin: str, documents: Sequence[Document]) -> Sequence[Document]:
    """The documents, if a prompt and its answers can hold their labels. Raises `InvalidDocuments`."""
    flawed = {one.label: (flaw, one.name) for one in documents if (flaw := flaw_of(one.label))}
    if flawed:
        listed = "; ".join(f"{label!r} of {name!r}: {flaw}" for label, (flaw, name) in flawed.items())
        raise InvalidDocuments(f"{origin!r} has labels that cannot be used: {listed}. Give them other names")
    return documents


def with_held_out(found: Documents, held_out: Documents) -> Documents:
    """The documents of both, those of the second to test with and nothing else."""
    strange = sorted(set(held_out.labels) - set(found.labels))
    if strange:
        named = ", ".join(with_suggestion(label, found.labels) for label in strange)
        raise InvalidDocuments(
            f"{held_out.origin!r} holds types that are not trained on: {named}. "
            f"The types of both must have the same names: {', '.join(found.labels)}"
        )
    testing = tuple(replace(one, part=Part.TEST) for one in held_out.documents)
    return replace(
        found,
        documents=(*found.documents, *testing),
        skipped=(*found.skipped, *held_out.skipped),
        notes=(*found.notes, *held_out.notes),
    )


def _reason_to_skip(one: Candidate) -> str | None:
    if not (one.label or "").strip():
        return "it has no label"
    if one.path.suffix.lower() not in SUFFIXES:
        kind = one.path.suffix or one.path.name
        return f"files of the kind {kind!r} are not read, only pdf, png, jpeg, tiff and webp"
    if not one.path.is_file():
        return "there is no such file, or it is a link to none"
    if not os.access(one.path, os.R_OK):
        return "it may not be read by this user"
    return None if one.path.stat().st_size else "it is empty"


def _document(one: Candidate) -> Document:
    with one.path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Document(
        path=one.path, label=(one.label or "").strip(), digest=digest, name=one.name, part=one.part
    )
