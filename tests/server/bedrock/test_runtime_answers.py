"""Models asked by the real client, whole and in pieces: by Converse, and in the formats of model families."""

from __future__ import annotations

import base64
import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError, EventStreamError
from image_bytes import saved
from PIL import Image

from burnish.engine.catalogue import open_model
from burnish.server.bedrock.runtime.native_formats.claude import CLAUDE_FORMAT
from burnish.server.bedrock.runtime.native_formats.nova import NOVA_FORMAT

MODEL = open_model("tiny")
NOVA, LLAMA = "amazon.nova-lite-v1:0", "us.meta.llama3-2-1b-instruct-v1:0"
LLAMA_TURNS = "<|begin_of_text|><|start_header_id|>{}<|end_header_id|>\n\n{}<|eot_id|>"
ASKED = {
    "messages": [{"role": "user", "content": [{"text": "Dear Sir, the invoice of last month"}]}],
    "inferenceConfig": {"maxTokens": 40, "temperature": 0},
}
LONG = {**ASKED, "inferenceConfig": {"maxTokens": 3000, "temperature": 0}}
METRICS = "amazon-bedrock-invocationMetrics"


def bound_to(**properties) -> dict:
    schema = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    structure = {"jsonSchema": {"name": "answer", "schema": json.dumps(schema)}}
    return {"outputConfig": {"textFormat": {"type": "json_schema", "structure": structure}}}


def text_of(answer) -> str:
    return answer["output"]["message"]["content"][0]["text"]


def events_of(runtime, **asked) -> list[dict]:
    return list(runtime.converse_stream(modelId=MODEL.id, **asked)["stream"])


def pieces_in(events) -> list[str]:
    return [event["contentBlockDelta"]["delta"]["text"] for event in events if "contentBlockDelta" in event]


def test_the_pieces_of_a_stream_are_the_text_of_converse(runtime):
    whole, events = runtime.converse(modelId=MODEL.id, **ASKED), events_of(runtime, **ASKED)
    pieces = pieces_in(events)
    assert len(pieces) > 5
    assert "".join(pieces) == text_of(whole)
    names = [next(iter(event)) for event in events]
    assert names == [
        "messageStart",
        *["contentBlockDelta"] * len(pieces),
        *("contentBlockStop", "messageStop", "metadata"),
    ]
    assert events[-2]["messageStop"] == {"stopReason": whole["stopReason"]}
    assert events[-1]["metadata"]["usage"] == whole["usage"]


def test_an_object_comes_in_pieces_and_a_label_in_one_with_its_probabilities(runtime):
    fields = bound_to(number={"type": "integer", "maximum": 99999}, name={"enum": ["a", "b"]})
    events = events_of(runtime, **ASKED, **fields)
    assert len(pieces_in(events)) > 1
    assert list(json.loads("".join(pieces_in(events)))) == ["number", "name"]
    events = events_of(runtime, **ASKED, **bound_to(type={"enum": ["form", "letter"]}))
    (piece,) = pieces_in(events)
    probabilities = events[-2]["messageStop"]["additionalModelResponseFields"]["labelProbabilities"]
    assert json.loads(piece)["type"] == max(probabilities, key=probabilities.get)


def test_several_streams_at_once_are_each_of_its_own_question(runtime):
    asked = [
        {**ASKED, "messages": [{"role": "user", "content": [{"text": "page " * (number + 1)}]}]}
        for number in range(6)
    ]
    whole = [runtime.converse(modelId=MODEL.id, **one) for one in asked]
    with ThreadPoolExecutor(6) as pool:
        streamed = list(pool.map(lambda one: events_of(runtime, **one), asked))
    for events, answer in zip(streamed, whole, strict=True):
        # In company a text may go on otherwise, by rounding; how it begins is computed alone.
        assert text_of(answer).startswith(pieces_in(events)[0])
        assert events[-1]["metadata"]["usage"]["inputTokens"] == answer["usage"]["inputTokens"]


@pytest.mark.attack(
    "Bedrock API",
    "streams asked for, and the connections closed in the middle",
    "each text ends at its next token, and its place is free",
)
def test_a_client_that_leaves_a_stream_makes_way(runtime, inference):
    streams = [runtime.converse_stream(modelId=MODEL.id, **LONG)["stream"] for _ in range(3)]
    for stream in streams:
        next(iter(stream))
        stream.close()
    deadline = time.monotonic() + 60
    while inference._waiting or inference._child._pending:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert pieces_in(events_of(runtime, **ASKED))


