"""How often documents of the same kind are taken for strangers, and how often others are.

The pages of a folder are divided at random, again and again: one half is trained on and held out, documents
of the other half come in. Then come documents of other folders. Probabilities are those of models that have
not seen the page, as in `bundles.py`.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from bundles import AnsweredPages, cross_validated, features

from burnish.classification.drift import Drift, IncomingTally, TrainingReference
from burnish.classification.page_answers import DocumentAnswers, PageAnswer
from burnish.page_features.page_classifier import fitted_classifier
from burnish.page_features.typicality import typical_pages

DIVISIONS, INCOMING = 200, 60


def drift(reference: TrainingReference, answers: Sequence[PageAnswer], typicality: np.ndarray) -> Drift:
    tally = IncomingTally(reference=reference)
    for answer, value in zip(answers, typicality, strict=True):
        page = PageAnswer(
            page=1, label=answer.label, probabilities=answer.probabilities, typicality=float(value)
        )
        tally.count(DocumentAnswers(key="", document="", path="", pages=[page]))
    return tally.drift()


def reference_of(pages: AnsweredPages, known: Sequence[int]) -> TrainingReference:
    """What a job leaves of these pages: nine in ten held-out answers are as sure as a threshold or more."""
    confidence = sorted(float(pages.probabilities[at].max()) for at in known)
    threshold = confidence[len(confidence) // 10]
    below = sum(one < threshold for one in confidence)
    return TrainingReference(
        labels=Counter(pages.given[at] for at in known),
        pages=len(known),
        confidence=(threshold, below, len(confidence)) if below else None,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="documents to train on, a sub-folder for each type")
    parser.add_argument("others", type=Path, nargs="*", help="other documents, none of which is trained on")
    given = parser.parse_args()
    pages = cross_validated(given.folder)
    found, labels = features(given.folder)
    texts = [one.text for one in found]
    classifier = fitted_classifier(found, labels).classifier
    others = {}
    for folder in given.others:
        new, _ = features(folder)
        others[folder.name] = (classifier.probabilities(new), [one.text for one in new])
    alarms: Counter[str] = Counter()
    rng = random.Random(0)  # noqa: S311 - divisions, no secrets
    for _ in range(DIVISIONS):
        order = rng.sample(range(len(texts)), len(texts))
        known, incoming = order[len(order) // 2 :], order[:INCOMING]
        reference, typical = reference_of(pages, known), typical_pages([texts[at] for at in known])
        assert typical
        same = drift(
            reference,
            [pages.answer(at, 1) for at in incoming],
            typical.p_values([texts[at] for at in incoming]),
        )
        alarms["the same folder, stranger"] += same.is_stranger
        alarms["the same folder, other shares"] += same.has_other_shares
        for name, (probabilities, new) in others.items():
            chosen = rng.sample(range(len(new)), min(INCOMING, len(new)))
            whole = AnsweredPages(labels=pages.labels, given=[""] * len(new), probabilities=probabilities)
            other = drift(
                reference,
                [whole.answer(at, 1) for at in chosen],
                typical.p_values([new[at] for at in chosen]),
            )
            alarms[f"{name}, stranger"] += other.is_stranger
            alarms[f"{name}, other shares"] += other.has_other_shares
    print(f"{DIVISIONS} divisions, {INCOMING} documents each\n\n| documents of | alarms |\n| --- | --- |")
    for name, count in alarms.items():
        print(f"| {name} | {count} of {DIVISIONS} |")


if __name__ == "__main__":
    main()
