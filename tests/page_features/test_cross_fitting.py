"""A pool's answers by weights that were fitted to other pages."""

from __future__ import annotations

import numpy as np
import pytest

from burnish.errors import InvalidRecords
from burnish.page_features import cross_fitting
from burnish.page_features.cross_fitting import cross_fitted_pool
from burnish.page_features.out_of_fold import REPEATS, folds


def predictions(pages: int = 60, labels: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Log-probabilities of a model that knows something and one that knows nothing."""
    rng = np.random.default_rng(0)
    truth = np.arange(pages) % labels
    logits = rng.normal(size=(2, pages, labels))
    logits[0] += 2 * np.eye(labels)[truth]
    return logits - np.log(np.exp(logits).sum(axis=2, keepdims=True)), truth


def test_no_answer_is_pooled_by_the_label_of_its_own_page(monkeypatch):
    found, truth = predictions()
    before, kept = cross_fitted_pool(found, truth), list(folds(truth, seed=REPEATS))
    relabelled = truth.copy()
    relabelled[5] = (truth[5] + 1) % 3
    monkeypatch.setattr(cross_fitting, "folds", lambda labels, *, seed: iter(kept))
    after = cross_fitted_pool(found, relabelled)
    assert after[5] == pytest.approx(before[5])
    assert after != pytest.approx(before)


def test_every_page_has_an_answer():
    found, truth = predictions()
    answers = cross_fitted_pool(found, truth)
    assert answers.sum(axis=1) == pytest.approx(np.ones(len(truth)))
    assert (answers.argmax(axis=1) == truth).mean() > 0.7


def test_labels_with_one_page_each_are_refused():
    with pytest.raises(InvalidRecords, match="No label has two pages"):
        list(folds(np.arange(4), seed=0))
