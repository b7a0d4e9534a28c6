"""Which documents train, which validate, which test."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, replace

from burnish.datasets.sources import Document, Documents, Skipped, require_per_label
from burnish.errors import InvalidConfig, InvalidDocuments


@dataclass(frozen=True, kw_only=True)
class Split:
    """Documents in three parts; no document is in two. Each part is in a fixed, well-mixed order."""

    labels: tuple[str, ...]
    train: tuple[Document, ...]
    validation: tuple[Document, ...]
    test: tuple[Document, ...]
    skipped: tuple[Skipped, ...] = ()


def split_documents(
    found: Documents, *, test_share: float = 0.2, validation_share: float = 0.15, seed: int = 0
) -> Split:
    """The documents divided label by label, each label with at least one in every part that has a share.

    Where a document goes depends on the seed and the documents of its label alone, not on names or places.
    A ``test_share`` of 0 leaves the test part empty, for `with_held_out`.
    """
    _check_shares(test_share, validation_share)
    require_per_label(found, 3 if test_share else 2)
    by_label: dict[str, list[Document]] = defaultdict(list)
    for document in sorted(found.documents, key=lambda document: _place(document, seed)):
        by_label[document.label].append(document)
    parts: tuple[list[Document], list[Document], list[Document]] = ([], [], [])
    for documents in by_label.values():
        tested, validating = _counts(len(documents), test_share, validation_share)
        parts[2].extend(documents[:tested])
        parts[1].extend(documents[tested : tested + validating])
        parts[0].extend(documents[tested + validating :])
    train, validation, test = (tuple(sorted(part, key=lambda one: _place(one, seed))) for part in parts)
    return Split(labels=found.labels, train=train, validation=validation, test=test, skipped=found.skipped)


def with_held_out(split: Split, held_out: Documents) -> Split:
    """The split with the documents of another folder as its test part.

    A held-out document that is also trained on or validated with is left out and listed. Raises
    `InvalidDocuments` when a held-out label is not among those trained on.
    """
    strange = sorted(set(held_out.labels) - set(split.labels))
    if strange:
        raise InvalidDocuments(
            f"{str(held_out.folder)!r} holds types that are not trained on: {', '.join(map(repr, strange))}. "
            f"The types of both folders must have the same names: {', '.join(split.labels)}"
        )
    known = {document.digest: document for document in (*split.train, *split.validation)}
    fresh = tuple(document for document in held_out.documents if document.digest not in known)
    leaks = [
        Skipped(path=one.path, reason=f"the same file as {known[one.digest].path}, which is not held out")
        for one in held_out.documents
        if one.digest in known
    ]
    if not fresh:
        raise InvalidDocuments(
            f"{str(held_out.folder)!r}: every document is also trained on, so none can test. Hold others out"
        )
    return replace(split, test=fresh, skipped=(*split.skipped, *held_out.skipped, *leaks))


def _check_shares(test_share: float, validation_share: float) -> None:
    problems = []
    if not 0 <= test_share < 1:
        problems.append(f"test_share is {test_share}: it must be at least 0 and less than 1")
    if not 0 < validation_share < 1:
        problems.append(f"validation_share is {validation_share}: it must lie between 0 and 1")
    if not problems and test_share + validation_share >= 1:
        problems.append(
            f"test_share and validation_share leave nothing to train on: {test_share + validation_share}"
        )
    if problems:
        raise InvalidConfig("The split", problems)


def _counts(count: int, test_share: float, validation_share: float) -> tuple[int, int]:
    """How many of a label's documents test and how many validate, leaving at least one to train on."""
    tested = min(max(round(count * test_share), 1), count - 2) if test_share else 0
    validating = min(max(round(count * validation_share), 1), count - tested - 1)
    return tested, validating


def _place(document: Document, seed: int) -> bytes:
    return hashlib.sha256(f"{seed} {document.digest}".encode()).digest()
