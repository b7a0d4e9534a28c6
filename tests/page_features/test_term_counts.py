"""Counts of terms have one row for each text, and are the same for those who only keep the terms."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from burnish.page_features.term_counts import CHARACTERS, LETTERS, WORDS, fitted_counts, text_similarity

TEXTS = ["dear sir thank you", "dear madam thanks", "total 12 due", "total 14 due", "sum due"]


@pytest.mark.parametrize("analyzer", [WORDS, LETTERS, CHARACTERS])
@pytest.mark.parametrize("texts", [["", "Total: $12", "dear sir"], ["", "!!! ???", "a"], [""]])
def test_a_text_without_a_word_has_a_row_too(texts, analyzer):
    rows = fitted_counts(texts, analyzer, (1, 2)).rows(texts)
    assert rows.shape[0] == len(texts)
    assert np.isfinite(rows.toarray()).all()


def test_kept_terms_and_weights_count_as_those_that_were_fitted():
    fitted = fitted_counts(TEXTS, LETTERS, (2, 4))
    kept = replace(fitted, terms=tuple(iter(fitted.terms)), idf=np.array(fitted.idf.tolist()))
    assert kept.rows(["dear total", "unknown"]).toarray() == pytest.approx(
        fitted.rows(["dear total", "unknown"]).toarray()
    )


def test_unknown_terms_count_in_the_length():
    counts = fitted_counts(TEXTS, WORDS, (1, 1))
    known, mixed, unknown = counts.rows(["dear sir", "dear sir qwertz", "qwertz"])
    assert np.linalg.norm(known.toarray()) == pytest.approx(1)
    assert 0 < np.linalg.norm(mixed.toarray()) < 0.9
    assert np.linalg.norm(unknown.toarray()) == 0


def test_texts_of_the_same_words_are_similar():
    similarity = text_similarity(TEXTS)
    assert np.diag(similarity) == pytest.approx(1)
    assert similarity[2, 3] > 0.5 > similarity[0, 2]


def test_no_texts_have_no_similarity():
    assert text_similarity([]).shape == (0, 0)