def test_a_question_that_cannot_be_answered_is_refused_before_the_stream(runtime):
    too_long = [{"role": "user", "content": [{"text": "word " * 5000}]}]
    refused = pytest.raises(
        ClientError, match=r"\(ValidationException\).*: Input is too long for requested model: "
    )
    with refused:
        runtime.converse_stream(modelId=MODEL.id, messages=too_long)
    body = json.dumps({**nova_body(), "messages": too_long})
    with refused:
        runtime.invoke_model_with_response_stream(modelId=MODEL.id, body=body)


@pytest.mark.parametrize(("model", "limit"), [(MODEL.id, 4096), (NOVA, 10_000), (LLAMA, 8192)])
def test_no_more_tokens_can_be_asked_for_than_a_model_gives(runtime, model, limit):
    # In the words that clients of Bedrock know.
    message = (
        f"The maximum tokens you requested exceeds the model limit of {limit}. Try again with a maximum "
    )
    stopped = {**ASKED, "inferenceConfig": {"maxTokens": limit, "stopSequences": ["e", "a", "o", "i"]}}
    for ask in (runtime.converse, runtime.converse_stream):
        assert ask(modelId=model, **stopped)
        with pytest.raises(ClientError, match=message):
            ask(modelId=model, **{**ASKED, "inferenceConfig": {"maxTokens": limit + 1}})


def nova_body(**config) -> dict:
    return {"schemaVersion": "messages-v1", **ASKED, "inferenceConfig": {"max_new_tokens": 20, **config}}


def llama_body() -> dict:
    prompt = LLAMA_TURNS.format("user", "Dear Sir") + LLAMA_TURNS.format("assistant", "").split("<|eot")[0]
    return {"prompt": prompt, "max_gen_len": 20}


def claude_body(**members) -> dict:
    message = {"role": "user", "content": [{"type": "text", "text": "Dear Sir"}]}
    return {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 20,
        "messages": [message],
        "system": "Be brief.",
        **members,
    }


def nova_text(chunk) -> str:
    return chunk.get("contentBlockDelta", {}).get("delta", {}).get("text", "")


def claude_text(chunk) -> str:
    return chunk.get("delta", {}).get("text", "")


