"""A fit to a kernel's components is the fit to the counts themselves."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from burnish.page_features.linear_models import (
    INDICATOR_SCALE,
    fitted_bayes,
    fitted_least_squares,
    fitted_regression,
    kernel_components,
)
from burnish.page_features.term_counts import LETTERS, fitted_counts

TEXTS = ["dear sir thank you", "dear madam thanks", "total 12 due", "total 14 due", "sum due"]
LABELS = np.array([0, 0, 1, 1, 1])
ROWS = fitted_counts(TEXTS, LETTERS, (2, 4)).rows(TEXTS)


def test_inner_products_of_components_are_the_similarities():
    vectors = kernel_components(ROWS).vectors
    assert vectors @ vectors.T == pytest.approx((ROWS @ ROWS.T).toarray())


@pytest.mark.parametrize("labels", [LABELS, np.array([0, 1, 2, 1, 2])])
def test_a_fit_to_components_equals_one_to_the_counts(labels):
    components = kernel_components(ROWS)
    count = labels.max() + 1
    model = fitted_least_squares(components.vectors, labels, penalty=0.3, label_count=count)
    plain = fitted_least_squares(ROWS.toarray(), labels, penalty=0.3, label_count=count)
    found = np.exp(components.in_rows(model).log_probabilities(ROWS))
    assert found == pytest.approx(np.exp(plain.log_probabilities(ROWS)), abs=1e-6)
    assert found == pytest.approx(np.exp(model.log_probabilities(components.vectors)), abs=1e-6)


def test_least_squares_are_those_of_a_ridge_regression_in_which_labels_weigh_alike():
    rows = ROWS.toarray()
    weights = np.where(LABELS == 0, 5 / 4, 5 / 6)
    plain = Ridge(alpha=0.3).fit(rows, np.eye(2)[LABELS], sample_weight=weights)
    model = fitted_least_squares(rows, LABELS, penalty=0.3, label_count=2)
    scores = rows @ model.coefficients + model.intercepts
    assert scores == pytest.approx(INDICATOR_SCALE * plain.predict(rows))


def test_pages_of_one_label_make_a_model_that_knows_no_other():
    found = fitted_regression(ROWS.toarray(), np.full(5, 1), strength=1, label_count=3)
    assert np.exp(found.log_probabilities(ROWS)) == pytest.approx(np.eye(3)[np.full(5, 1)])


def test_a_label_that_does_not_occur_has_no_probability():
    for fit in (
        fitted_bayes,
        lambda *given, **sizes: fitted_regression(*given, strength=1, **sizes),
        lambda *given, **sizes: fitted_least_squares(*given, penalty=1, **sizes),
    ):
        rows = ROWS if fit is fitted_bayes else ROWS.toarray()
        found = np.exp(fit(rows, np.array([0, 0, 2, 2, 2]), label_count=4).log_probabilities(rows))
        assert found[:, [1, 3]] == pytest.approx(0)
        assert found.sum(axis=1) == pytest.approx(1)
