"""How well bundles of concatenated documents come apart: boundary precision, recall and F1.

Pages are answered by page features that were not trained on them: with ``--held-out`` those of this folder by
a model of the first, otherwise those of each fifth by a model of the others. A bundle is 40 documents in a
random order. Pages of one type are documents of their own, or stand for the pages of one: there are no
scanned documents of several pages here.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from sklearn.model_selection import StratifiedKFold

from burnish import read_documents
from burnish.classification.bundles import documents_of_bundle
from burnish.classification.page_answers import PageAnswer
from burnish.datasets.document_features import DocumentFeatures, extract_features
from burnish.page_features.page_classifier import fitted_classifier

FOLDS, BUNDLES, DOCUMENTS, DRAWS = 5, 100, 40, 2000
Bundle = tuple[list[PageAnswer], set[int]]
Cut = Callable[[Sequence[PageAnswer], Sequence[str]], set[int]]


@dataclass(frozen=True, kw_only=True)
class AnsweredPages:
    """The true label of each page, and what a model that has not seen it answers."""

    labels: tuple[str, ...]
    given: list[str]
    probabilities: np.ndarray

    def answer(self, place: int, number: int) -> PageAnswer:
        shares = dict(zip(self.labels, map(float, self.probabilities[place]), strict=True))
        return PageAnswer(page=number, label=max(shares, key=shares.__getitem__), probabilities=shares)


def features(folder: Path) -> tuple[list[DocumentFeatures], list[str]]:
    pages, _ = extract_features(read_documents(folder).documents)
    return list(pages), [page.document.label for page in pages]


def held_out(training: Path, other: Path) -> AnsweredPages:
    pages, labels = features(training)
    classifier = fitted_classifier(pages, labels).classifier
    new, given = features(other)
    return AnsweredPages(labels=classifier.labels, given=given, probabilities=classifier.probabilities(new))


def cross_validated(folder: Path) -> AnsweredPages:
    pages, labels = features(folder)
    names = tuple(sorted(set(labels)))
    found = np.zeros((len(pages), len(names)))
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(labels, labels)
    for training, tested in folds:
        fit = fitted_classifier([pages[at] for at in training], [labels[at] for at in training])
        found[tested] = fit.classifier.probabilities([pages[at] for at in tested])
    return AnsweredPages(labels=names, given=labels, probabilities=found)


def bundle(pages: AnsweredPages, rng: random.Random, *, longest: int, in_order: bool) -> Bundle:
    """Answers about the pages of 40 documents, and the places at which documents begin but for the first."""
    by_label: dict[str, list[int]] = {}
    for place, label in enumerate(pages.given):
        by_label.setdefault(label, []).append(place)
    types = [rng.choice(sorted(by_label)) for _ in range(DOCUMENTS)]
    documents = [
        rng.sample(by_label[label], rng.randint(1, longest))
        for label in (sorted(types) if in_order else types)
    ]
    answers = [pages.answer(place, at) for at, place in enumerate(chain.from_iterable(documents), 1)]
    ends = np.cumsum([len(document) for document in documents])
    return answers, set(map(int, ends[:-1]))


def likeliest(answers: Sequence[PageAnswer], labels: Sequence[str]) -> set[int]:
    return {part[0].page - 1 for part in documents_of_bundle(answers, labels)[1:]}


def each_alone(answers: Sequence[PageAnswer], labels: Sequence[str]) -> set[int]:
    del labels
    return {at for at in range(1, len(answers)) if answers[at].label != answers[at - 1].label}


def told(counts: np.ndarray) -> str:
    """Precision, recall and F1 of counts (right, found, there) of bundles, with 95 % intervals."""
    rng = np.random.default_rng(0)
    drawn = counts[rng.integers(len(counts), size=(DRAWS, len(counts)))].sum(axis=1)
    cells = []
    for figure in (precision, recall, f1):
        low, high = np.quantile(figure(drawn.T), (0.025, 0.975))
        cells.append(f"{figure(counts.sum(axis=0)):.3f} ({low:.3f} to {high:.3f})")
    return " | ".join(cells)


def precision(counts: np.ndarray) -> np.ndarray:
    return np.asarray(counts[0] / np.maximum(counts[1], 1))


def recall(counts: np.ndarray) -> np.ndarray:
    return np.asarray(counts[0] / counts[2])


def f1(counts: np.ndarray) -> np.ndarray:
    return np.asarray(2 * counts[0] / (counts[1] + counts[2]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="documents, a sub-folder for each type")
    parser.add_argument("--held-out", type=Path, help="documents to make bundles of, and not to train on")
    given = parser.parse_args()
    pages = held_out(given.folder, given.held_out) if given.held_out else cross_validated(given.folder)
    right = np.mean([pages.labels[at] for at in pages.probabilities.argmax(1)] == np.array(pages.given))
    print(f"{len(pages.given)} pages, {right:.3f} answered right\n")
    print("| documents of | cut by | precision | recall | F1 |\n| --- | --- | --- | --- | --- |")
    measure(pages)


def measure(pages: AnsweredPages) -> None:
    kinds = {
        "1 page": (1, False),
        "1 to 4 pages": (4, False),
        "1 to 4 pages, in the order of types": (4, True),
    }
    ways: dict[str, Cut] = {"the likeliest path": likeliest, "each page alone": each_alone}
    for kind, (longest, in_order) in kinds.items():
        rng = random.Random(0)  # noqa: S311 - bundles, no secrets
        bundles = [bundle(pages, rng, longest=longest, in_order=in_order) for _ in range(BUNDLES)]
        for way, cut in ways.items():
            found = [(cut(answers, pages.labels), there) for answers, there in bundles]
            counts = np.array([(len(one & there), len(one), len(there)) for one, there in found])
            print(f"| {kind} | {way} | {told(counts)} |", flush=True)


if __name__ == "__main__":
    main()
