"""Records: what is written is read back, and what is no record is named."""

from __future__ import annotations

import json

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
    assert again.image_uris == [URI]
    assert label_of(again.answer) == label or "{" in label or "}" in label


def test_the_prompt_lists_every_label_with_what_it_means_in_sorted_order():
    assert "| invoice | a request for payment |\n| letter | letter |" in PROMPT.task
    assert json.loads(PROMPT.json_schema)["properties"]["type"]["enum"] == ["invoice", "letter"]
    assert classification_prompt(["invoice", "letter"]) == classification_prompt(["letter", "invoice"])


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


@pytest.mark.parametrize("answer", ["", "invoice", '{"kind": "invoice"}', '{"type": 3}', '{"type": "in'])
def test_an_answer_without_a_type_has_no_label(answer):
    assert label_of(answer) is None


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


@pytest.mark.parametrize("line", [b"{}", b"[]", b"no json", b'{"prompt": "alone"}', b'{"messages": []}'])
def test_a_line_of_no_schema_is_named(line):
    with pytest.raises(InvalidRecords, match="line 7"):
        exchange_of(line, where="line 7")
