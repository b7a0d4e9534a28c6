"""Models are weighted by how well they predict documents outside of their training folds."""

import numpy as np
import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from burnish.calibration.pooling import fitted_pool, pooled

LABELS, DOCUMENTS = 4, 80
LABELS_GIVEN = np.arange(DOCUMENTS) % LABELS


def log_probabilities(rng: np.random.Generator, skill: float) -> np.ndarray:
    """The predictions of a model that favours the given label by ``skill``."""
    drawn = rng.normal(size=(DOCUMENTS, LABELS))
    drawn[np.arange(DOCUMENTS), LABELS_GIVEN] += skill
    return drawn - np.log(np.exp(drawn).sum(axis=1, keepdims=True))


def weights_of(predictions: np.ndarray, labels: np.ndarray, *, error_rate: float = 0.0) -> np.ndarray:
    return fitted_pool(predictions, labels, error_rate=error_rate).weights


def test_a_skilled_model_gets_weight_and_one_that_guesses_does_not():
    rng = np.random.default_rng(0)
    knows, guesses = weights_of(
        np.stack([log_probabilities(rng, 2.0), log_probabilities(rng, 0.0)]), LABELS_GIVEN
    )
    assert knows > 0.5
    assert guesses < 0.15


def test_an_overconfident_model_is_scaled_down():
    honest = log_probabilities(np.random.default_rng(1), 2.0)
    (alone,) = weights_of(honest[None], LABELS_GIVEN)
    (overconfident,) = weights_of(4 * honest[None], LABELS_GIVEN)
    assert 4 * overconfident == pytest.approx(alone, rel=0.1)


def test_the_weights_of_models_without_mistakes_stay_bounded():
    right = np.full((DOCUMENTS, LABELS), -9.0)
    right[np.arange(DOCUMENTS), LABELS_GIVEN] = 0
    weights = weights_of(np.stack([right, right]), LABELS_GIVEN)
    assert weights == pytest.approx([weights[0]] * 2)
    assert weights[0] < 10


def test_wrong_labels_that_are_allowed_for_do_not_scale_models_down():
    rng = np.random.default_rng(3)
    sure = log_probabilities(rng, 5.0)
    given = LABELS_GIVEN.copy()
    given[:8] = (given[:8] + 1) % LABELS
    (shaken,), (steady,) = weights_of(sure[None], given), weights_of(sure[None], given, error_rate=0.1)
    assert steady > 1.5 * shaken


def test_random_labels_leave_models_little_weight():
    rng = np.random.default_rng(2)
    weights = weights_of(np.stack([log_probabilities(rng, 0.0) for _ in range(3)]), LABELS_GIVEN)
    assert weights.sum() < 0.5


@drawn(st.lists(st.floats(0, 5), min_size=2, max_size=2))
def test_pooled_predictions_are_probabilities(weights):
    predictions = np.stack([log_probabilities(np.random.default_rng(seed), 1.0) for seed in (3, 4)])
    found = pooled(predictions, np.array(weights))
    assert found.shape == (DOCUMENTS, LABELS)
    assert found.sum(axis=1) == pytest.approx(1)
    assert (found >= 0).all()
