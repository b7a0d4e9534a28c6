"""What differs between two versions of a data set, document by document, and who has decided so when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from burnish.datasets.manifest import LabelDecision, ManifestDocument
from burnish.ui.dataset_facts import PART_NAMES, lineage_in
from burnish.ui.known_datasets import KnownDatasets, OpenedDataset


class ChangeKind(StrEnum):
    """What happened to a document."""

    ADDED = "added"
    RELABELLED = "relabelled"
    REMOVED = "removed"
    MOVED = "moved"


@dataclass(frozen=True, kw_only=True)
class DocumentChange:
    """A document that is not as it was. ``before`` and ``after`` are labels, or parts of one that moved."""

    kind: ChangeKind
    document: ManifestDocument
    before: str
    after: str
    #: None where the data set was prepared anew in between, which nobody has decided document by document.
    decision: LabelDecision | None


def changes_between(
    earlier: OpenedDataset, later: OpenedDataset, decisions: Mapping[str, LabelDecision]
) -> list[DocumentChange]:
    """The changes by their kind; the decisions are by the digests of documents."""
    found = [
        *(_added(one) for digest, one in later.documents.items() if digest not in earlier.documents),
        *(_removed(one) for digest, one in earlier.documents.items() if digest not in later.documents),
    ]
    for digest, new in later.documents.items():
        if old := earlier.documents.get(digest):
            found += _changes_of(old, new)
    order = list(ChangeKind)
    return [
        DocumentChange(
            kind=kind, document=one, before=before, after=after, decision=decisions.get(one.digest)
        )
        for kind, one, before, after in sorted(found, key=lambda one: (order.index(one[0]), one[1].name))
    ]


def decisions_since(
    datasets: KnownDatasets, earlier: OpenedDataset, later: OpenedDataset
) -> Mapping[str, LabelDecision]:
    """The last decision about each document on the way from one version to another.

    Empty where the later one was not made from the earlier one. Raises `NotFound` where a version between
    them is gone.
    """
    found: dict[str, LabelDecision] = {}
    version, visited = later, {later.place}
    while version.place != earlier.place:
        lineage = lineage_in(version.manifest)
        if lineage is None or lineage.parent in visited:
            return {}
        for one in reversed(lineage.decisions):
            found.setdefault(one.digest, one)
        version = datasets.open(lineage.parent)
        visited.add(version.place)
    return found


_Change = tuple[ChangeKind, ManifestDocument, str, str]


def _added(one: ManifestDocument) -> _Change:
    return ChangeKind.ADDED, one, "", one.label


def _removed(one: ManifestDocument) -> _Change:
    return ChangeKind.REMOVED, one, one.label, ""


def _changes_of(old: ManifestDocument, new: ManifestDocument) -> list[_Change]:
    changes: list[_Change] = []
    if old.label != new.label:
        changes.append((ChangeKind.RELABELLED, new, old.label, new.label))
    if old.part is not new.part:
        changes.append((ChangeKind.MOVED, new, PART_NAMES[old.part], PART_NAMES[new.part]))
    return changes
