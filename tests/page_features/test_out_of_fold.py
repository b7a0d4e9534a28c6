"""Out of fold, no page is judged by a model that has learned its label."""

from __future__ import annotations

import numpy as np
import pytest
from read_pages import pages_of

from burnish.page_features.learners import LeastSquaresLearner
from burnish.page_features.out_of_fold import FOLDS, folds, log_probabilities, predicted
from burnish.page_features.views import VIEWS

NAMES = ["invoice", "letter", "memo"]
LABELS = np.arange(18) % 3


def test_a_page_that_is_unlike_all_others_is_not_recognized():
    """Each page has a column of its own: only a model that has seen the page could tell its label."""
    found = predicted(LeastSquaresLearner(vectors=np.eye(18), penalty=0.1), LABELS)
    assert (found.argmax(axis=1) != LABELS).mean() > 0.5


def test_a_label_that_occurs_once_is_never_predicted_where_it_is_given():
    labels = np.array([0, 1] * 6 + [2])
    found = log_probabilities(pages_of([NAMES[label] for label in labels]), labels, NAMES)
    # Its name may be on the page: that view alone needs no page to learn from.
    learned = [place for place, view in enumerate(VIEWS) if view.name != "label-names"]
    assert (found[learned, -1].argmax(axis=1) != 2).all()


def test_there_is_a_prediction_for_each_view_page_and_label():
    pages = pages_of([NAMES[label] for label in LABELS])
    found = log_probabilities(pages, LABELS, NAMES)
    assert found.shape == (len(VIEWS), 18, 3)
    assert np.isfinite(found).all()


@pytest.mark.parametrize(("labels", "count"), [([0, 1] * 10, FOLDS), ([0, 1] * 3, 3), ([0, 0, 1], 2)])
def test_folds_are_as_many_as_the_rarest_label_with_two_has_pages(labels, count):
    assert len(list(folds(np.array(labels), seed=0))) == count
