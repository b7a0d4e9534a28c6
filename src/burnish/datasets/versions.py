"""The versions of a data set, and how two of them differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from burnish.aws.clients import Client
from burnish.aws.objects import S3Uri, list_objects
from burnish.datasets.documents import Part
from burnish.datasets.manifest import KEPT, DatasetLineage, Manifest, folder_of, kept_place, read_manifest
from burnish.datasets.provenance import read_if_there
from burnish.errors import InvalidConfig


@dataclass(frozen=True, kw_only=True)
class DatasetVersion:
    """A version of a data set, by where it stays."""

    uri: str
    #: The digits that its name begins with, which are enough to name it in the folder.
    name: str
    is_current: bool
    documents: int
    #: How many documents of each part there are.
    parts: Mapping[str, int]
    #: The version that it was made from; None for one that was prepared from a source.
    parent: str | None
    decisions: int
    #: Who has decided what is new in it, and when the last of it was decided.
    reviewers: tuple[str, ...]
    decided: datetime | None


@dataclass(frozen=True, kw_only=True)
class Relabelling:
    """A document that has another label in a later version."""

    document: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class VersionDifference:
    """How a later version of a data set differs from an earlier one, document by document."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    relabelled: tuple[Relabelling, ...]
    #: Documents that are in another part than they were.
    moved: tuple[str, ...]
    #: Whether models of both can be compared on the held-out documents of either.
    same_held_out: bool
    same_prompt: bool
    #: Training documents of each label, before and after.
    training: Mapping[str, tuple[int, int]]

    def __str__(self) -> str:
        counts = (
            (len(self.added), "added"),
            (len(self.relabelled), "relabelled"),
            (len(self.removed), "removed"),
            (len(self.moved), "in another part"),
        )
        said = ", ".join(f"{count} {what}" for count, what in counts if count)
        held_out = "are the same" if self.same_held_out else "differ: models of both cannot be compared"
        return f"{said or 'no document differs'}; the held-out documents {held_out}"


def versions_of(s3: Client, dataset: str) -> list[DatasetVersion]:
    """The versions in the folder of a data set, each after the one it was made from.

    A data set that was prepared into the same folder anew is a version without a parent. Raises `NotFound`
    where there is no data set.
    """
    folder = folder_of(dataset)
    current = kept_place(folder, read_manifest(s3, folder))
    places = [place for place in list_objects(s3, folder.child(f"{KEPT}/")) if place.key.endswith(".json")]
    found = {str(place): manifest for place in places if (manifest := read_if_there(s3, place))}
    made = [_version(uri, manifest, is_current=uri == str(current)) for uri, manifest in found.items()]
    return _parents_first(made)


def version_place(s3: Client, dataset: str, name: str) -> str:
    """Where the version of a data set stays whose name begins so. Raises `InvalidConfig` for no one."""
    found = [one.uri for one in versions_of(s3, dataset) if name and one.name.startswith(name)]
    if len(found) != 1:
        how_many = f"{len(found)} versions are called so" if found else "it has no such version"
        raise InvalidConfig(f"The version {name!r} of {folder_of(dataset)}", [how_many])
    return found[0]


def difference_between(earlier: Manifest, later: Manifest) -> VersionDifference:
    """How a later version differs from an earlier one."""
    before, after = ({one.digest: one for one in each.documents} for each in (earlier, later))
    both = [(before[digest], after[digest]) for digest in before if digest in after]
    return VersionDifference(
        added=tuple(sorted(one.name for digest, one in after.items() if digest not in before)),
        removed=tuple(sorted(one.name for digest, one in before.items() if digest not in after)),
        relabelled=tuple(
            Relabelling(document=new.name, before=old.label, after=new.label)
            for old, new in both
            if old.label != new.label
        ),
        moved=tuple(sorted(new.name for old, new in both if old.part is not new.part)),
        same_held_out=_held_out(earlier) == _held_out(later),
        same_prompt=earlier.prompt == later.prompt,
        training=_training_counts(earlier, later),
    )


def _version(uri: str, manifest: Manifest, *, is_current: bool) -> DatasetVersion:
    lineage = manifest.lineage if isinstance(manifest.lineage, DatasetLineage) else None
    decisions = lineage.decisions if lineage else []
    counts = Counter(one.part for one in manifest.documents)
    return DatasetVersion(
        uri=uri,
        name=S3Uri.parse(uri).key.rpartition("/")[2].removesuffix(".json"),
        is_current=is_current,
        documents=len(manifest.documents),
        parts={str(part): counts[part] for part in Part},
        parent=lineage.parent if lineage else None,
        decisions=len(decisions),
        reviewers=tuple(sorted({one.by for one in decisions})),
        decided=max((one.at for one in decisions), default=None),
    )


def _parents_first(versions: list[DatasetVersion]) -> list[DatasetVersion]:
    """Versions in the order in which they were made, as far as they say: each before its children."""
    children: dict[str | None, list[DatasetVersion]] = {}
    known = {one.uri for one in versions}
    for one in versions:
        children.setdefault(one.parent if one.parent in known else None, []).append(one)
    ordered: list[DatasetVersion] = []
    waiting = children.get(None, [])
    while waiting:
        one, *waiting = waiting
        ordered.append(one)
        waiting = [*children.get(one.uri, []), *waiting]
    return ordered


def _held_out(manifest: Manifest) -> dict[str, tuple[str, str]]:
    return {one.digest: (one.part, one.label) for one in manifest.documents if one.part is not Part.TRAIN}


def _training_counts(earlier: Manifest, later: Manifest) -> dict[str, tuple[int, int]]:
    before, after = (
        Counter(one.label for one in each.documents if one.part is Part.TRAIN) for each in (earlier, later)
    )
    return {label: (before[label], after[label]) for label in sorted({*before, *after})}
