"""Records: what is written is read back, and what is no record is named."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.errors import InvalidRecords
from burnish.records import (
    answer_for,
    classification_prompt,
    classification_record,
    exchange_of,
    label_of,
    line_of,
    record_of,
)

OWNER = "123456789012"
URI = "s3://bucket/pages/invoice/1.png"
PROMPT = classification_prompt(["letter", "invoice"], {"invoice": "a request for payment"})


def record(label: str = "invoice"):
    return classification_record(PROMPT, image_uri=URI, bucket_owner=OWNER, label=label)


def test_a_line_is_the_seeds_record():
    body = json.loads(line_of(record()))
    user, assistant = body["messages"]
    assert body["schemaVersion"] == "bedrock-conversation-2024"
    assert [list(block) for block in body["system"]] == [["text"]]
    assert user["role"] == "user"
    assert [list(block) for block in user["content"]] == [["text"], ["image"]]
    assert user["content"][1]["image"] == {
        "format": "png",
        "source": {"s3Location": {"uri": URI, "bucketOwner": OWNER}},
    }
    assert assistant == {
        "role": "assistant",
        "content": [{"text": '```json\n{"type": "invoice"}\n```'}],
    }


@given(st.text())
def test_any_label_survives_the_line(label):
    line = line_of(record(label))
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    again = record_of(line)
    assert again == record(label)
    assert [image.source.s3_location.uri for image in again.images] == [URI]
    assert label_of(again.answer) == label


def test_the_prompt_lists_every_label_with_what_it_means_in_sorted_order():
    assert "| invoice | a request for payment |\n| letter | letter |" in PROMPT.task
    assert json.loads(PROMPT.json_schema)["properties"]["type"]["enum"] == ["invoice", "letter"]
    assert classification_prompt(["invoice", "letter"]) == classification_prompt(["letter", "invoice"])


#: What models were trained on: these bytes may not change.
SIMPLE_TABLE = """\
<document-types>
| Type | Description |
| --- | --- |
| 1099-MISC | 1099-MISC |
| bank_statement | bank statement |
| invoice | A bill, with  a total (see: C) & `more` <b> |
| scientific paper | Œuvre, 請求書 |
</document-types>
"""


def test_the_table_of_labels_without_odd_signs_keeps_its_bytes():
    prompt = classification_prompt(
        ["invoice", "bank_statement", "1099-MISC", "scientific paper"],
        {"invoice": "A bill, with  a total (see: C) & `more` <b>", "scientific paper": "Œuvre, 請求書"},
    )
    assert prompt.task == (
        "The <document-types> XML tags contain a markdown table of known document types for detection.\n\n"
        f"{SIMPLE_TABLE}\n"
        "Choose the one type from the table that describes the page best. Answer with JSON in this format:\n"
        '```json\n{"type": "one of the document types"}\n```'
    )


def rows_of(task: str) -> list[list[str]]:
    """The cells of the table as a reader of Markdown has them, without its head."""
    (table,) = re.findall(r"<document-types>\n(.*?)\n</document-types>", task, re.DOTALL)
    rows = [re.split(r"(?<!\\)(?:\\\\)*\|", row) for row in table.split("\n")]
    return [[re.sub(r"\\([\\|])", r"\1", cell.strip()) for cell in row[1:-1]] for row in rows[2:]]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a|b", "a|b"),
        ("a\\|b", "a\\|b"),
        ("two\nlines", "two lines"),
        ("two\r\n  lines", "two lines"),
        ("two\u2028lines", "two lines"),
        ("two\x85lines", "two lines"),
        ("a\ttab", "a tab"),
        ("a\0b", "a b"),
        ("```json", "```json"),
        ("a < b", "a < b"),
        ("</document-types>", "&lt;/document-types>"),
        ("< / Document-Types >", "&lt; / Document-Types >"),
    ],
)
def test_a_description_stays_in_its_cell(text, shown):
    task = classification_prompt(["invoice", "letter"], {"invoice": text}).task
    assert rows_of(task) == [["invoice", shown], ["letter", "letter"]]


@given(
    st.dictionaries(
        st.text(alphabet=st.characters(exclude_categories=["Cc", "Zl", "Zp", "Zs", "Cs"]), min_size=1),
        st.text().filter(str.strip),
        min_size=1,
        max_size=5,
    )
)
def test_the_table_has_a_row_of_two_cells_for_every_label(descriptions):
    prompt = classification_prompt(list(descriptions), descriptions)
    rows = rows_of(prompt.task)
    assert all(len(row) == 2 for row in rows)
    assert [row[0].replace("&lt;", "<") for row in rows] == [
        label.replace("&lt;", "<") for label in prompt.labels
    ]
    assert json.loads(prompt.json_schema)["properties"]["type"]["enum"] == sorted(descriptions)


def test_a_label_that_comes_twice_is_asked_about_once():
    assert classification_prompt(["a", "b", "a"]) == classification_prompt(["a", "b"])


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (b"", "is not a conversation record"),
        (b"{", "is not a conversation record"),
        (b"[]", "is not a conversation record"),
        (b'{"system": []}', "messages"),
        (b'{"messages": []}', "has no messages"),
        (b'{"messages": [{"role": "robot", "content": []}]}', "robot"),
        (b'{"messages": [{"role": "user", "content": [{"text": 3}]}]}', "str"),
    ],
)
def test_what_is_no_record_is_named_with_its_place(line, complaint):
    with pytest.raises(InvalidRecords, match=complaint) as error:
        record_of(line, where="Line 7 of train.jsonl")
    assert str(error.value).startswith("Line 7 of train.jsonl")


@pytest.mark.parametrize("answer", ["", "invoice", '{"kind": "a"}', '{"type": null}', '{"type": "in'])
def test_an_answer_without_a_type_has_no_label(answer):
    assert label_of(answer) is None


@pytest.mark.parametrize(
    ("answer", "label"),
    [
        ('{"type": 1099}', "1099"),
        ('{"type": true}', "true"),
        ('{"type": "a{b}"}', "a{b}"),
        ('{"pages": {"count": 2}, "type": "invoice"}', "invoice"),
        ('It is {"type": "invoice"}, I think', "invoice"),
        ('{"type": ["invoice"]}', None),
        ('{"type": "invoice", "type": "letter"}', None),
        ('{"type": "invoice"} or {"type": "letter"}', None),
    ],
)
def test_the_label_of_an_answer_is_the_only_one_that_its_json_names(answer, label):
    assert label_of(answer) == label


def test_a_bare_answer_has_the_same_label_as_a_fenced_one():
    assert label_of('{"type": "invoice"}') == label_of(answer_for("invoice")) == "invoice"


@pytest.mark.parametrize(
    ("line", "asked", "answer"),
    [
        ({"prompt": "what is it", "completion": "a memo"}, ("what is it",), "a memo"),
        ({"image-ref": "s3://b/k.png", "caption": "a memo"}, ("s3://b/k.png",), "a memo"),
        ({"input": "to go on with"}, ("to go on with",), ""),
        (
            {
                "system": "be brief",
                "messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}],
            },
            ("hi",),
            "ho",
        ),
        (
            {
                "messages": [{"role": "user", "content": [{"type": "text", "text": "hi"}]}],
                "reference_answer": {"type": "memo"},
            },
            ('{"type": "text", "text": "hi"}',),
            '{"type": "memo"}',
        ),
    ],
)
def test_what_is_asked_and_answered_is_found_in_every_schema(line, asked, answer):
    exchange = exchange_of(json.dumps(line).encode())
    assert (exchange.asked, exchange.answer) == (asked, answer)


def test_the_pages_of_a_conversation_are_what_is_asked():
    record = classification_record(
        classification_prompt(["memo"]), image_uri="s3://b/k.png", bucket_owner="1" * 12, label="memo"
    )
    exchange = exchange_of(line_of(record))
    assert (exchange.asked, label_of(exchange.answer)) == (("s3://b/k.png",), "memo")


@pytest.mark.parametrize("kind", ["image", "video", "document"])
def test_media_of_every_kind_are_what_is_asked(kind):
    medium = {kind: {"format": "x", "source": {"s3Location": {"uri": URI}}}}
    turns = [
        {"role": "user", "content": [{"text": "which?"}, medium]},
        {"role": "assistant", "content": [{"text": "a"}]},
    ]
    assert exchange_of(json.dumps({"messages": turns}).encode()).asked == (URI,)


def test_a_question_that_nobody_has_answered_is_asked_all_the_same():
    exchange = exchange_of(b'{"messages": [{"role": "user", "content": [{"text": "which?"}]}]}')
    assert (exchange.asked, exchange.answer) == (("which?",), "")


@pytest.mark.parametrize("line", [b"{}", b"[]", b"no json", b'{"prompt": "alone"}', b'{"messages": []}'])
def test_a_line_of_no_schema_is_named(line):
    with pytest.raises(InvalidRecords, match="line 7"):
        exchange_of(line, where="line 7")
