"""Feature matrices have one row for each page and hold finite numbers only."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from burnish.datasets.feature_matrices import (
    brightness_features,
    kernel_features,
    layout_features,
    text_similarity,
    text_statistics,
    tfidf_words,
    word_shape_similarity,
)
from burnish.reading import Line

LETTER = [Line("Dear Sir, thank you", 0.1, 0.1 + n / 20, 0.9, 0.13 + n / 20) for n in range(10)]
TABLE = [Line("12", 0.1 + (n % 4) / 5, 0.1 + n / 50, 0.15 + (n % 4) / 5, 0.11 + n / 50) for n in range(20)]
TEXTS = ["dear sir thank you", "dear madam thanks", "total 12 due", "total 14 due", "sum due"]


def test_pages_laid_out_alike_are_nearer_than_others():
    shifted = [Line(one.text, one.left + 0.01, one.top + 0.01, one.right, one.bottom) for one in LETTER]
    first, second, other = layout_features([LETTER, shifted, TABLE])
    assert np.linalg.norm(first - second) < np.linalg.norm(first - other)


def test_pages_with_no_line_or_one_have_finite_features_too():
    found = layout_features([[], LETTER[:1], TABLE])
    assert found.shape == (3, 26)
    assert np.isfinite(found).all()


@pytest.mark.parametrize("measured", [text_statistics, text_similarity, word_shape_similarity])
def test_every_text_has_a_row_the_empty_one_too(measured):
    found = measured(["", "Total: $12", "dear sir"])
    assert len(found) == 3
    assert np.isfinite(found).all()


@pytest.mark.parametrize("texts", [["", "Total: $12", "dear sir"], ["", "!!! ???", "a"], [], [""]])
def test_a_text_without_a_word_has_a_row_of_words(texts):
    assert tfidf_words(texts).shape[0] == len(texts)


def test_word_shapes_tell_a_date_from_a_name_but_not_two_dates_apart():
    first, second, name = word_shape_similarity(["12/31/99", "01/02/63", "J. Smith"])[0]
    assert first == pytest.approx(second) == pytest.approx(1)
    assert name < 0.1


def test_inner_products_of_kernel_features_are_the_similarities():
    similarity = text_similarity(TEXTS)
    found = kernel_features(similarity)
    assert found @ found.T == pytest.approx(similarity)


def test_a_regression_on_kernel_features_equals_one_on_the_counts():
    counts, labels = tfidf_words(TEXTS), [0, 0, 1, 1, 1]
    dense = counts.toarray()

    def predicted(inputs: np.ndarray) -> np.ndarray:
        return LogisticRegression(C=30, tol=1e-9, max_iter=10_000).fit(inputs, labels).predict_proba(inputs)

    assert predicted(kernel_features(dense @ dense.T)) == pytest.approx(predicted(dense), abs=1e-4)


def test_pages_of_similar_brightness_are_close():
    light, dark = bytes([250] * 768), bytes([250] * 384 + [20] * 384)
    first, second, other = brightness_features([light, bytes([248] * 768), dark])
    assert np.linalg.norm(first - second) < np.linalg.norm(first - other)


def test_pages_of_one_brightness_have_equal_features():
    assert brightness_features([bytes([250] * 768)] * 3) == pytest.approx(0)
