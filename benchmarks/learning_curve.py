"""How much more labelled pages help page features: accuracy and calibration by pages of each label.

Each seed draws ``--test`` test pages of each label, and grows the training pages from the rest: the
pages of a smaller training are among those of a larger one, and all are scored on the same test pages.

    python benchmarks/learning_curve.py --documents FOLDER
    python benchmarks/learning_curve.py --documents FOLDER --per-label 5 10 20 45 --test 15
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import mean

import numpy as np
from options import parser_with
from page_features import calibration_error

from burnish.calibration.intervals import wilson_interval
from burnish.datasets.document_features import DocumentFeatures, extract_features
from burnish.datasets.sources import read_folder
from burnish.page_features.page_classifier import fitted_classifier


def main() -> None:
    """Print a row for each number of pages of a label."""
    options = parsed_options()
    features, _ = extract_features(read_folder(options.documents).documents)
    print("| pages of each label | accuracy | each seed | ECE |")
    print("| --- | --- | --- | --- |")
    for count in options.per_label:
        scores = list(scores_of(features, count, options))
        right = np.concatenate([one for one, _ in scores])
        # Of one seed's test pages: the seeds share pages, and do not count as so many more.
        low, high = wilson_interval(round(right.mean() * len(scores[0][0])), len(scores[0][0]))
        seeds = " ".join(f"{one.mean():.3f}" for one, _ in scores)
        error = mean(calibration_error(confidence, one) for one, confidence in scores)
        print(
            f"| {count} | {right.mean():.3f} ({low:.2f} to {high:.2f}) | {seeds} | {error:.3f} |", flush=True
        )


def scores_of(
    features: Sequence[DocumentFeatures], count: int, options: argparse.Namespace
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """For each seed, which test pages are right, and how confident the answers are."""
    for seed in options.seeds:
        training, test = drawn(features, count, options.test, seed)
        classifier = fitted_classifier(training, [one.document.label for one in training]).classifier
        found = classifier.probabilities(test)
        answers = [classifier.labels[place] for place in found.argmax(axis=1)]
        right = [answer == one.document.label for answer, one in zip(answers, test, strict=True)]
        yield np.array(right), found.max(axis=1)


def drawn(
    features: Sequence[DocumentFeatures], count: int, test: int, seed: int
) -> tuple[list[DocumentFeatures], list[DocumentFeatures]]:
    """So many training and test pages of each label."""
    parts: tuple[list[DocumentFeatures], list[DocumentFeatures]] = ([], [])
    for label in sorted({one.document.label for one in features}):
        pages = [one for one in features if one.document.label == label]
        random.Random(f"{seed}/{label}").shuffle(pages)  # noqa: S311 - not a secret
        parts[0].extend(pages[test : test + count])
        parts[1].extend(pages[:test])
    return parts


def parsed_options() -> argparse.Namespace:
    """The command line."""
    parser = parser_with(__doc__)
    parser.add_argument("--documents", type=Path, required=True, help="a folder with a sub-folder per label")
    parser.add_argument("--per-label", type=int, nargs="+", default=[5, 10, 20, 45])
    parser.add_argument("--test", type=int, default=15, help="test pages of each label")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    return parser.parse_args()


if __name__ == "__main__":
    main()
