"""Bundles come apart where the type changes."""

from __future__ import annotations

import itertools
import random

import pytest
from answered_pages import LABELS, page

from burnish.classification.bundles import documents_of_bundle


def cut(*pages):
    return [[one.page for one in part] for part in documents_of_bundle(pages, LABELS)]


def test_a_bundle_is_cut_where_pages_of_another_type_begin():
    types = ["letter"] * 3 + ["invoice"] + ["memo"] * 2
    assert cut(*(page(at, one, 0.95) for at, one in enumerate(types, 1))) == [[1, 2, 3], [4], [5, 6]]


def test_a_page_of_which_the_model_is_unsure_does_not_cut_a_document():
    assert cut(
        page(1, "letter", 0.95),
        page(2, "letter", 0.95),
        page(3, "memo", 0.4),
        page(4, "letter", 0.95),
        page(5, "letter", 0.95),
    ) == [[1, 2, 3, 4, 5]]


def test_a_page_without_an_answer_goes_with_its_neighbours():
    assert cut(page(1, "memo", 0.9), page(2, None, problem="no"), page(3, "memo", 0.9)) == [[1, 2, 3]]


def test_labels_alone_are_enough_to_cut():
    pages = [page(at, one) for at, one in enumerate(["memo"] * 3 + ["letter"] * 3, 1)]
    assert cut(*pages) == [[1, 2, 3], [4, 5, 6]]


def test_single_pages_of_one_type_in_a_row_come_apart_in_a_bundle_of_single_pages():
    rng = random.Random(0)
    types = [rng.choice(LABELS) for _ in range(40)]
    assert any(one == other for one, other in itertools.pairwise(types))
    assert cut(*(page(at, one, 0.99) for at, one in enumerate(types, 1))) == [[at] for at in range(1, 41)]


@pytest.mark.parametrize("count", [0, 1])
def test_less_than_two_pages_are_not_cut(count):
    assert cut(*(page(at + 1, "memo", 0.9) for at in range(count))) == [list(range(1, count + 1))]


def test_boundaries_of_noisy_bundles_are_found_better_than_by_each_page_alone():
    """40 bundles whose pages are misread one time in eight, and then unsurely."""
    rng = random.Random(0)
    smoothed, alone = Counted(), Counted()
    for _ in range(40):
        types = bundle_types(rng)
        pages = [read_unsurely(at, one, rng) for at, one in enumerate(types, 1)]
        truth = {at for at in range(1, len(types)) if types[at] != types[at - 1]}
        smoothed.count({part[0].page - 1 for part in documents_of_bundle(pages, LABELS)[1:]}, truth)
        alone.count({at for at in range(1, len(pages)) if pages[at].label != pages[at - 1].label}, truth)
    assert smoothed.f1 > alone.f1 + 0.05
    assert smoothed.precision > alone.precision + 0.2


class Counted:
    """Boundaries that were found and that there are."""

    def __init__(self):
        self.right = self.found = self.there = 0

    def count(self, found, truth):
        self.right += len(found & truth)
        self.found += len(found)
        self.there += len(truth)

    @property
    def precision(self):
        return self.right / self.found

    @property
    def recall(self):
        return self.right / self.there

    @property
    def f1(self):
        return 2 * self.right / (self.found + self.there)


def bundle_types(rng):
    types = []
    for _ in range(6):
        label = rng.choice([one for one in LABELS if not types or one != types[-1]])
        types += [label] * rng.randint(1, 6)
    return types


def read_unsurely(number, label, rng):
    if rng.random() < 1 / 8:
        return page(number, rng.choice([one for one in LABELS if one != label]), 0.5)
    return page(number, label, 0.9)
