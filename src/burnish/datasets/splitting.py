"""A stratified split into training, validation and test documents that keeps copies together.

A near duplicate of a training document in the test set inflates the accuracy without anybody noticing: the
model is asked about a page it has learned by heart. So whole groups of copies are assigned to one part.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat

from burnish.datasets.documents import PART_ORDER, Document, Part, SkippedDocument
from burnish.errors import InvalidConfig, InvalidDocuments

#: Maps the digest of a document to the digest that names its group of copies. A group is never split.
Groups = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class SplitPlan:
    """How documents are split: the shares of test and validation, a cap per label, and the seed."""

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
            problems.append(
                f"test_share with validation_share leaves nothing to train on: together they are {total:g}"
            )
        if self.per_label is not None and self.per_label < 2:
            problems.append(f"per_label is {self.per_label}: it must be at least 2")
        if problems:
            raise InvalidConfig("The split", problems)


@dataclass(frozen=True, kw_only=True)
class Split:
    """Documents in three parts, each shuffled. No document has a copy in another part."""

    labels: tuple[str, ...]
    train: tuple[Document, ...]
    validation: tuple[Document, ...]
    test: tuple[Document, ...]
    skipped: tuple[SkippedDocument, ...] = ()

    @property
    def parts(self) -> Mapping[Part, tuple[Document, ...]]:
        """The documents of each part."""
        return {Part.TRAIN: self.train, Part.VALIDATION: self.validation, Part.TEST: self.test}


def sampled(documents: Sequence[Document], plan: SplitPlan) -> tuple[Document, ...]:
    """A random sample with at most ``plan.per_label`` documents of each label.

    Documents that the source holds out for validation or test are all kept.
    """
    if plan.per_label is None:
        return tuple(documents)
    kept: Counter[str] = Counter()
    chosen = set()
    # In hash order, so that a larger cap keeps the documents of a smaller one and adds others.
    for one in sorted(documents, key=lambda document: shuffled_place(document.digest, plan.seed)):
        is_drawn = one.part in (None, Part.TRAIN)
        kept[one.label] += is_drawn
        if not is_drawn or kept[one.label] <= plan.per_label:
            chosen.add(one.digest)
    return tuple(one for one in documents if one.digest in chosen)


def split_documents(documents: Sequence[Document], plan: SplitPlan, groups: Groups | None = None) -> Split:
    """The documents in three parts, stratified by label, each group of copies within one part.

    The result depends on the seed and on the contents alone, not on names or order. Where the source has a
    validation or a test set of its own, that set is used and no other is drawn; its copies of training
    documents are left out and listed. Raises `InvalidDocuments` for a label with too few distinct documents
    to split.
    """
    groups = groups or {}
    kept, leaks = _without_leaks(documents, groups)
    parts: dict[Part, list[Document]] = {part: [] for part in Part}
    for one in kept:
        if one.part in (Part.VALIDATION, Part.TEST):
            parts[one.part].append(one)
    by_label = groups_by_label([one for one in kept if one.part in (None, Part.TRAIN)], groups, plan.seed)
    given = {part for part in Part if parts[part]}
    for label, label_groups in by_label.items():
        _assign(label, label_groups, plan, given, parts)
    # Shuffled, since a trainer may read in order, and would see one label after the other.
    mixed = {part: shuffled(members, plan.seed) for part, members in parts.items()}
    return Split(
        labels=tuple(sorted({one.label for one in documents})),
        train=mixed[Part.TRAIN],
        validation=mixed[Part.VALIDATION],
        test=mixed[Part.TEST],
        skipped=tuple(leaks),
    )


def groups_by_label(
    documents: Sequence[Document], groups: Groups, seed: int
) -> dict[str, list[list[Document]]]:
    """The groups of copies under the label of each, in the order of the labels, shuffled by the seed."""
    by_label: dict[str, list[list[Document]]] = defaultdict(list)
    for group in _grouped(documents, groups, seed):
        by_label[label_of_group(Counter(one.label for one in group))].append(group)
    return dict(sorted(by_label.items()))


def shuffled(documents: Sequence[Document], seed: int) -> tuple[Document, ...]:
    """The documents in an order that depends on the seed and on their contents alone."""
    return tuple(sorted(documents, key=lambda one: shuffled_place(one.digest, seed)))


def _without_leaks(
    documents: Sequence[Document], groups: Groups
) -> tuple[list[Document], list[SkippedDocument]]:
    """The documents that leak nothing, and those left out because an earlier part holds a copy.

    The order is train, validation, test: a leak costs a held-out document, and leaves the training set as its
    source has it.
    """
    first: dict[str, Document] = {}
    for one in sorted(documents, key=lambda document: PART_ORDER[document.part]):
        first.setdefault(_group_of(one, groups), one)
    kept, leaks = [], []
    for one in documents:
        # By group and not by digest: a page that was scanned again leaks as much as the same file.
        earlier = first[_group_of(one, groups)]
        if PART_ORDER[one.part] > PART_ORDER[earlier.part]:
            leaks.append(SkippedDocument(name=one.name, reason=leak_reason(earlier.name, earlier.part)))
        else:
            kept.append(one)
    return kept, leaks


def _grouped(documents: Sequence[Document], groups: Groups, seed: int) -> list[list[Document]]:
    """The groups of documents, shuffled by the seed."""
    members: dict[str, list[Document]] = defaultdict(list)
    # By content first: the order in which a file system lists its files must not change a split.
    for one in sorted(documents, key=lambda document: document.digest):
        members[_group_of(one, groups)].append(one)
    return sorted(members.values(), key=lambda group: shuffled_place(min(one.digest for one in group), seed))


def _assign(
    label: str,
    groups: list[list[Document]],
    plan: SplitPlan,
    given: set[Part],
    parts: dict[Part, list[Document]],
) -> None:
    """Assign the groups of a label to the parts that the source has not filled itself."""
    size = LabelSize(documents=sum(map(len, groups)), groups=len(groups))
    for part, group in zip(parts_of_groups(label, map(len, groups), size, plan, given), groups, strict=True):
        parts[part].extend(group)


@dataclass(frozen=True, kw_only=True)
class LabelSize:
    """How many documents a label has, and in how many groups of copies they are."""

    documents: int
    groups: int


def parts_of_groups(
    label: str, sizes: Iterable[int], size: LabelSize, plan: SplitPlan, given: Collection[Part]
) -> Iterator[Part]:
    """The part that each group of a label goes to, by their ``sizes`` in shuffled order, which are read once.

    Parts that are ``given`` by the source get none. Raises `InvalidDocuments` where there are too few groups.
    """
    shares = {Part.TEST: plan.test_share, Part.VALIDATION: plan.validation_share}
    wanted = {part: share for part, share in shares.items() if share and part not in given}
    if size.groups <= len(wanted):
        raise InvalidDocuments(_too_alike(label, size.documents, size.groups, len(wanted) + 1))
    coming, left = iter(sizes), size.groups
    group = next(coming)
    for place, (part, share) in enumerate(wanted.items()):
        count = max(round(size.documents * share), 1)
        taken = 0
        # In shuffled order and whatever their size, as long as one group is left for each remaining part: a
        # label without a test document could not be evaluated, and one without training documents not be
        # learned.
        while taken < count and left > len(wanted) - place:
            # A group that overshoots by more than half of itself brings the share further from its target.
            if taken and taken + group / 2 > count:
                break
            yield part
            taken, left, group = taken + group, left - 1, next(coming)
    yield from repeat(Part.TRAIN, left)


def _too_alike(label: str, documents: int, groups: int, needed: int) -> str:
    if documents == groups:
        return (
            f"The type {label!r} has {documents} documents; at least {needed} different ones are needed for "
            "a split. Add documents, or leave the type out"
        )
    return (
        f"The {documents} documents of the type {label!r} look like copies of only {groups}; at least "
        f"{needed} different ones are needed for a split. Add documents, or allow copies in several parts "
        "with --keep-copies, which makes the test easier than reality"
    )


def label_of_group(counts: Mapping[str, int]) -> str:
    """The most common label of a group, by how often it has each; of ties, the first in the alphabet."""
    # One label: a group whose labels contradict must still go to one part, as a whole.
    return min(counts, key=lambda label: (-counts[label], label))


def leak_reason(earlier: str, part: Part | None) -> str:
    """Why a document is left out that is a copy of an ``earlier`` one in a ``part``."""
    return f"a copy of {earlier}, which is for {part or 'training'}"


def _group_of(document: Document, groups: Groups) -> str:
    return groups.get(document.digest, document.digest)


def shuffled_place(digest: str, seed: int) -> bytes:
    """The sort key of a seeded shuffle.

    A hash, and not `random.shuffle`: adding one document then moves no other document to another place.
    """
    return hashlib.sha256(f"{seed} {digest}".encode()).digest()
