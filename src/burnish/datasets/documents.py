"""Labelled documents as local files, whatever their source, and those that are left out."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from html import escape
from pathlib import Path

from burnish.data_frames import html_table
from burnish.datasets.formats import reason_not_to_read
from burnish.errors import InvalidDocuments
from burnish.label_spellings import label_flaw, with_suggestion
from burnish.pages.page_images import HEAD

#: The number of contradictions that are named; the rest is counted.
NAMED = 3


class Part(StrEnum):
    """The part of a split that a document belongs to."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


#: Of two copies, the one of the lower order is kept: training data before held-out data.
PART_ORDER = {None: 0, Part.TRAIN: 0, Part.VALIDATION: 1, Part.TEST: 2}


@dataclass(frozen=True, kw_only=True)
class Document:
    """A file and its label. ``digest`` is the SHA-256 of the bytes: the same file is the same document.

    Where its pages are files of their own, ``further`` are those after the first, and the digest is of all.
    Where it is a part of a bundle, ``extent`` is its first and last page there, and the digest is of both.

    ``name`` is what its source calls it. ``part`` is given where the source has split its documents itself.
    ``fields`` are a JSON object as text, where fields are to be extracted.
    """

    path: Path
    label: str
    digest: str
    name: str
    part: Part | None = None
    fields: str = ""
    further: tuple[Path, ...] = ()
    extent: tuple[int, int] | None = None


@dataclass(frozen=True, kw_only=True)
class SkippedDocument:
    """A document that is left out, and why."""

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


