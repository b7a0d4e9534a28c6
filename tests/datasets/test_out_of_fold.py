"""Models are asked about documents that they never saw, and heard as far as they know something."""

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from burnish.datasets.out_of_fold import pooled, weights_of

LABELS, DOCUMENTS = 4, 80
GIVEN = np.arange(DOCUMENTS) % LABELS


def logarithms(rng: np.random.Generator, knowing: float) -> np.ndarray:
    """What a model says that is right by so much more than by chance."""
    drawn = rng.normal(size=(DOCUMENTS, LABELS))
    drawn[np.arange(DOCUMENTS), GIVEN] += knowing
    return drawn - np.log(np.exp(drawn).sum(axis=1, keepdims=True))


def test_a_model_that_knows_is_heard_and_one_that_guesses_is_not():
    rng = np.random.default_rng(0)
    knows, guesses = weights_of(np.stack([logarithms(rng, 2.0), logarithms(rng, 0.0)]), GIVEN)
    assert knows > 0.5
    assert guesses < 0.15


def test_a_model_that_is_too_sure_is_taken_down():
    honest = logarithms(np.random.default_rng(1), 2.0)
    (alone,) = weights_of(honest[None], GIVEN)
    (shouting,) = weights_of(4 * honest[None], GIVEN)
    assert 4 * shouting == pytest.approx(alone, rel=0.1)


def test_models_that_are_always_right_are_trusted_and_no_more_than_so_far():
    right = np.full((DOCUMENTS, LABELS), -9.0)
    right[np.arange(DOCUMENTS), GIVEN] = 0
    weights = weights_of(np.stack([right, right]), GIVEN)
    assert weights == pytest.approx([weights[0]] * 2)
    assert weights[0] < 10


def test_labels_drawn_at_random_leave_models_little_to_say():
    rng = np.random.default_rng(2)
    weights = weights_of(np.stack([logarithms(rng, 0.0) for _ in range(3)]), GIVEN)
    assert weights.sum() < 0.5


@drawn(st.lists(st.floats(0, 5), min_size=2, max_size=2))
def test_what_is_pooled_are_probabilities(weights):
    said = np.stack([logarithms(np.random.default_rng(seed), 1.0) for seed in (3, 4)])
    found = pooled(said, np.array(weights))
    assert found.shape == (DOCUMENTS, LABELS)
    assert found.sum(axis=1) == pytest.approx(1)
    assert (found >= 0).all()
