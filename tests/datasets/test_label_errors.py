"""Label errors are told from labels that are hard to tell, and counted."""

import numpy as np
import pytest

from burnish.datasets.auditing import MIN_PROBABILITY
from burnish.datasets.label_errors import estimated_errors

LABELS, DOCUMENTS = 4, 120
RIGHT = np.arange(DOCUMENTS) % LABELS


def predictions(skill: float, *, seed: int = 0) -> np.ndarray:
    """The log-probabilities of two models that favour the right label, (models, documents, labels)."""
    rng = np.random.default_rng(seed)
    drawn = rng.normal(size=(2, DOCUMENTS, LABELS))
    drawn[:, np.arange(DOCUMENTS), RIGHT] += skill
    return drawn - np.log(np.exp(drawn).sum(axis=2, keepdims=True))


def with_errors(count: int) -> np.ndarray:
    labels = RIGHT.copy()
    labels[:count] = (labels[:count] + 1) % LABELS
    return labels


@pytest.mark.parametrize("skill", [0.5, 2.0, 6.0])
def test_without_errors_hardly_any_label_is_probably_wrong_however_hard_the_set(skill):
    found = estimated_errors(predictions(skill), RIGHT)
    assert (found.wrong > 0.5).sum() <= 1
    assert found.count.low <= 1


def test_errors_among_labels_that_are_easy_to_tell_are_found():
    found = estimated_errors(predictions(6.0), with_errors(9))
    assert list(np.flatnonzero(found.wrong > MIN_PROBABILITY)) == list(range(9))
    assert list(found.likeliest[:9]) == list(RIGHT[:9])


@pytest.mark.parametrize("count", [0, 6, 18])
def test_the_number_of_errors_lies_within_the_interval(count):
    found = estimated_errors(predictions(4.0), with_errors(count)).count
    assert found.low <= count <= found.high


def test_with_models_that_know_nothing_no_label_is_suspected():
    found = estimated_errors(predictions(0.0), RIGHT)
    assert found.wrong.max() < MIN_PROBABILITY