@pytest.mark.parametrize(
    ("model_id", "body", "text_in", "piece_in", "usage_in"),
    [
        (NOVA, nova_body(topK=5), text_of, nova_text, lambda one: one["usage"]["inputTokens"]),
        (
            LLAMA,
            llama_body(),
            lambda one: one["generation"],
            lambda chunk: chunk["generation"],
            lambda one: one["prompt_token_count"],
        ),
        (
            MODEL.id,
            claude_body(),
            lambda one: one["content"][0]["text"],
            claude_text,
            lambda one: one["usage"]["input_tokens"],
        ),
    ],
    ids=["nova", "llama", "claude"],
)
def test_a_family_is_asked_and_answers_in_its_own_format(
    runtime, model_id, body, text_in, piece_in, usage_in
):
    asked = {"modelId": model_id, "body": json.dumps(body)}
    response = runtime.invoke_model(**asked)
    whole, headers = json.loads(response["body"].read()), response["ResponseMetadata"]["HTTPHeaders"]
    streamed = runtime.invoke_model_with_response_stream(**asked)
    assert streamed["contentType"] == "application/json"
    chunks = [json.loads(event["chunk"]["bytes"]) for event in streamed["body"]]
    assert "".join(map(piece_in, chunks)) == text_in(whole)
    assert [METRICS in chunk for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    counted = runtime.count_tokens(modelId=model_id, input={"invokeModel": {"body": asked["body"]}})
    assert counted["inputTokens"] == usage_in(whole) == chunks[-1][METRICS]["inputTokenCount"]
    assert headers["x-amzn-bedrock-input-token-count"] == str(usage_in(whole))


def test_the_turns_of_a_llama_prompt_are_those_of_converse(runtime):
    turns = [("system", "Be brief."), ("user", "Dear Sir"), ("assistant", "Yes?"), ("user", "a form")]
    prompt = "".join(LLAMA_TURNS.format(*turn) for turn in turns)
    body = json.dumps({"prompt": prompt, "max_gen_len": 9})
    native = json.loads(runtime.invoke_model(modelId=LLAMA, body=body)["body"].read())
    converse = runtime.converse(
        modelId=LLAMA,
        system=[{"text": "Be brief."}],
        messages=[{"role": role, "content": [{"text": text}]} for role, text in turns[1:]],
        inferenceConfig={"maxTokens": 9},
    )
    assert native["generation"] == text_of(converse)
    assert native["stop_reason"] == "length"


def test_claude_tells_which_stop_sequence_ended_it(runtime):
    whole = runtime.invoke_model(modelId=MODEL.id, body=json.dumps(claude_body()))
    letter = json.loads(whole["body"].read())["content"][0]["text"][3]
    body = json.dumps(claude_body(stop_sequences=["never written", letter]))
    answer = json.loads(runtime.invoke_model(modelId=MODEL.id, body=body)["body"].read())
    assert (answer["stop_reason"], answer["stop_sequence"]) == ("stop_sequence", letter)


@pytest.mark.parametrize(
    ("model_id", "body", "says"),
    [
        (NOVA, {**nova_body(), "prompt": "?"}, r"#: extraneous key \[prompt\]"),
        (NOVA, nova_body(topK="many"), "inferenceConfig/topK must be an integer"),
        (NOVA, nova_body(maxLength=3), r"#/inferenceConfig: extraneous key \[maxLength\]"),
        (NOVA, nova_body(temperature=7), "'inferenceConfig.temperature'"),
        (NOVA, {"messages": [{"role": "judge", "content": []}]}, r"'messages\.1\.member\.role'"),
        (NOVA, {**nova_body(), "schemaVersion": "messages-v9"}, "schemaVersion must be 'messages-v1'"),
        (NOVA, {**nova_body(), "toolConfig": {"tools": [{"cachePoint": {"type": "default"}}]}}, "toolConfig"),
        (LLAMA, {"prompt": 3}, r"Expected `str`, got `int` - at `\$\.prompt`"),
        (LLAMA, {"prompt": "?", "max_gen_len": 9999}, r"at `\$\.max_gen_len`"),
        (LLAMA, nova_body(), "unknown field `schemaVersion`"),
        (MODEL.id, claude_body(temperature="hot"), r"at `\$\.temperature`"),
        (MODEL.id, claude_body(messages=[{"role": "user", "content": [{"type": "x"}]}]), "'x'"),
        (MODEL.id, [], "expected a JSON object"),
    ],
)
@pytest.mark.attack(
    "Bedrock API",
    "bodies of InvokeModel that are not of the model's format",
    "400 ValidationException that names the field",
)
def test_a_body_that_is_not_of_the_format_is_refused_by_the_name_of_its_field(runtime, model_id, body, says):
    for operation in (runtime.invoke_model, runtime.invoke_model_with_response_stream):
        with pytest.raises(ClientError, match=says) as raised:
            operation(modelId=model_id, body=json.dumps(body))
        assert raised.value.response["Error"]["Code"] == "ValidationException"


def test_images_of_a_body_are_bytes_in_base64():
    page = saved(Image.new("L", (40, 40), 255), "PNG")
    encoded = base64.b64encode(page).decode()
    image = {"image": {"format": "png", "source": {"bytes": encoded}}}
    asked = NOVA_FORMAT.asked({"messages": [{"role": "user", "content": [image]}]})
    assert asked["messages"][0]["content"] == [{"image": {"format": "png", "source": {"bytes": page}}}]
    source = {"type": "base64", "media_type": "image/png", "data": encoded}
    asked = CLAUDE_FORMAT.asked(
        claude_body(messages=[{"role": "user", "content": [{"type": "image", "source": source}]}])
    )
    assert asked["messages"][0]["content"] == [{"image": {"format": "png", "source": {"bytes": page}}}]


# The last one: another process would have to be started for the next.
def test_a_stream_whose_process_ends_says_so_where_it_breaks_off(runtime, inference):
    stream = iter(runtime.converse_stream(modelId=MODEL.id, **LONG)["stream"])
    next(stream)
    os.kill(inference.pid, signal.SIGKILL)
    with pytest.raises(EventStreamError, match=r"modelStreamErrorException.*ended while it wrote this text"):
        list(stream)
