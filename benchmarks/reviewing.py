"""Whether reviewing the pages that a review shows first helps more than reviewing as many at random.

Each seed draws test pages and a few training pages of each label; the rest is a pool that a model of page
features classifies. Some of the pool are reviewed, with their true labels, and trained on with the others.
All models of a seed are scored on its test pages, which nothing was chosen on.

    python benchmarks/reviewing.py --documents FOLDER
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from options import parser_with

from burnish.datasets.document_features import DocumentFeatures, extract_features
from burnish.datasets.sources import read_folder
from burnish.evaluation.predicting import UNLIKE_TRAINING
from burnish.page_features.page_classifier import PageClassifier, fitted_classifier
from burnish.page_features.typicality import typical_pages
from burnish.review import ReviewItem

DRAWS = 10_000
Pages = list[DocumentFeatures]


def main() -> None:
    """Print a row for each number of reviewed pages."""
    options = parsed_options()
    features, _ = extract_features(read_folder(options.documents).documents)
    scores = [scores_of(features, seed, options) for seed in options.seeds]
    print("| pages reviewed | before | least sure first | at random | difference, paired by seed |")
    print("| --- | --- | --- | --- | --- |")
    for count in options.reviewed:
        before, first, at_random = (
            np.array([one[name, count] for one in scores]) for name in ("before", "first", "random")
        )
        row = (count, interval(before), interval(first), interval(at_random), interval(first - at_random))
        print(f"| {' | '.join(map(str, row))} |", flush=True)


def scores_of(features: Pages, seed: int, options: argparse.Namespace) -> dict[tuple[str, int], float]:
    """The accuracy of a seed's models, by how pages were chosen and how many."""
    test, training, pool = drawn(features, seed, options)
    before = fitted(training)
    order = most_useful_first(before, training, pool)
    mixed = random.Random(f"{seed}/review").sample(pool, len(pool))  # noqa: S311 - not a secret
    found = {}
    for count in options.reviewed:
        found["before", count] = accuracy(before, test)
        found["first", count] = accuracy(fitted([*training, *order[:count]]), test)
        found["random", count] = accuracy(fitted([*training, *mixed[:count]]), test)
    return found


def most_useful_first(model: PageClassifier, training: Pages, pool: Pages) -> Pages:
    """The pool in the order of a review."""
    probabilities = model.probabilities(pool).max(axis=1)
    typical = typical_pages([page.text for page in training])
    values = typical.p_values([page.text for page in pool]) if typical else np.ones(len(pool))

    def usefulness(place: int) -> tuple[int, float]:
        page = pool[place]
        return ReviewItem(
            key=page.document.digest,
            document=page.document.name,
            digest=page.document.digest,
            path=page.document.path,
            probability=float(probabilities[place]),
            is_unlike_training=bool(values[place] <= UNLIKE_TRAINING),
            typicality=float(values[place]),
        ).usefulness

    return [pool[place] for place in sorted(range(len(pool)), key=usefulness)]


def fitted(pages: Sequence[DocumentFeatures]) -> PageClassifier:
    """A model of page features of labelled pages."""
    return fitted_classifier(pages, [page.document.label for page in pages]).classifier


def accuracy(model: PageClassifier, test: Pages) -> float:
    """The share of test pages whose label is found."""
    places = model.probabilities(test).argmax(axis=1)
    return float(
        np.mean(
            [model.labels[place] == page.document.label for place, page in zip(places, test, strict=True)]
        )
    )


def drawn(features: Pages, seed: int, options: argparse.Namespace) -> tuple[Pages, Pages, Pages]:
    """Test pages and training pages, so many of each label, and the rest."""
    parts: tuple[Pages, Pages, Pages] = ([], [], [])
    held, known = options.test, options.test + options.training
    for label in sorted({one.document.label for one in features}):
        pages = [one for one in features if one.document.label == label]
        random.Random(f"{seed}/{label}").shuffle(pages)  # noqa: S311 - not a secret
        parts[0].extend(pages[:held])
        parts[1].extend(pages[held:known])
        parts[2].extend(pages[known:])
    return parts


def interval(figures: np.ndarray) -> str:
    """The mean over seeds and its 95 % interval, by drawing seeds again."""
    drawn_again = np.random.default_rng(0).choice(figures, size=(DRAWS, len(figures))).mean(axis=1)
    low, high = np.quantile(drawn_again, (0.025, 0.975))
    return f"{figures.mean():.3f} ({low:.3f} to {high:.3f})"


def parsed_options() -> argparse.Namespace:
    """The command line."""
    parser = parser_with(__doc__)
    parser.add_argument("--documents", type=Path, required=True, help="a folder with a sub-folder per label")
    parser.add_argument("--test", type=int, default=3, help="test pages of each label")
    parser.add_argument("--training", type=int, default=2, help="training pages of each label, before")
    parser.add_argument("--reviewed", type=int, nargs="+", default=[16, 32], help="pages that are reviewed")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(range(20)))
    return parser.parse_args()


if __name__ == "__main__":
    main()