@dataclass(frozen=True, kw_only=True)
class Documents:
    """The documents of a source in the order of their names, and what was left out.

    ``descriptions`` say what labels mean, where the source does. ``notes`` say how the source was read, and
    what in it contradicts itself.
    """

    origin: str
    documents: tuple[Document, ...]
    skipped: tuple[SkippedDocument, ...] = ()
    descriptions: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels, sorted."""
        return tuple(sorted({document.label for document in self.documents}))

    def __str__(self) -> str:
        left_out = f", {len(self.skipped)} left out" if self.skipped else ""
        return f"{len(self.documents)} documents of {len(self.labels)} types in {self.origin}{left_out}"

    def _repr_html_(self) -> str:
        counts = Counter(document.label for document in self.documents)
        remarks = "".join(f"<li>{escape(str(one))}</li>" for one in (*self.notes, *self.skipped))
        return f"{html_table(('type', 'documents'), sorted(counts.items()))}<ul>{remarks}</ul>"


@dataclass(frozen=True, kw_only=True)
class SourceFile:
    """A file of a source, before it is opened. It may have no label."""

    path: Path
    name: str
    label: str | None
    part: Part | None = None
    #: Why it cannot be used, if the source knows already.
    reason: str | None = None
    fields: str = ""
    #: The files of its further pages.
    further: tuple[Path, ...] = ()


def joint_digest(digests: Sequence[str]) -> str:
    """The digest of files or pages that belong together; of one alone it is its own."""
    return digests[0] if len(digests) == 1 else hashlib.sha256(" ".join(digests).encode()).hexdigest()


def readable(name: str) -> str:
    """A file name as printable text: invalid UTF-8 and control characters are escaped, as ``\\xe4``."""
    if name.isprintable():
        return name
    text = os.fsencode(name).decode(errors="backslashreplace")
    return "".join(_escaped(one) if unicodedata.category(one) in _UNPRINTED else one for one in text)


#: Control characters, and what separates lines and paragraphs. Rarer kinds of spaces are part of a name.
_UNPRINTED = ("Cc", "Zl", "Zp")


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode()


def usable_documents(
    origin: str,
    candidates: Iterable[SourceFile],
    descriptions: Mapping[str, str] | None = None,
    *,
    notes: Iterable[str] = (),
) -> Documents:
    """The usable files, each content once, and the others with the reasons.

    Of two files with the same content, the one to train on is kept, else the one to validate with, else the
    first. A note says so if their labels differ. Labels are stripped. Raises `InvalidDocuments` for a label
    that cannot be used in a prompt.
    """
    first_with: dict[str, Document] = {}
    skipped: list[SkippedDocument] = []
    contradictions = Contradictions()
    unused: dict[str, SkippedDocument] = {}
    # By part first, so that of two copies the one to train on is met first, and kept.
    for one in sorted(candidates, key=lambda one: PART_ORDER[one.part]):
        document = document_of(one)
        if isinstance(document, str):
            skipped.append(SkippedDocument(name=readable(one.name), reason=document))
            unused.setdefault((one.label or "").strip(), skipped[-1])
            continue
        twin = first_with.setdefault(document.digest, document)
        if twin is not document:
            skipped.append(SkippedDocument(name=document.name, reason=same_as(twin, document)))
            unused.setdefault(document.label, skipped[-1])
        contradictions.see(twin, document)
    documents = require_plain_labels(origin, sorted(first_with.values(), key=lambda document: document.name))
    skipped.sort(key=lambda one: one.name)
    return Documents(
        origin=readable(origin),
        documents=tuple(documents),
        skipped=tuple(skipped),
        descriptions=dict(descriptions or {}),
        notes=(*notes, *contradictions.told(), *lost_labels_told(unused, {one.label for one in documents})),
    )


def require_types(found: Documents, at_least: int, *, remedy: str) -> Documents:
    """The documents, if they have two labels or more and ``at_least`` of each. Raises `InvalidDocuments`."""
    left_out = f" ({len(found.skipped)} were left out: {found.skipped[0]})" if found.skipped else ""
    require_two_labels(found.origin, found.labels, f"{remedy}{_listed(found.notes)}", left_out=left_out)
    counts = Counter(document.label for document in found.documents)
    require_counts(found.origin, counts, at_least)
    return found


def _listed(notes: Iterable[str]) -> str:
    return "".join(f"\n  - {note}" for note in notes)


def require_two_labels(origin: str, labels: Sequence[str], remedy: str, *, left_out: str = "") -> None:
    """Raise `InvalidDocuments` where there are not at least two labels."""
    if len(labels) < 2:
        have = f"documents of one type only, {labels[0]!r}" if labels else "no labelled documents"
        raise InvalidDocuments(
            f"{origin!r} holds {have}{left_out}. To tell types apart at least two are needed: {remedy}"
        )


def require_counts(origin: str, counts: Mapping[str, int], at_least: int) -> None:
    """Raise `InvalidDocuments` where a label has fewer documents than ``at_least``."""
    short = [f"{label!r} has {count}" for label, count in sorted(counts.items()) if count < at_least]
    if short:
        uses = ("to train on", "to validate with", "to test with")[:at_least]
        raise InvalidDocuments(
            f"{origin!r}: each type needs at least {at_least} different documents "
            f"({', '.join(f'one {use}' for use in uses)}), but {', '.join(short)}. Add documents, or "
            "leave the type out"
        )


def require_plain_labels(origin: str, documents: Sequence[Document]) -> Sequence[Document]:
    """The documents, if a prompt and its answers can hold their labels. Raises `InvalidDocuments`."""
    flawed = {one.label: (flaw, one.name) for one in documents if (flaw := label_flaw(one.label))}
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


class _Unusable(Exception):
    """A file that is no document; the message says why."""


def document_of(one: SourceFile) -> Document | str:
    """The document of a file, or the reason why it cannot be used."""
    label = (one.label or "").strip()
    if one.reason or not label:
        return one.reason or "it has no label"
    digests: list[str] = []
    try:
        for path in (one.path, *one.further):
            named = _kind_named(one) if path == one.path else path.suffix
            digests.append(_digest_of(path, named=named))
    except _Unusable as error:
        return f"its page {len(digests) + 1}: {error}" if one.further else str(error)
    return Document(
        path=one.path,
        label=label,
        digest=joint_digest(digests),
        name=readable(one.name),
        part=one.part,
        fields=one.fields,
        further=one.further,
    )


def _digest_of(path: Path, *, named: str) -> str:
    """The SHA-256 of a file that is of a kind that is read. Raises `_Unusable`."""
    try:
        if not path.is_file():
            raise _Unusable(_what_it_is(path))
        if not os.access(path, os.R_OK):
            raise _Unusable("this user is not allowed to read it")
        with path.open("rb") as file:
            if reason := reason_not_to_read(file.read(HEAD), named=named):
                raise _Unusable(reason)
            # One file, opened once: what was recognised is what is hashed, though it be replaced meanwhile.
            file.seek(0)
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _Unusable(f"it cannot be read ({error.strerror})") from error


def _kind_named(one: SourceFile) -> str:
    """The suffix that the source gives to a file; downloads have other names on this machine."""
    name = Path(one.name)
    return readable(name.suffix or one.path.suffix or name.name)


def _what_it_is(path: Path) -> str:
    if path.is_dir():
        return "it is a folder, not a file"
    return "it is not a file" if path.exists() else "there is no such file, or it is a broken link"


def same_as(twin: Document, document: Document) -> str:
    """Why a document is left out that has the bytes of another."""
    if twin.label != document.label:
        return f"the same file as {twin.name}, labelled {twin.label!r} and not {document.label!r}: resolve it"
    if twin.fields != document.fields:
        return f"the same file as {twin.name}, with other fields: resolve it"
    if twin.name == document.name:
        return "it is named more than once"
    return f"the same file as {twin.name}, labelled {twin.label!r}"


def lost_labels_told(unused: Mapping[str, SkippedDocument], labels: Collection[str]) -> list[str]:
    """What is said of labels of which nothing is left; ``unused`` has something of each that is not used."""
    lost = sorted(unused.keys() - set(labels) - {""})
    return [f"nothing labelled {readable(label)!r} can be used, such as {unused[label]}" for label in lost]


@dataclass(kw_only=True)
class Contradictions:
    """Files that appear under two labels: the first of them, and how many there are."""

    count: int = 0
    named: list[str] = field(default_factory=list)

    def see(self, twin: Document, document: Document) -> None:
        """Count a document with the bytes of another, if their labels differ."""
        if twin.label == document.label:
            return
        self.count += 1
        if len(self.named) < NAMED:
            self.named.append(f"{twin.name} ({twin.label!r}) and {document.name} ({document.label!r})")

    def told(self) -> list[str]:
        """What is said of them."""
        if not self.count:
            return []
        files = "1 file appears" if self.count == 1 else f"{self.count} files appear"
        more = f", and {self.count - NAMED} more" if self.count > NAMED else ""
        named = f"{'; '.join(self.named)}{more}"
        what = f"{files} under a second label, and the first is used: {named}"
        return [f"{what}. One of them is wrong: resolve it"]
