"""Names of anybody's in plots: short, writable, and never two alike."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from burnish.evaluation.plots.fonts import is_drawable
from burnish.evaluation.plots.texts import MAX_LENGTH, distinct, drawn, numbered, shortened


@settings(deadline=None)
@given(st.lists(st.text(max_size=60), unique=True, max_size=8))
def test_no_two_names_look_alike_and_each_can_be_written(names):
    shown = distinct(names)
    assert len(set(shown)) == len(names)
    for text in shown:
        assert all(is_drawable(one) and one.isprintable() for one in text)
        assert 0 < len(text) <= MAX_LENGTH + len("#8 ")
        assert not text.startswith("_")


def test_ordinary_names_are_shown_as_they_are():
    assert distinct(["bank statement", "Übersicht", "a_b"]) == ["bank statement", "Übersicht", "a_b"]
    assert numbered(["bank statement", "Übersicht"]) == {}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("\U00012000", "#2"),
        ("\U00012000 page", "#2 page"),
        ("", "#2"),
        ("  ", "#2"),
        ("a\nb", "a b"),
        ("_hidden", " _hidden"),
    ],
)
def test_what_cannot_be_written_is_shown_by_its_number(name, text):
    assert distinct(["memo", name])[1] == text
    assert numbered(["memo", name]) == ({name: "#2"} if text.startswith("#2") else {})


def test_a_name_that_is_like_anothers_number_is_told_from_it():
    shown = distinct(["#2", "\U00012000"])
    assert len(set(shown)) == 2


def test_a_long_name_keeps_its_beginning_and_its_end():
    assert shortened("statement of account, 2021", 20) == "statement of …, 2021"
    assert len(shortened("x" * 300)) == MAX_LENGTH


def test_a_title_has_a_box_for_a_letter_that_no_font_has():
    assert drawn("a \U00012000 b") == "a ▯ b"
