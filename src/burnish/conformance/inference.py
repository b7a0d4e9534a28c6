"""What AWS does when models are asked: Bedrock Runtime."""

from __future__ import annotations

import json
from typing import Any

from burnish.conformance.check import CheckGroup
from burnish.conformance.expectations import expect, expect_equal, refused
from burnish.conformance.shared import custom_model, deployment
from burnish.conformance.subject import Subject

runtime = CheckGroup("bedrock-runtime")
_QUESTION = [{"role": "user", "content": [{"text": "What kind of document is an invoice?"}]}]
_SCHEMA = {
    "type": "object",
    "properties": {"kind": {"type": "string", "enum": ["invoice", "letter"]}},
    "required": ["kind"],
}


def _converse(subject: Subject, **given: object) -> dict[str, Any]:
    request = {"modelId": subject.model, "messages": _QUESTION, "inferenceConfig": {"maxTokens": 16}, **given}
    answer: dict[str, Any] = subject.clients.bedrock_runtime.converse(**request)
    return answer


def _turns(*turns: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"role": role, "content": [{"text": text}]} for role, text in turns]


@runtime.check("Converse", "the answer is an assistant's message of text", is_billed=True)
def _answer(subject: Subject) -> None:
    message = _converse(subject)["output"]["message"]
    expect_equal(message["role"], "assistant", of="the role")
    expect(isinstance(message["content"][0]["text"], str), "the first block is no text")


@runtime.check("Converse", "usage adds up", is_billed=True)
def _usage(subject: Subject) -> None:
    usage = _converse(subject)["usage"]
    expect_equal(usage["totalTokens"], usage["inputTokens"] + usage["outputTokens"], of="totalTokens")
    expect(usage["inputTokens"] > 0, "there are no input tokens")


@runtime.check("Converse", "maxTokens ends an answer, with stopReason max_tokens", is_billed=True)
def _cut_off(subject: Subject) -> None:
    answer = _converse(subject, inferenceConfig={"maxTokens": 1})
    expect_equal(answer["stopReason"], "max_tokens", of="stopReason")
    expect_equal(answer["usage"]["outputTokens"], 1, of="outputTokens")


@runtime.check("Converse", "the same question at temperature 0 has the same answer", is_billed=True)
def _repeated(subject: Subject) -> None:
    settings = {"maxTokens": 16, "temperature": 0}
    first, second = (_converse(subject, inferenceConfig=settings)["output"] for _ in range(2))
    expect_equal(second, first, of="the second answer")


@runtime.check("Converse", "a forced tool is used, with an input by its schema", is_billed=True)
def _forced_tool(subject: Subject) -> None:
    tool = {"toolSpec": {"name": "sort", "inputSchema": {"json": _SCHEMA}}}
    config = {"tools": [tool], "toolChoice": {"tool": {"name": "sort"}}}
    answer = _converse(subject, toolConfig=config, inferenceConfig={"maxTokens": 100})
    expect_equal(answer["stopReason"], "tool_use", of="stopReason")
    used = [one["toolUse"] for one in answer["output"]["message"]["content"] if "toolUse" in one]
    expect_equal([one["name"] for one in used], ["sort"], of="the tools used")
    expect(used[0]["input"].get("kind") in ("invoice", "letter"), f"the input is {used[0]['input']!r}")


@runtime.check("Converse", "outputConfig makes the answer JSON that its schema allows", is_billed=True)
def _bound_answer(subject: Subject) -> None:
    schema = {"jsonSchema": {"schema": json.dumps(_SCHEMA), "name": "kind"}}
    config = {"textFormat": {"type": "json_schema", "structure": schema}}
    answer = _converse(subject, outputConfig=config, inferenceConfig={"maxTokens": 100})
    written = json.loads(answer["output"]["message"]["content"][0]["text"])
    expect(written.get("kind") in ("invoice", "letter"), f"the answer is {written!r}")


@runtime.check("Converse", "a deployment of a custom model answers", is_billed=True)
def _deployed(subject: Subject) -> None:
    message = _converse(subject, modelId=deployment(subject))["output"]["message"]
    expect_equal(message["role"], "assistant", of="the role")


@runtime.check("Converse", "a custom model that is not deployed is refused by its ARN", is_billed=True)
def _not_deployed(subject: Subject) -> None:
    with refused("ValidationException", "ResourceNotFoundException"):
        _converse(subject, modelId=custom_model(subject))


@runtime.check("Converse", "an unknown model is refused")
def _unknown_model(subject: Subject) -> None:
    with refused("ValidationException", "ResourceNotFoundException"):
        _converse(subject, modelId="amazon.nosuch-v1:0")


@runtime.check("Converse", "a wrong secret is InvalidSignatureException")
def _wrong_secret(subject: Subject) -> None:
    with refused("InvalidSignatureException"):
        subject.with_wrong_secret().bedrock_runtime.converse(modelId=subject.model, messages=_QUESTION)


