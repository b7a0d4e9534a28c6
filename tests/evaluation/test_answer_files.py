"""A file of answers is read line by line, or refused with the line and what is wrong there."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from burnish.errors import InvalidInput
from burnish.evaluation.answer_files import read_answers

LABELS = ("a", "b")
LINE = '{"page": "é.png", "answer": "a"}\n'


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"no json\n", "line 1: .*A line holds a page and an answer"),
        (b'[{"page": "a", "answer": "a"}]\n', "line 1: Expected `object`, got `array`"),
        (b'{"page": "a"}\n', "line 1: .*`answer`"),
        (b'\n{"page": "a", "answer": {"type": "a"}}\n', "line 2: Expected `str`, got `object`"),
        (b'{"page": "a", "answer": null}\n', "line 1: Expected `str`, got `null`"),
        (b'{"page": 7, "answer": "a"}\n', "line 1: Expected `str`, got `int`"),
        (b'{"page": "a", "answer": "a"} {"page": "b", "answer": "a"}\n', "line 1: .*trailing characters"),
        (
            b'{"page": "a", "answer": "x"}\n\n{"page": "a", "answer": "x"}\n',
            "line 3: 'a' is answered twice, first in line 1",
        ),
        (LINE.encode("latin-1"), "line 1: it is not UTF-8"),
        (LINE.encode("utf-16"), "is text in UTF-16: save it in UTF-8"),
        (
            b'{"page": "a", "answer": "a", "probabilities": {"a": NaN, "b": 1}}',
            "line 1: NaN and Infinity are not JSON",
        ),
        (
            b'{"page": "a", "answer": "a", "probabilities": {"a": "0.5"}}',
            r"line 1: Expected `float`, got `str`",
        ),
        (
            b'{"page": "a", "answer": "a", "probabilities": {"a": 0.5}}',
            "line 1: the probabilities of the labels sum to 0.5",
        ),
    ],
)
def test_what_cannot_be_read_is_named_by_line(tmp_path, body, says):
    path = tmp_path / "mine.jsonl"
    path.write_bytes(body)
    with pytest.raises(InvalidInput, match=says):
        read_answers(path, LABELS)


def test_no_file_is_no_answers(tmp_path):
    with pytest.raises(InvalidInput, match="There are no answers"):
        read_answers(tmp_path / "none", LABELS)


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_byte_order_mark_and_other_ends_of_lines_change_nothing(tmp_path, before, end):
    (tmp_path / "mine.jsonl").write_bytes(before + LINE.encode().replace(b"\n", end))
    (one,) = read_answers(tmp_path / "mine.jsonl", LABELS).answers
    assert (one.line, one.page, one.answer, one.probabilities) == (1, "é.png", "a", None)


def test_fields_that_nobody_reads_are_counted(tmp_path):
    (tmp_path / "mine.jsonl").write_text('{"page": "a", "answer": "a", "probabilites": {"a": 1}}\n')
    assert read_answers(tmp_path / "mine.jsonl", LABELS).unread_fields == {"probabilites": 1}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(st.text(st.characters(codec="utf-8")), st.text(st.characters(codec="utf-8"))),
    st.booleans(),
)
def test_every_page_and_answer_is_read_back_on_its_line(tmp_path, answers, escaped):
    """Line separators that are no line feeds among them."""
    rows = [{"page": page, "answer": answer} for page, answer in answers.items()]
    text = "".join(json.dumps(row, ensure_ascii=escaped) + "\n" for row in rows)
    (tmp_path / "mine.jsonl").write_text(text, encoding="utf-8", newline="")
    found = read_answers(tmp_path / "mine.jsonl", LABELS).answers
    assert [(one.line, one.page, one.answer) for one in found] == [
        (number, row["page"], row["answer"]) for number, row in enumerate(rows, 1)
    ]
