"""Folds of labelled documents, for models to be compared on every document and trained on none of those.

Copies of a document are in one fold, and so are the documents that share a page with it: a model never
answers about what it has learned by heart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from burnish.datasets.documents import Document
from burnish.datasets.splitting import Groups, Split, groups_by_label, shuffled
from burnish.errors import InvalidDocuments

FEWEST_FOLDS = 2


@dataclass(frozen=True, kw_only=True)
class Fold:
    """One of several ways to part the same documents: most to train on, the others held out."""

    #: From 1.
    number: int
    training: tuple[Document, ...]
    held_out: tuple[Document, ...]
    groups: Groups
    seed: int

    def split(self, *, share: float = 1.0, validation_share: float = 0.0) -> Split:
        """The fold as a split, with this share of its training documents, of which a share validates.

        A smaller share is part of every larger one. Each label keeps a document to train on.
        """
        kept, _ = _taken(self.training, share, self)
        validation, train = _taken(kept, validation_share, self, leave=1) if validation_share else ((), kept)
        return Split(
            labels=tuple(sorted({one.label for one in self.training})),
            train=shuffled(train, self.seed),
            validation=shuffled(validation, self.seed),
            test=shuffled(self.held_out, self.seed),
        )


def folds_of(documents: Sequence[Document], groups: Groups, *, count: int, seed: int = 0) -> tuple[Fold, ...]:
    """The documents in so many folds, each label and each group of copies dealt out evenly.

    The same documents give the same folds, whatever their names and their order. Raises `InvalidDocuments`
    for labels that would be missing from the training documents of a fold.
    """
    held_out: list[list[Document]] = [[] for _ in range(count)]
    for label, members in groups_by_label(documents, groups, seed).items():
        # The largest first, or the last group dealt may make one fold much larger than the others.
        for group in sorted(members, key=len, reverse=True):
            _emptiest(held_out, label).extend(group)
    _require_two_folds_of_every_label(held_out)
    return tuple(
        Fold(
            number=number,
            training=tuple(one for other in held_out if other is not members for one in other),
            held_out=tuple(members),
            groups=groups,
            seed=seed,
        )
        for number, members in enumerate(held_out, 1)
    )


def _emptiest(folds: Sequence[list[Document]], label: str) -> list[Document]:
    """The fold with the fewest documents of a label; of several, the one with the fewest in all."""
    return min(folds, key=lambda fold: (sum(one.label == label for one in fold), len(fold)))


def _require_two_folds_of_every_label(folds: Sequence[Sequence[Document]]) -> None:
    spread = Counter(label for fold in folds for label in {one.label for one in fold})
    if alone := sorted(label for label, count in spread.items() if count < FEWEST_FOLDS):
        named = ", ".join(map(repr, alone))
        raise InvalidDocuments(
            f"All documents of the type {named} are copies of one another, or there is only one: at least 2 "
            "different ones are needed. Add documents, or leave the type out"
        )


def _taken(
    documents: Sequence[Document], share: float, fold: Fold, *, leave: int = 0
) -> tuple[tuple[Document, ...], tuple[Document, ...]]:
    """About this share of the documents of each label, in whole groups, and the others.

    At least one group of each label is taken, unless so many groups could not be left.
    """
    taken: list[Document] = []
    others: list[Document] = []
    for members in groups_by_label(documents, fold.groups, fold.seed).values():
        wanted = max(1, round(share * sum(map(len, members))))
        so_far = 0
        for place, group in enumerate(members):
            is_taken = so_far < wanted and place < len(members) - leave
            (taken if is_taken else others).extend(group)
            so_far += len(group) * is_taken
    return tuple(taken), tuple(others)


def documents_by_label(documents: Sequence[Document]) -> Mapping[str, int]:
    """How many documents there are of each label, the commonest first; of several, by name."""
    counts = Counter(one.label for one in documents)
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0])))
