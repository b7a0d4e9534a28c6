"""Builtin.Accuracy on the cases of fmeval's own tests and documentation, and where ours goes further."""

from __future__ import annotations

import pytest

from burnish.server.accuracy import f1_over_words, label_match

LABELS = ("invoice", "letter", "Bank statement", "2")


@pytest.mark.parametrize(
    ("response", "reference", "expected"),
    [
        ("invoice", "invoice", 1.0),
        ("  Invoice ", "invoice", 1.0),
        ("The answer is 2", "2", 1.0),
        ("a letter or an invoice", "letter", 1.0),
        ("a letter or an invoice", "invoice", 0.0),
        ("a memo", "invoice", 0.0),
        ("an invoice.", "invoice", 0.0),
        ("", "invoice", 0.0),
        ("bank statement", "Bank statement", 1.0),
        ("it is a bank statement", "Bank statement", 0.0),
    ],
)
def test_the_first_word_that_is_a_label_is_the_label_of_a_response(response, reference, expected):
    assert label_match(response, reference, LABELS) == expected


@pytest.mark.parametrize(
    ("response", "reference", "expected"),
    [
        ("London", "London", 1.0),
        ("The capital is London!", "london", 2 / 4),
        ("a cat and the dog", "cat dog", 0.8),
        ("London", "Paris", 0.0),
        ("", "London", 0.0),
        ("the", "a", 0.0),
        ("England", "UK<OR>England", 1.0),
        ("London London London", "London", 1.0),
        ("in\nLondon", "London", 2 / 3),
    ],
)
def test_f1_is_over_the_sets_of_words_without_case_punctuation_and_articles(response, reference, expected):
    assert f1_over_words(response, reference) == pytest.approx(expected)
