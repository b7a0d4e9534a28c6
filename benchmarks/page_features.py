"""How accurate and how well calibrated page features are on scanned pages: each view alone, and their pool.

Cross-validated. Everything is learned inside of the training folds, the weights of the pool included: out of
fold there as well, so that the pages of a test fold decide nothing. The documents are read once, then from
the cache.

    python benchmarks/page_features.py --documents FOLDER
    python benchmarks/page_features.py --documents FOLDER --doubtful names.txt    # and without these, apart

An expected calibration error of a few pages is never zero. So beside it stands the one that a perfectly
calibrated model of the same confidence would have on as many pages.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

import numpy as np
from options import parser_with
from sklearn.model_selection import StratifiedKFold

from burnish.datasets.document_features import DocumentFeatures, extract_features
from burnish.datasets.sources import read_folder
from burnish.page_features.page_classifier import PageClassifier, fitted_classifier
from burnish.page_features.views import VIEWS

FOLDS, BINS, DRAWS = 5, 15, 200
POOL = "their pool"


@dataclass(frozen=True, kw_only=True)
class Answers:
    """The probabilities of each label for each page, (seeds, pages, labels), and the given labels."""

    probabilities: np.ndarray
    labels: np.ndarray

    @property
    def right(self) -> np.ndarray:
        """Which answers are right, (seeds, pages)."""
        return np.asarray(self.probabilities.argmax(axis=2) == self.labels)


def main() -> None:
    """Cross-validate page features on the documents and print the tables."""
    options = parsed_options()
    features, _ = extract_features(read_folder(options.documents).documents)
    names = sorted({one.document.label for one in features})
    labels = np.array([names.index(one.document.label) for one in features])
    started = time.process_time()
    answers = cross_validated(features, names, labels, options.seeds)
    fits = FOLDS * len(options.seeds)
    print(
        f"{(time.process_time() - started) / fits:.1f} CPU s to train and answer, the mean of {fits} folds\n"
    )
    print_table(answers)
    doubtful = {name.strip() for name in options.doubtful.read_text().split("\n")} if options.doubtful else ()
    sure = np.array([one.document.name not in doubtful for one in features])
    right = answers[POOL].right
    if doubtful:
        print(f"\nof {sure.sum()} pages whose label is not doubtful {right[:, sure].mean():.3f} are right, ")
        print(f"of {(~sure).sum()} others {right[:, ~sure].mean():.3f}")
    print("\nright of each label, and the pages that it has:")
    for number, name in enumerate(names):
        print(f"  {name}: {right[:, labels == number].mean():.2f} of {(labels == number).sum()}")


def cross_validated(
    features: Sequence[DocumentFeatures], names: Sequence[str], labels: np.ndarray, seeds: Sequence[int]
) -> dict[str, Answers]:
    """The answers of each view and of the pool, by the name."""
    kinds = (*(view.name for view in VIEWS), POOL)
    found = {kind: np.zeros((len(seeds), len(labels), len(names))) for kind in kinds}
    for number, seed in enumerate(seeds):
        splitter = StratifiedKFold(FOLDS, shuffle=True, random_state=1000 + seed)
        for training, test in splitter.split(labels, labels):
            fit = fitted_classifier(
                [features[place] for place in training], [names[labels[place]] for place in training]
            )
            for kind, rows in answers_of(fit.classifier, [features[place] for place in test]):
                found[kind][number, test] = rows
    return {kind: Answers(probabilities=rows, labels=labels) for kind, rows in found.items()}


def answers_of(
    classifier: PageClassifier, pages: Sequence[DocumentFeatures]
) -> Iterator[tuple[str, np.ndarray]]:
    """What each view answers, and what the pool does."""
    for view, fitted in zip(VIEWS, classifier.views, strict=True):
        yield view.name, np.exp(fitted.model.log_probabilities(fitted.features.rows(pages)))
    yield POOL, classifier.probabilities(pages)


def print_table(answers: Mapping[str, Answers]) -> None:
    """Print a row for each view and for the pool."""
    print("| view | accuracy | each seed | log loss | ECE | of a calibrated model |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, one in answers.items():
        low, high = interval(one.right)
        seeds = " ".join(f"{right.mean():.3f}" for right in one.right)
        print(
            f"| {name} | {one.right.mean():.3f} ({low:.2f} to {high:.2f}) | {seeds} | {log_loss(one):.2f} "
            f"| {mean(calibration_errors(one)):.3f} | {calibrated_error(one):.3f} |"
        )


def interval(right: np.ndarray) -> tuple[float, float]:
    """The bounds of a 95 % interval of the accuracy, by drawing pages with replacement."""
    rng = np.random.default_rng(0)
    pages = right.mean(axis=0)
    drawn = [rng.choice(pages, len(pages)).mean() for _ in range(1000)]
    low, high = np.quantile(drawn, (0.025, 0.975))
    return float(low), float(high)


def log_loss(answers: Answers) -> float:
    """The cross-entropy of the given labels, in nats."""
    given = answers.probabilities[:, np.arange(len(answers.labels)), answers.labels]
    return float(-np.log(given + 1e-12).mean())


def calibration_errors(answers: Answers) -> list[float]:
    """The expected calibration error of each seed."""
    confidence = answers.probabilities.max(axis=2)
    return [calibration_error(*one) for one in zip(confidence, answers.right, strict=True)]


def calibration_error(confidence: np.ndarray, right: np.ndarray) -> float:
    """The expected calibration error, in bins of as many pages each."""
    bins = np.array_split(np.argsort(confidence, kind="stable"), BINS)
    gaps = [abs(right[one].mean() - confidence[one].mean()) * len(one) for one in bins]
    return float(sum(gaps) / len(right))


def calibrated_error(answers: Answers) -> float:
    """The mean error of a model that is right as often as its confidence says, on as many pages."""
    rng = np.random.default_rng(0)
    confidence = answers.probabilities.max(axis=2)
    drawn = (confidence[draw % len(confidence)] for draw in range(DRAWS))
    return mean(calibration_error(one, rng.random(len(one)) < one) for one in drawn)


def parsed_options() -> argparse.Namespace:
    """The command line."""
    parser = parser_with(__doc__)
    parser.add_argument("--documents", type=Path, required=True, help="a folder with a sub-folder per label")
    parser.add_argument("--doubtful", type=Path, help="a file with names of documents, one a line")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    return parser.parse_args()


if __name__ == "__main__":
    main()
