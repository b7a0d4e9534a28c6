"""Texts that a spreadsheet opens."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from burnish.csv_cells import guarded, unguarded


@pytest.mark.parametrize("text", ["=1+1", "+49 30", "-5.png", "@name", "\tx", "\rx"])
def test_what_begins_like_a_formula_is_guarded(text):
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", ["-0.5", "'=1", "''=1", "'plain", "＝1", "\n=1", "", "'"])  # noqa: RUF001  meant
def test_what_a_person_or_we_have_guarded_before_comes_back_as_it_was(text):
    assert unguarded(guarded(text)) == text


@settings(deadline=None)
@given(st.text() | st.text(alphabet="'=+-@\t\r\n＝a"))  # noqa: RUF001  meant
def test_a_text_is_read_back_as_it_was_and_is_no_formula(text):
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
