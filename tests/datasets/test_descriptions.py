"""Descriptions of labels: read from what people save, and what cannot be read named with its line."""

import json

import pytest

from burnish.datasets.descriptions import read_descriptions
from burnish.errors import InvalidDocuments

TABLE = "label,description\nmemo,A note\n"


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.csv", TABLE.encode()),
        ("a.csv", TABLE.replace("\n", "\r\n").encode()),
        ("a.csv", TABLE.replace("\n", "\r").encode()),
        ("a.csv", TABLE.replace(",", ";").encode()),
        ("a.tsv", TABLE.replace(",", "\t").encode()),
        ("a.csv", TABLE.encode("utf-8-sig")),
        ("a.csv", TABLE.replace(",", "\t").encode("utf-16")),
        ("a.csv", b"Label, Description\nmemo, A note\n"),
        ("a.csv", b"description,label\nA note,memo\n"),
        ("a.csv", b'label,more,description\nmemo,x,"A note"\n'),
        ("a.csv", b"label,description\n\nmemo,A note\n,\n\n"),
        ("a.csv", b"label,description\nmemo,A note\nmemo,A note\nletter,\n"),
        ("a.json", b'{"memo": "A note"}'),
        ("a.json", b'\xef\xbb\xbf{" memo ": " A note ", "letter": ""}'),
        ("a.json", b'{"memo": "A note", "memo": "A note"}'),
    ],
)
def test_descriptions_come_from_any_usual_table_or_from_json(tmp_path, name, body):
    (tmp_path / name).write_bytes(body)
    assert read_descriptions(tmp_path / name) == {"memo": "A note"}


@pytest.mark.parametrize("text", ["two\nlines", "U+2028\u2028inside", "a, b; c | d", 'a "quoted" text', "\\"])
def test_a_quoted_text_is_read_as_it_is(tmp_path, text):
    (tmp_path / "a.csv").write_text(
        'label,description\nmemo,"{}"\nletter,Mail\n'.format(text.replace('"', '""')), encoding="utf-8"
    )
    assert read_descriptions(tmp_path / "a.csv") == {"memo": text, "letter": "Mail"}


@pytest.mark.parametrize(
    ("name", "body", "says"),
    [
        (
            "a.csv",
            b"type,what\nmemo,x\n",
            "line 1: there is no label and no description; it has type",
        ),
        ("a.csv", b"label,label,description\na,b,c\n", "line 1: 'label' appears twice"),
        ("a.csv", b"", "line 1: there is no label and no description; it has nothing"),
        ("a.csv", b"label,description\n", "describes nothing"),
        (
            "a.csv",
            b"label,description\nmemo\n",
            "a.csv', line 2: it has 1 of the 2 columns label",
        ),
        ("a.csv", b'label,description\nletter,"a\nb"\nmemo\n', "line 4: it has 1 of the 2 columns"),
        (
            "a.csv",
            b"label,description\nmemo,A note, or two\n",
            "line 2: it has 3 columns.*put quotes",
        ),
        ("a.csv", b"label,description\n,A note\n", "line 2: it describes no label, it has only 'A note'"),
        (
            "a.csv",
            b'label,description\nletter,x\nmemo,"A note\n',
            "line 3: this is not CSV, or a quote is missing",
        ),
        (
            "a.csv",
            b"label,description\nmemo,A\nmemo,B\n",
            "line 3 describes 'memo' as 'B', and .*line 2 as 'A'",
        ),
        ("a.csv", b"label,description\nmemo,caf\xe9\n", "a.csv', line 2: the byte 0xe9 is not text in UTF-8"),
        ("a.csv", TABLE.encode("utf-16") + b"x", "is not text in UTF-16"),
        ("a.json", b"[]", "a.json' is not a JSON object of texts by label"),
        ("a.json", b'{"memo": "A note"', "is not a JSON object of texts by label"),
        ("a.json", b'{"memo": 3}', "member 1, describes 'memo' with 3: give a text"),
        ("a.json", b'{"letter": "x", "memo": null}', "member 2, describes 'memo' with null"),
        ("a.json", b'{"memo": {"text": "x"}}', "describes 'memo' with"),
        ("a.json", b'{" ": "x"}', "member 1, describes no label"),
        (
            "a.json",
            b'{"memo": "A", "memo": "B"}',
            "member 2, describes 'memo' as 'B', and .*member 1, as 'A'",
        ),
        ("a.json", rb'{"memo": "\ud800"}', "is not a JSON object"),
    ],
)
def test_what_cannot_be_read_or_says_two_things_is_named_with_its_place(tmp_path, name, body, says):
    (tmp_path / name).write_bytes(body)
    with pytest.raises(InvalidDocuments, match=says) as refused:
        read_descriptions(tmp_path / name)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    for path, says in ((tmp_path / "none.csv", "There are no descriptions at"), (tmp_path, "Is a directory")):
        with pytest.raises(InvalidDocuments, match=says):
            read_descriptions(path)


def test_a_member_of_many_is_found_again(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps({f"kind {number}": "x" for number in range(50)} | {"odd": 1}))
    with pytest.raises(InvalidDocuments, match="member 51, describes 'odd' with 1"):
        read_descriptions(tmp_path / "a.json")
