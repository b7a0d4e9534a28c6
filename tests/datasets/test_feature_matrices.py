"""What is measured of pages: one row a page, the same columns for all, and none that is not a number."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from burnish.datasets.feature_matrices import (
    counted_words,
    layouts,
    likenesses,
    likenesses_of_signs,
    pictures,
    places,
    shapes_of_text,
)
from burnish.reading import Line

LETTER = [Line("Dear Sir, thank you", 0.1, 0.1 + n / 20, 0.9, 0.13 + n / 20) for n in range(10)]
TABLE = [Line("12", 0.1 + (n % 4) / 5, 0.1 + n / 50, 0.15 + (n % 4) / 5, 0.11 + n / 50) for n in range(20)]
TEXTS = ["dear sir thank you", "dear madam thanks", "total 12 due", "total 14 due", "sum due"]


def test_pages_laid_out_alike_are_nearer_than_others():
    shifted = [Line(one.text, one.left + 0.01, one.top + 0.01, one.right, one.bottom) for one in LETTER]
    first, second, other = layouts([LETTER, shifted, TABLE])
    assert np.linalg.norm(first - second) < np.linalg.norm(first - other)


def test_pages_with_no_line_or_one_have_numbers_all_the_same():
    found = layouts([[], LETTER[:1], TABLE])
    assert found.shape == (3, 26)
    assert np.isfinite(found).all()


@pytest.mark.parametrize("measured", [shapes_of_text, likenesses, likenesses_of_signs])
def test_texts_are_measured_row_by_row_the_empty_one_too(measured):
    found = measured(["", "Total: $12", "dear sir"])
    assert len(found) == 3
    assert np.isfinite(found).all()


@pytest.mark.parametrize("texts", [["", "Total: $12", "dear sir"], ["", "!!! ???", "a"], [], [""]])
def test_a_text_without_a_word_has_a_row_of_words(texts):
    assert counted_words(texts).shape[0] == len(texts)


def test_signs_know_a_date_from_a_name_and_no_date_from_another():
    first, second, name = likenesses_of_signs(["12/31/99", "01/02/63", "J. Smith"])[0]
    assert first == pytest.approx(second) == pytest.approx(1)
    assert name < 0.1


def test_places_stand_to_one_another_as_texts_do():
    likeness = likenesses(TEXTS)
    found = places(likeness)
    assert found @ found.T == pytest.approx(likeness)


def test_a_regression_on_places_is_the_one_on_the_counts_themselves():
    counts, given = counted_words(TEXTS), [0, 0, 1, 1, 1]
    dense = counts.toarray()

    def asked(seen: np.ndarray) -> np.ndarray:
        return LogisticRegression(C=30, tol=1e-9, max_iter=10_000).fit(seen, given).predict_proba(seen)

    assert asked(places(dense @ dense.T)) == pytest.approx(asked(dense), abs=1e-4)


def test_pages_that_look_alike_stand_near_one_another():
    light, dark = bytes([250] * 768), bytes([250] * 384 + [20] * 384)
    first, second, other = pictures([light, bytes([248] * 768), dark])
    assert np.linalg.norm(first - second) < np.linalg.norm(first - other)


def test_pages_that_all_look_the_same_are_told_apart_by_nothing():
    assert pictures([bytes([250] * 768)] * 3) == pytest.approx(0)
