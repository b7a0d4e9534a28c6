"""Texts that a spreadsheet opens."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from burnish.spreadsheets import guarded, unguarded


@pytest.mark.parametrize("text", ["=1+1", "+49 30", "-5.png", "@name", "\tx", "\rx"])
def test_what_begins_like_a_formula_is_guarded(text):
    assert guarded(text) == f"'{text}"


@settings(deadline=None)
@given(st.text().filter(lambda text: not (text.startswith("'") and unguarded(text) != text)))
def test_a_text_is_read_back_as_it_was(text):
    assert unguarded(guarded(text)) == text


@settings(deadline=None)
@given(st.text())
def test_guarding_again_changes_nothing(text):
    assert guarded(guarded(text)) == guarded(text)
