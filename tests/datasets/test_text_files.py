"""Text that people have saved: what is read, and what is named with its line."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from burnish.datasets.text_files import text_in
from burnish.errors import InvalidDocuments

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])).filter(
    lambda text: not text.startswith("\ufeff")
)


@given(text=TEXTS, encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_text_is_read_as_it_was_saved(tmp_path, text, encoding):
    (tmp_path / "file").write_bytes(text.encode(encoding))
    assert text_in(tmp_path / "file", missing="") == text


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"one\ntw\xe9\n", "line 2: the byte 0xe9 is not text in UTF-8"),
        (b"one\n\0\n", "line 2: there is a NUL byte"),
        ("one".encode("utf-16-be"), "line 1: there is a NUL byte"),
        ("one".encode("utf-32"), "but in UTF-32"),
        ("one".encode("utf-16") + b"x", "is not text in UTF-16"),
    ],
)
def test_what_is_no_text_is_named_with_its_line(tmp_path, body, says):
    (tmp_path / "file").write_bytes(body)
    with pytest.raises(InvalidDocuments, match=says):
        text_in(tmp_path / "file", missing="")


def test_a_file_that_is_not_there_is_said_in_the_words_of_who_asks(tmp_path):
    with pytest.raises(InvalidDocuments, match="there are no decisions"):
        text_in(tmp_path / "none", missing="there are no decisions")


def test_a_folder_is_said_to_be_one(tmp_path):
    with pytest.raises(InvalidDocuments, match="cannot be read: Is a directory"):
        text_in(tmp_path, missing="")
