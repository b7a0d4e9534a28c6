"""Vector scaling helps on pages that it was not fitted to, or is left alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import approx_fprime

from burnish.calibration import vector_scaling
from burnish.calibration.vector_scaling import (
    FOLDS,
    chosen_scaling,
    cross_fitted,
    dealt_folds,
    fitted_scaling,
    penalized_loss,
    unscaled,
)


def skewed(pages: int, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores that know the label but lean heavily towards the last one, too sure of themselves."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, pages)
    signal = 2.0 * np.eye(3)[truth] + rng.normal(size=(pages, 3))
    return 3 * signal + np.array([-4.0, 0.0, 9.0]), truth


def calibrated(pages: int, *, seed: int, labels: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Scores whose probabilities are those that the labels were drawn from."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(scale=2, size=(pages, labels))
    drawn = [rng.choice(labels, p=row) for row in unscaled(labels).probabilities(scores)]
    return scores, np.array(drawn)


def log_loss(probabilities: np.ndarray, truth: np.ndarray) -> float:
    return float(-np.log(probabilities[np.arange(len(truth)), truth]).mean())


def test_a_lean_is_corrected_on_pages_that_nothing_was_fitted_to():
    found, (scores, truth) = chosen_scaling(*skewed(60, seed=1)), skewed(300, seed=2)
    after, before = found.probabilities(scores), unscaled(3).probabilities(scores)
    assert (after.argmax(1) == truth).mean() > (before.argmax(1) == truth).mean() + 0.2
    assert log_loss(after, truth) < log_loss(before, truth) / 2
    assert found.biases[0] > found.biases[1] > found.biases[2]
    assert sum(found.biases) == pytest.approx(0, abs=1e-6)
    assert found.temperature > 1


@pytest.mark.parametrize("pages", [4, 12, 40])
def test_a_calibrated_model_loses_no_more_than_noise(pages):
    unseen, truth = calibrated(2000, seed=99)
    before = log_loss(unscaled(4).probabilities(unseen), truth)
    after = [
        log_loss(chosen_scaling(*calibrated(pages, seed=seed)).probabilities(unseen), truth)
        for seed in range(12)
    ]
    assert np.mean(after) < before + 0.05


def test_a_few_pages_move_the_biases_less_than_many():
    few, many = (fitted_scaling(*skewed(pages, seed=1), strength=50) for pages in (2, 200))
    assert max(map(abs, few.biases)) < max(map(abs, many.biases))


def test_a_label_that_is_never_shown_is_not_ruled_out():
    scores, truth = skewed(60, seed=1)
    found = fitted_scaling(scores[truth != 2], truth[truth != 2], strength=4)
    assert found.probabilities(np.array([[-20.0, -20.0, 20.0]]))[0, 2] > 0.5


def test_no_pages_leave_the_scores_as_they_are():
    empty = np.zeros((0, 3)), np.zeros(0, dtype=int)
    assert fitted_scaling(*empty) == chosen_scaling(*empty) == unscaled(3)
    assert cross_fitted(*empty).shape == (0, 3)


@pytest.mark.parametrize("strength", [None, 4.0])
def test_no_answer_is_calibrated_by_the_label_of_its_own_page(monkeypatch, strength):
    scores, truth = skewed(30, seed=3)
    found, folds = cross_fitted(scores, truth, strength=strength), dealt_folds(truth.tolist())
    relabelled = truth.copy()
    relabelled[7] = (truth[7] + 1) % 3
    # The label decides the fold as well: every page stays in the one that it was in.
    whole = vector_scaling.dealt_folds
    monkeypatch.setattr(
        vector_scaling, "dealt_folds", lambda given: folds if len(given) == 30 else whole(given)
    )
    again = cross_fitted(scores, relabelled, strength=strength)
    assert again[7] == pytest.approx(found[7])
    assert again != pytest.approx(found)


@given(st.lists(st.integers(0, 5), max_size=40))
def test_the_pages_of_a_label_are_dealt_out_over_all_folds(truth):
    folds = dealt_folds(truth)
    for label in set(truth):
        counts = np.bincount(folds[np.array(truth) == label], minlength=FOLDS)
        assert counts.max() - counts.min() <= 1


def test_the_gradient_is_the_slope_of_the_loss():
    rng = np.random.default_rng(0)
    scores, truth = rng.normal(size=(20, 4)), rng.integers(0, 4, size=20)
    for _ in range(5):
        at = rng.normal(size=5)
        slope = approx_fprime(at, lambda place: penalized_loss(place, scores, truth, 2.0)[0])
        assert penalized_loss(at, scores, truth, 2.0)[1] == pytest.approx(slope, abs=1e-4)
