"""What is in a data set: documents by label and part, groups of copies, and what somebody should know."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from burnish.datasets.documents import Part
from burnish.datasets.manifest import DatasetLineage, Manifest, ManifestDocument

PART_NAMES = {Part.TRAIN: "training", Part.VALIDATION: "validation", Part.TEST: "test"}
#: With fewer documents of a label held out, one more mistake moves its share by more than a tenth.
_FEW_HELD_OUT = 10
#: The largest label has so many times the training documents of the smallest.
_UNEVEN = 10


@dataclass(frozen=True, kw_only=True)
class LabelCounts:
    """How many documents of a label there are in each part, and their share of all."""

    label: str
    parts: Mapping[Part, int]
    share: float

    @property
    def documents(self) -> int:
        """In all parts together."""
        return sum(self.parts.values())


@dataclass(frozen=True, kw_only=True)
class CopyGroup:
    """Documents that share a page, which the split has kept in one part."""

    documents: Sequence[ManifestDocument]

    @property
    def key(self) -> str:
        """The group in an address."""
        return self.documents[0].group

    @property
    def labels(self) -> Sequence[str]:
        """Their labels. Of more than one, all but one may be wrong."""
        return sorted({one.label for one in self.documents})

    @property
    def parts(self) -> Sequence[str]:
        """The parts that they are in."""
        return [name for part, name in PART_NAMES.items() if any(one.part is part for one in self.documents)]


def counts_by_label(manifest: Manifest) -> list[LabelCounts]:
    """The documents of each label, labels in the order of the prompt, then those that it lacks."""
    counts: dict[str, Counter[Part]] = {label: Counter() for label in manifest.prompt.labels}
    for one in manifest.documents:
        counts.setdefault(one.label, Counter())[one.part] += 1
    total = max(len(manifest.documents), 1)
    return [
        LabelCounts(
            label=label, parts={part: parts[part] for part in Part}, share=sum(parts.values()) / total
        )
        for label, parts in counts.items()
    ]


def counts_by_part(manifest: Manifest) -> Mapping[Part, int]:
    """The documents of each part."""
    counts = Counter(one.part for one in manifest.documents)
    return {part: counts[part] for part in Part}


def copy_groups(manifest: Manifest) -> list[CopyGroup]:
    """The groups of copies: those with several labels first, then the largest."""
    members: dict[str, list[ManifestDocument]] = defaultdict(list)
    for one in manifest.documents:
        members[one.group].append(one)
    groups = [CopyGroup(documents=found) for found in members.values() if len(found) > 1]
    return sorted(groups, key=lambda one: (-len(one.labels), -len(one.documents), one.documents[0].name))


def lineage_in(manifest: Manifest) -> DatasetLineage | None:
    """The version that this one was made from; None for one that was prepared from a source."""
    return manifest.lineage if isinstance(manifest.lineage, DatasetLineage) else None


def warnings_about(manifest: Manifest, groups: Sequence[CopyGroup]) -> list[str]:
    """Sentences on what makes models of the data set worse, or figures about them uncertain."""
    found = [
        *_of_split(manifest),
        *([] if manifest.has_fields else _of_labels(counts_by_label(manifest))),
    ]
    if contradictions := sum(len(one.labels) > 1 for one in groups):
        found.append(
            f"{_counted(contradictions, 'group')} of copies with different labels: at least one label of "
            "each is wrong."
        )
    if any(len(one.parts) > 1 for one in groups):
        found.append("Copies of training documents are in other parts: figures about models are too good.")
    return found


def _of_split(manifest: Manifest) -> list[str]:
    counts = counts_by_part(manifest)
    missing = [name for part, name in PART_NAMES.items() if not counts[part]]
    return [f"There are no {name} documents." for name in missing]


def _of_labels(labels: Sequence[LabelCounts]) -> list[str]:
    found = []
    training = [one.parts[Part.TRAIN] for one in labels]
    if training and min(training) * _UNEVEN < max(training):
        found.append(
            f"The labels are uneven: from {_counted(min(training), 'training document')} to {max(training)}."
        )
    few = [one for one in labels if one.parts[Part.TEST] < _FEW_HELD_OUT and one.parts[Part.TRAIN]]
    if few:
        named = ", ".join(f"{one.label} ({one.parts[Part.TEST]})" for one in few[:5])
        more = f" and {len(few) - 5} more labels" if len(few) > 5 else ""
        found.append(
            f"Fewer than {_FEW_HELD_OUT} test documents: {named}{more}. "
            "Figures about single labels are rough."
        )
    return found


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"
