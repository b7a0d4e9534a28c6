"""Which documents train, which validate, which test: label by label, and never two copies on two sides."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from burnish.datasets.documents import PART_ORDER, Document, Part, Skipped
from burnish.errors import InvalidConfig, InvalidDocuments

#: By the digest of a document, the digest of the first of its copies: a group stays together.
Groups = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class SplitPlan:
    """How documents are divided: shares of each label, how many of a label at most, and the seed."""

    test_share: float = 0.2
    validation_share: float = 0.15
    per_label: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        problems = []
        if not 0 <= self.test_share < 1:
            problems.append(f"test_share is {self.test_share}: it must be at least 0 and less than 1")
        if not 0 < self.validation_share < 1:
            problems.append(f"validation_share is {self.validation_share}: it must lie between 0 and 1")
        if not problems and self.test_share + self.validation_share >= 1:
            total = self.test_share + self.validation_share
            problems.append(f"test_share and validation_share leave nothing to train on: {total}")
        if self.per_label is not None and self.per_label < 2:
            problems.append(f"per_label is {self.per_label}: it must be at least 2")
        if problems:
            raise InvalidConfig("The split", problems)


@dataclass(frozen=True, kw_only=True)
class Split:
    """Documents in three parts; no document, and no copy of one, is in two. Each part is well mixed."""

    labels: tuple[str, ...]
    train: tuple[Document, ...]
    validation: tuple[Document, ...]
    test: tuple[Document, ...]
    skipped: tuple[Skipped, ...] = ()

    @property
    def parts(self) -> Mapping[Part, tuple[Document, ...]]:
        """The documents by what they are for."""
        return {Part.TRAIN: self.train, Part.VALIDATION: self.validation, Part.TEST: self.test}


def sampled(documents: Sequence[Document], plan: SplitPlan) -> tuple[Document, ...]:
    """At most so many documents of each label as the plan says, drawn by its seed; those to
    validate and to test with are kept."""
    if plan.per_label is None:
        return tuple(documents)
    kept: Counter[str] = Counter()
    chosen = set()
    for one in sorted(documents, key=lambda document: _place(document.digest, plan.seed)):
        is_drawn = one.part in (None, Part.TRAIN)
        kept[one.label] += is_drawn
        if not is_drawn or kept[one.label] <= plan.per_label:
            chosen.add(one.digest)
    return tuple(one for one in documents if one.digest in chosen)


def split_documents(documents: Sequence[Document], plan: SplitPlan, groups: Groups | None = None) -> Split:
    """The documents in three parts, each label with its share, each group in one part.

    Where a document goes depends on the seed and on the contents alone, not on names or places. Documents to
    validate and to test with stay that where the source says so, and no others are drawn then; of two copies
    the one to test with is left out and listed. Raises `InvalidDocuments` for a label that cannot be divided.
    """
    groups = groups or {}
    kept, leaks = _without_leaks(documents, groups)
    parts: dict[Part, list[Document]] = {part: [] for part in Part}
    for one in kept:
        if one.part in (Part.VALIDATION, Part.TEST):
            parts[one.part].append(one)
    by_label: dict[str, list[list[Document]]] = defaultdict(list)
    for group in _grouped([one for one in kept if one.part in (None, Part.TRAIN)], groups, plan.seed):
        by_label[_label_of(group)].append(group)
    given = {part for part in Part if parts[part]}
    for label, label_groups in sorted(by_label.items()):
        _divide(label, label_groups, plan, given, parts)
    mixed = {
        part: tuple(sorted(members, key=lambda one: _place(one.digest, plan.seed)))
        for part, members in parts.items()
    }
    return Split(
        labels=tuple(sorted({one.label for one in documents})),
        train=mixed[Part.TRAIN],
        validation=mixed[Part.VALIDATION],
        test=mixed[Part.TEST],
        skipped=tuple(leaks),
    )


def _without_leaks(documents: Sequence[Document], groups: Groups) -> tuple[list[Document], list[Skipped]]:
    """The documents less those whose copies stand in a part that goes before: train, validation, test."""
    first: dict[str, Document] = {}
    for one in sorted(documents, key=lambda document: PART_ORDER[document.part]):
        first.setdefault(_group_of(one, groups), one)
    kept, leaks = [], []
    for one in documents:
        earlier = first[_group_of(one, groups)]
        if PART_ORDER[one.part] > PART_ORDER[earlier.part]:
            reason = f"a copy of {earlier.name}, which is for {earlier.part or 'training'}"
            leaks.append(Skipped(name=one.name, reason=reason))
        else:
            kept.append(one)
    return kept, leaks


def _grouped(documents: Sequence[Document], groups: Groups, seed: int) -> list[list[Document]]:
    """The documents by group, in the order that the seed gives to groups."""
    members: dict[str, list[Document]] = defaultdict(list)
    for one in sorted(documents, key=lambda document: document.digest):
        members[_group_of(one, groups)].append(one)
    return [
        members[key] for key in sorted(members, key=lambda key: _place(min(_digests(members[key])), seed))
    ]


def _divide(
    label: str,
    groups: list[list[Document]],
    plan: SplitPlan,
    given: set[Part],
    parts: dict[Part, list[Document]],
) -> None:
    """Give the groups of a label to parts, those that the source has not filled itself."""
    total = sum(map(len, groups))
    shares = {Part.TEST: plan.test_share, Part.VALIDATION: plan.validation_share}
    wanted = {part: share for part, share in shares.items() if share and part not in given}
    if len(groups) <= len(wanted):
        raise InvalidDocuments(_too_alike(label, total, len(groups), len(wanted) + 1))
    left = list(groups)
    for place, (part, share) in enumerate(wanted.items()):
        count = max(round(total * share), 1)
        taken = 0
        # In their order, whatever their size, as long as one is left for each part to come.
        while taken < count and len(left) > len(wanted) - place:
            if taken and taken + len(left[0]) / 2 > count:
                break
            group = left.pop(0)
            parts[part].extend(group)
            taken += len(group)
    for group in left:
        parts[Part.TRAIN].extend(group)


def _too_alike(label: str, documents: int, groups: int, needed: int) -> str:
    if documents == groups:
        return (
            f"The type {label!r} has {documents} documents, and needs {needed} different ones to be divided. "
            "Add documents, or leave the type out"
        )
    return (
        f"The {documents} documents of the type {label!r} look like copies of {groups}, and {needed} "
        "different ones are needed to divide them. Add documents, or let copies be on both sides "
        "(--keep-copies), which makes the test easier than the truth"
    )


def _label_of(group: list[Document]) -> str:
    """The label of most of a group's documents, the first in the alphabet where two are as many."""
    counts = Counter(one.label for one in group)
    return min(counts, key=lambda label: (-counts[label], label))


def _group_of(document: Document, groups: Groups) -> str:
    return groups.get(document.digest, document.digest)


def _digests(documents: Sequence[Document]) -> list[str]:
    return [one.digest for one in documents]


def _place(digest: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed} {digest}".encode()).digest()