@runtime.check("Converse", "a conversation that begins with the assistant is ValidationException")
def _assistant_first(subject: Subject) -> None:
    with refused("ValidationException"):
        _converse(subject, messages=_turns(("assistant", "Yes?"), ("user", "What is this?")))


@runtime.check("Converse", "two turns of the user in a row are ValidationException")
def _two_in_a_row(subject: Subject) -> None:
    with refused("ValidationException"):
        _converse(subject, messages=_turns(("user", "What is this?"), ("user", "And this?")))


@runtime.check("Converse", "blank text is ValidationException")
def _blank(subject: Subject) -> None:
    with refused("ValidationException"):
        _converse(subject, messages=_turns(("user", " ")))


@runtime.check("Converse", "a temperature above 1 is ValidationException")
def _too_hot(subject: Subject) -> None:
    with refused("ValidationException"):
        _converse(subject, inferenceConfig={"temperature": 1.5})


@runtime.check("Converse", "bytes that are no image are ValidationException")
def _no_image(subject: Subject) -> None:
    image = {"image": {"format": "png", "source": {"bytes": b"no image"}}}
    with refused("ValidationException"):
        _converse(subject, messages=[{"role": "user", "content": [image, {"text": "What is this?"}]}])


def _events(subject: Subject) -> list[dict[str, Any]]:
    answer = subject.clients.bedrock_runtime.converse_stream(
        modelId=subject.model, messages=_QUESTION, inferenceConfig={"maxTokens": 16, "temperature": 0}
    )
    return list(answer["stream"])


@runtime.check("ConverseStream", "events come in their order, each once but for the deltas", is_billed=True)
def _order(subject: Subject) -> None:
    names = [next(iter(event)) for event in _events(subject)]
    begun = names[0] == "messageStart"
    kinds = [name for name in dict.fromkeys(names) if name != "contentBlockStart"]
    wanted = ["messageStart", "contentBlockDelta", "contentBlockStop", "messageStop", "metadata"]
    expect(begun and kinds == wanted, f"the events are {names}")


@runtime.check("ConverseStream", "the deltas are the text that Converse returns", is_billed=True)
def _same_text(subject: Subject) -> None:
    deltas = [event["contentBlockDelta"] for event in _events(subject) if "contentBlockDelta" in event]
    streamed = "".join(one["delta"]["text"] for one in deltas)
    whole = _converse(subject, inferenceConfig={"maxTokens": 16, "temperature": 0})
    expect_equal(streamed, whole["output"]["message"]["content"][0]["text"], of="the text")


@runtime.check("ConverseStream", "an unknown model is refused before the stream begins")
def _stream_of_unknown(subject: Subject) -> None:
    with refused("ValidationException", "ResourceNotFoundException"):
        subject.clients.bedrock_runtime.converse_stream(modelId="amazon.nosuch-v1:0", messages=_QUESTION)


@runtime.check("CountTokens", "the count is what Converse then reports", is_billed=True)
def _counted(subject: Subject) -> None:
    counted = subject.clients.bedrock_runtime.count_tokens(
        modelId=subject.model, input={"converse": {"messages": _QUESTION}}
    )
    expect_equal(counted["inputTokens"], _converse(subject)["usage"]["inputTokens"], of="inputTokens")


def _native() -> str:
    return json.dumps({"messages": _QUESTION, "inferenceConfig": {"maxTokens": 16, "temperature": 0}})


@runtime.check("InvokeModel", "Nova's own format is answered in Nova's own format", is_billed=True)
def _invoked(subject: Subject) -> None:
    answer = subject.clients.bedrock_runtime.invoke_model(modelId=subject.model, body=_native())
    body = json.loads(answer["body"].read())
    expect_equal(body["output"]["message"]["role"], "assistant", of="the role")
    expect(body["usage"]["inputTokens"] > 0, "there are no input tokens")


@runtime.check("InvokeModel", "a body that is not JSON is ValidationException")
def _no_json(subject: Subject) -> None:
    with refused("ValidationException"):
        subject.clients.bedrock_runtime.invoke_model(modelId=subject.model, body=b"no JSON")


@runtime.check(
    "InvokeModelWithResponseStream", "each chunk is JSON, the first a messageStart", is_billed=True
)
def _invoked_stream(subject: Subject) -> None:
    answer = subject.clients.bedrock_runtime.invoke_model_with_response_stream(
        modelId=subject.model, body=_native()
    )
    chunks = [json.loads(event["chunk"]["bytes"]) for event in answer["body"]]
    expect("messageStart" in chunks[0], f"the first chunk is {chunks[0]!r}")
    expect(any("contentBlockDelta" in chunk for chunk in chunks), "there is no text")
