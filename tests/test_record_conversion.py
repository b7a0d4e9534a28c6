"""Records go from schema to schema and come back as they were, or are refused by line."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.errors import InvalidRecords
from burnish.families import RecordSchema
from burnish.record_conversion import converted_lines
from burnish.records import line_of, record_of

texts = st.text(st.characters(exclude_categories=("Cs",)), min_size=1).filter(str.strip)
images = st.builds(
    lambda key, kind: {
        "image": {"format": kind, "source": {"s3Location": {"uri": f"s3://bucket/{key}.{kind}"}}}
    },
    st.text("abc123", min_size=1),
    st.sampled_from(("png", "jpeg", "webp")),
)


def conversations(question, systems):
    turns = st.lists(st.tuples(question, texts), min_size=1, max_size=3)
    return st.builds(_conversation, systems, turns)


def _conversation(system, turns):
    messages = [
        message
        for asked, answer in turns
        for message in (
            {"role": "user", "content": asked},
            {"role": "assistant", "content": [{"text": answer}]},
        )
    ]
    told = {"system": [{"text": text} for text in system]} if system else {}
    body = {"schemaVersion": "bedrock-conversation-2024", **told, "messages": messages}
    return line_of(record_of(json.dumps(body)))


def there_and_back(line: bytes, schema: RecordSchema) -> bytes:
    there = b"".join(converted_lines([line], to=schema, name="in.jsonl"))
    return b"".join(converted_lines([there], to=RecordSchema.CONVERSATION, name="there.jsonl"))


plain = texts.map(lambda text: [{"text": text}])
blocks = st.lists(st.one_of(texts.map(lambda text: {"text": text}), images), min_size=1, max_size=4)


@given(conversations(blocks, st.lists(texts, max_size=2)))
def test_a_conversation_survives_openais_schema(line):
    assert there_and_back(line, RecordSchema.OPENAI_CHAT) == line


@given(conversations(plain, st.lists(texts, min_size=1, max_size=1)))
def test_a_conversation_in_texts_survives_the_messages_schema(line):
    assert there_and_back(line, RecordSchema.CLAUDE_MESSAGES) == line


@given(texts, texts)
def test_a_question_and_an_answer_survive_prompt_and_completion(asked, answer):
    line = _conversation([], [([{"text": asked}], answer)])
    assert there_and_back(line, RecordSchema.PROMPT_COMPLETION) == line


SYSTEM = {"role": "system", "content": "s"}
ASKED = {"role": "user", "content": "?"}
ANSWER = {"role": "assistant", "content": "!"}
DATA_URL = "data:image/png;base64," + base64.b64encode(b"page").decode()


def chat(*messages: object) -> bytes:
    return json.dumps({"messages": messages}).encode()


def with_image(url: str) -> dict:
    return {"role": "user", "content": [{"type": "image_url", "image_url": {"url": url}}]}


@pytest.mark.parametrize(
    ("line", "to", "named"),
    [
        (chat(SYSTEM, ASKED, ANSWER), RecordSchema.PROMPT_COMPLETION, "cannot carry a system text"),
        (chat(ASKED, ANSWER, ASKED, ANSWER), RecordSchema.PROMPT_COMPLETION, "one question and one answer"),
        (chat(SYSTEM, SYSTEM, ASKED, ANSWER), RecordSchema.CLAUDE_MESSAGES, "one system text only"),
        (chat(with_image("s3://bucket/a.png"), ANSWER), RecordSchema.CLAUDE_MESSAGES, "messages[0]"),
        (
            chat(with_image("https://example.com/a.png"), ANSWER),
            RecordSchema.CONVERSATION,
            "nothing is fetched",
        ),
        (chat(with_image(DATA_URL), ANSWER), RecordSchema.CONVERSATION, "--media"),
        (chat(ASKED, {**ANSWER, "weight": 0}), RecordSchema.CONVERSATION, "`weight`"),
        (chat(ASKED, ASKED, ANSWER), RecordSchema.CONVERSATION, "messages[1].role"),
        (b'{"messages": [], "messages": []}', RecordSchema.CONVERSATION, "messages"),
        (b'{"prompt": "a"}', RecordSchema.CONVERSATION, "completion"),
    ],
)
def test_what_cannot_be_carried_is_refused_with_its_line(line, to, named):
    good = b'{"system": "s", "messages": []}' if to is RecordSchema.CLAUDE_MESSAGES else chat(ASKED, ANSWER)
    with pytest.raises(InvalidRecords) as refused:
        list(converted_lines([good + b"\n", line], to=to, name="in.jsonl"))
    assert "in.jsonl, line 2" in str(refused.value)
    assert named in str(refused.value)


def test_images_in_data_urls_are_stored_and_named():
    stored = {}

    def store(image: bytes, kind: str) -> str:
        stored["s3://bucket/a.png"] = (image, kind)
        return "s3://bucket/a.png"

    (line,) = converted_lines(
        [chat(with_image(DATA_URL), ANSWER)], to=RecordSchema.CONVERSATION, name="in.jsonl", store_image=store
    )
    assert stored == {"s3://bucket/a.png": (b"page", "png")}
    assert record_of(line).media_uris == ["s3://bucket/a.png"]
