"""A regression on a kernel's components is the regression on the counts themselves."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from burnish.page_features.linear_models import (
    fitted_bayes,
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
def test_a_regression_on_components_equals_one_on_the_counts(labels):
    components = kernel_components(ROWS)
    count = labels.max() + 1
    model = fitted_regression(components.vectors, labels, strength=30, label_count=count)
    plain = LogisticRegression(C=30, max_iter=3000, class_weight="balanced").fit(ROWS, labels)
    found = np.exp(components.in_rows(model).log_probabilities(ROWS))
    assert found == pytest.approx(plain.predict_proba(ROWS), abs=1e-2)
    assert found == pytest.approx(np.exp(model.log_probabilities(components.vectors)), abs=1e-6)


def test_a_label_that_does_not_occur_has_no_probability():
    for fit in (fitted_bayes, lambda *given, **sizes: fitted_regression(*given, strength=1, **sizes)):
        rows = ROWS if fit is fitted_bayes else ROWS.toarray()
        found = np.exp(fit(rows, np.array([0, 0, 2, 2, 2]), label_count=4).log_probabilities(rows))
        assert found[:, [1, 3]] == pytest.approx(0)
        assert found.sum(axis=1) == pytest.approx(1)
