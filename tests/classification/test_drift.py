"""Whether documents are like those of the training: no false alarms, and no strangers unnoticed."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from answered_pages import LABELS, document, page

from burnish.classification.drift import (
    IncomingTally,
    TrainingReference,
    more_by_chance,
    shares_by_chance,
    unlike_by_chance,
)

REFERENCE = TrainingReference(labels=dict.fromkeys(LABELS, 60), pages=120, confidence=(0.7, 12, 120))


def drift_of(labels, confidence, typicality, *, count=60, reference=REFERENCE):
    tally = IncomingTally(reference=reference)
    for at in range(count):
        asked = page(1, labels(at), confidence(at), typicality=typicality(at))
        tally.count(document(asked))
    return tally.drift()


def in_turn(at):
    return LABELS[at % 3]


def spread(at):
    return (at % 20 + 1) / 20


def test_documents_like_those_of_the_training_are_said_to_be():
    found = drift_of(in_turn, lambda at: 0.6 if at % 10 == 0 else 0.9, spread)
    assert (found.is_stranger, found.has_other_shares) == (False, False)
    assert str(found).startswith("The documents are like those of the training")


@pytest.mark.parametrize(
    ("confidence", "typicality", "reason"),
    [
        (lambda at: 0.9, lambda at: 0.01 if at % 3 else 0.5, "40 of 60 are unlike all training pages"),
        (lambda at: 0.5, spread, "60 of 60 answers are less sure than 0.7"),
    ],
)
def test_a_model_is_a_stranger_to_documents_that_are_unlike_or_that_it_is_unsure_of(
    confidence, typicality, reason
):
    found = drift_of(in_turn, confidence, typicality)
    assert found.is_stranger
    assert reason in str(found)


def test_other_shares_of_labels_are_told_apart_from_strangers():
    found = drift_of(lambda at: "memo", lambda at: 0.9, spread)
    assert (found.is_stranger, found.has_other_shares) == (False, True)
    assert "100% are memo, and 33% were" in str(found)


def test_few_documents_say_nothing():
    found = drift_of(lambda at: "memo", lambda at: 0.5, lambda at: 0.01, count=19)
    assert (found.is_stranger, found.has_other_shares) == (False, False)
    assert "too few" in str(found)


def test_models_that_tell_nothing_but_labels_are_compared_by_these():
    found = drift_of(in_turn, lambda at: None, lambda at: None)
    assert str(found).endswith("as far as label shares can tell.")


def test_same_documents_seldom_raise_an_alarm():
    """500 trainings, each with its own documents: pages are compared by one number, as typicality does."""
    rng = random.Random(0)
    alarms = 0
    for _ in range(500):
        training = sorted(rng.random() for _ in range(120))
        held_out = sorted((rng.random() for _ in range(120)), reverse=True)
        threshold = held_out[107]
        tally = IncomingTally(
            reference=TrainingReference(
                labels=Counter(rng.choice(LABELS) for _ in range(180)),
                pages=120,
                confidence=(threshold, 12, 120),
            )
        )
        for _ in range(60):
            score = rng.random()
            typicality = (1 + sum(one <= score for one in training)) / 121
            likeliest = 1 / 3 + rng.random() * 2 / 3
            scaled = 1 / 3 + threshold * 2 / 3
            sure = 1.0 if likeliest >= scaled else threshold - 1e-9
            tally.count(document(page(1, rng.choice(LABELS), sure, typicality=typicality)))
        found = tally.drift()
        alarms += found.is_stranger or found.has_other_shares
    assert alarms <= 10


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        # Of scipy.stats: betabinom.sf(k - 1, n, a, b), fisher_exact(..., "greater"), chi2_contingency.
        (unlike_by_chance(8, 60, 120), 0.029495),
        (more_by_chance(12, 60, 12, 120), 0.054159),
        (shares_by_chance({"a": 30, "b": 10, "c": 20}, {"a": 60, "b": 60, "c": 60}), 0.022159),
    ],
)
def test_probabilities_are_those_of_the_field_s_tests(found, expected):
    assert found == pytest.approx(expected, rel=0.02)
