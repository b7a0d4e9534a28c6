"""Folds: every document is held out once, and nothing like it is trained on then."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish.datasets.documents import Document
from burnish.datasets.folds import documents_by_label, folds_of
from burnish.errors import InvalidDocuments


def documents(**counts: int) -> list[Document]:
    return [
        Document(path=Path("x"), label=label, digest=f"{label}-{number}", name=f"{label}/{number}.png")
        for label, count in counts.items()
        for number in range(count)
    ]


def digests(documents) -> set[str]:
    return {one.digest for one in documents}


def test_every_document_is_held_out_once():
    pages = documents(letter=11, memo=7)
    folds = folds_of(pages, {}, count=5)
    held_out = [one.digest for fold in folds for one in fold.held_out]
    assert sorted(held_out) == sorted(digests(pages))
    for fold in folds:
        assert digests(fold.training) == digests(pages) - digests(fold.held_out)


def test_labels_are_dealt_out_evenly():
    folds = folds_of(documents(letter=11, memo=7), {}, count=5)
    counts = [documents_by_label(fold.held_out) for fold in folds]
    assert sorted(one["letter"] for one in counts) == [2, 2, 2, 2, 3]
    assert sorted(one["memo"] for one in counts) == [1, 1, 1, 2, 2]
    assert {len(fold.held_out) for fold in folds} <= {3, 4}


def test_copies_are_never_on_both_sides():
    pages = documents(letter=12, memo=12)
    groups = {f"letter-{number}": "letter-0" for number in range(4)} | {"memo-0": "letter-0"}
    for fold in folds_of(pages, groups, count=4):
        copies = {"letter-0", "letter-1", "letter-2", "letter-3", "memo-0"}
        assert copies <= digests(fold.held_out) or copies <= digests(fold.training)
        split = fold.split(share=0.5, validation_share=0.2)
        sides = [bool(copies & digests(part)) for part in (split.train, split.validation, split.test)]
        assert sum(sides) <= 1


def test_the_order_and_the_names_of_documents_change_nothing():
    pages = documents(letter=9, memo=9)
    folds = folds_of(pages, {}, count=3, seed=1)
    again = folds_of(pages[::-1], {}, count=3, seed=1)
    assert [digests(one.held_out) for one in folds] == [digests(one.held_out) for one in again]
    other = folds_of(pages, {}, count=3, seed=2)
    assert [digests(one.held_out) for one in folds] != [digests(one.held_out) for one in other]


def test_a_smaller_share_is_part_of_every_larger_one_and_has_every_label():
    (fold, *_) = folds_of(documents(letter=20, memo=2), {}, count=2)
    quarter, half, whole = (fold.split(share=share) for share in (0.25, 0.5, 1.0))
    assert digests(quarter.train) < digests(half.train) < digests(whole.train)
    assert digests(whole.train) == digests(fold.training)
    assert {one.label for one in quarter.train} == {"letter", "memo"}
    assert digests(quarter.test) == digests(whole.test) == digests(fold.held_out)


def test_validation_leaves_every_label_something_to_train_on():
    (fold, *_) = folds_of(documents(letter=20, memo=2), {}, count=2)
    split = fold.split(validation_share=0.15)
    assert digests(split.train) | digests(split.validation) == digests(fold.training)
    assert {one.label for one in split.train} == {"letter", "memo"}
    assert len(split.validation) == 2


def test_a_label_of_copies_alone_is_named():
    pages = documents(letter=8, memo=3)
    groups = dict.fromkeys(("memo-0", "memo-1", "memo-2"), "memo-0")
    with pytest.raises(InvalidDocuments, match="'memo' are copies of one another"):
        folds_of(pages, groups, count=3)
