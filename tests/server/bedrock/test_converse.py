"""Converse by the real client: tools, cache points, documents, and what is refused as Bedrock refuses it."""

from __future__ import annotations

import json

import pytest
from botocore.exceptions import ClientError
from image_bytes import saved
from PIL import Image

from burnish.engine.catalogue import open_model

MODEL = open_model("tiny").id
PAGE = saved(Image.new("L", (40, 40), 255), "PNG")
LABELS = {"type": "object", "properties": {"type": {"type": "string", "enum": ["form", "letter"]}}}
FIELDS = {
    "type": "object",
    "properties": {"number": {"type": "integer", "minimum": 0, "maximum": 99}, "paid": {"type": "boolean"}},
    "required": ["number", "paid"],
}


def user(*blocks) -> dict:
    return {"role": "user", "content": [{"text": one} if isinstance(one, str) else one for one in blocks]}


def assistant(*blocks) -> dict:
    return {**user(*blocks), "role": "assistant"}


ASKED = {"messages": [user("Dear Sir, the invoice")], "inferenceConfig": {"maxTokens": 60}}


def tool(name: str, schema: dict) -> dict:
    return {"toolSpec": {"name": name, "description": f"Tell {name}", "inputSchema": {"json": schema}}}


TOOLS = [tool("sort", LABELS), tool("extract", FIELDS)]


def tools(choice: dict, *offered: dict) -> dict:
    return {"toolConfig": {"tools": list(offered or TOOLS), "toolChoice": choice}}


def use_in(answer) -> dict:
    (block,) = answer["output"]["message"]["content"]
    return block["toolUse"]


@pytest.fixture
def asking(runtime):
    return lambda **asked: runtime.converse(modelId=MODEL, **{**ASKED, **asked})


def test_a_forced_tool_with_one_enum_is_decided_with_the_probability_of_each_label(asking):
    answer = asking(**tools({"tool": {"name": "sort"}}))
    probabilities = answer["additionalModelResponseFields"]["labelProbabilities"]
    assert answer["stopReason"] == "tool_use"
    assert use_in(answer)["name"] == "sort"
    assert use_in(answer)["input"] == {"type": max(probabilities, key=probabilities.get)}


def test_a_forced_tool_gets_an_input_that_is_valid_by_its_schema(asking):
    config = {"maxTokens": 60, "stopSequences": ["paid"]}
    answer = asking(**tools({"tool": {"name": "extract"}}), inferenceConfig=config)
    use = use_in(answer)
    assert list(use["input"]) == ["number", "paid"]
    assert 0 <= use["input"]["number"] <= 99
    assert use["toolUseId"].startswith("tooluse_")
    assert answer["stopReason"] == "tool_use"


def test_a_tool_without_members_is_called_with_an_empty_input(asking):
    nothing = tool("stop", {"type": "object"})
    assert use_in(asking(**tools({"any": {}}, nothing)))["input"] == {}


def test_of_several_tools_that_may_be_called_one_is(asking):
    use = use_in(asking(**tools({"any": {}})))
    assert (use["name"], *use["input"]) in [("sort", "type"), ("extract", "number", "paid")]


def test_an_input_that_is_cut_off_is_no_call(asking):
    answer = asking(**tools({"tool": {"name": "extract"}}), inferenceConfig={"maxTokens": 3})
    assert answer["stopReason"] == "max_tokens"
    assert answer["output"]["message"]["content"][0]["text"].startswith('{"')


def test_a_call_comes_in_pieces_that_are_its_input(runtime, asking):
    # Pieces that wait for a busy reader become one: an input this long is not written while it waits once.
    numbers = {"type": "array", "items": FIELDS["properties"]["number"], "minItems": 150, "maxItems": 150}
    listing = tool("extract", {"type": "object", "properties": {"numbers": numbers}, "required": ["numbers"]})
    chosen = {**tools({"tool": {"name": "extract"}}, listing), "inferenceConfig": {"maxTokens": 800}}
    events = list(runtime.converse_stream(modelId=MODEL, **{**ASKED, **chosen})["stream"])
    assert [next(iter(event)) for event in events[:3]] == [
        "messageStart",
        "contentBlockStart",
        "contentBlockDelta",
    ]
    assert events[1]["contentBlockStart"]["start"]["toolUse"]["name"] == "extract"
    deltas = [event["contentBlockDelta"]["delta"] for event in events if "contentBlockDelta" in event]
    assert len(deltas) > 1
    assert json.loads("".join(one["toolUse"]["input"] for one in deltas)) == use_in(asking(**chosen))["input"]
    assert events[-2]["messageStop"]["stopReason"] == "tool_use"


def test_claude_calls_a_tool_in_its_own_format(runtime):
    body = {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 60,
        "messages": [{"role": "user", "content": "Dear Sir"}],
        "tools": [{"name": "extract", "input_schema": FIELDS}],
        "tool_choice": {"type": "tool", "name": "extract"},
    }
    whole = json.loads(runtime.invoke_model(modelId=MODEL, body=json.dumps(body))["body"].read())
    assert whole["stop_reason"] == "tool_use"
    assert list(whole["content"][0]["input"]) == ["number", "paid"]
    stream = runtime.invoke_model_with_response_stream(modelId=MODEL, body=json.dumps(body))["body"]
    chunks = [json.loads(event["chunk"]["bytes"]) for event in stream]
    assert chunks[1]["content_block"] == {
        **whole["content"][0],
        "id": chunks[1]["content_block"]["id"],
        "input": {},
    }
    written = "".join(chunk.get("delta", {}).get("partial_json", "") for chunk in chunks)
    assert json.loads(written) == whole["content"][0]["input"]


def test_tools_their_calls_and_results_are_shown_to_the_model(runtime):
    def tokens(**asked) -> int:
        return runtime.count_tokens(modelId=MODEL, input={"converse": asked})["inputTokens"]

    plain = [user("Which?")]
    use = {"toolUse": {"toolUseId": "a1", "name": "sort", "input": {"type": "form"}}}
    result = {"toolResult": {"toolUseId": "a1", "content": [{"json": {"is": "sorted"}}]}}
    offered = tokens(messages=plain, **tools({"auto": {}}))
    assert tokens(messages=plain) < offered
    assert offered < tokens(messages=[*plain, assistant(use), user(result)], **tools({"auto": {}}))


def test_a_model_that_may_call_tools_answers_in_text_where_it_calls_none(asking):
    answer = asking(**tools({"auto": {}}))
    assert answer["output"]["message"]["content"][0]["text"]
    assert answer["stopReason"] in ("end_turn", "max_tokens")


def test_usage_tells_what_was_read_from_the_cache_up_to_a_cache_point(asking):
    point = {"cachePoint": {"type": "default"}}
    rules = "Choose the type of the document, as the rules of the house have it. " * 3
    first, second = (
        asking(system=[{"text": rules}, point], messages=[user(question)])["usage"]
        for question in ("Which one?", "And this?")
    )
    assert first["cacheReadInputTokens"] == 0
    assert first["cacheWriteInputTokens"] > 16
    assert second["cacheReadInputTokens"] == first["cacheWriteInputTokens"]
    assert second["cacheWriteInputTokens"] == 0
    for usage in (first, second):
        parts = ("inputTokens", "outputTokens", "cacheReadInputTokens", "cacheWriteInputTokens")
        assert usage["totalTokens"] == sum(usage[part] for part in parts)


def test_a_decision_reads_the_cache_up_to_a_point_in_the_middle_of_a_message(asking):
    point = {"cachePoint": {"type": "default"}}
    rules = "Of all the letters of last month this is the one that is due. " * 3
    usages = [
        asking(messages=[user(rules, point, page)], **tools({"tool": {"name": "sort"}}))["usage"]
        for page in ("Invoice", "Form")
    ]
    assert usages[0]["cacheWriteInputTokens"] > 16
    assert usages[1]["cacheReadInputTokens"] >= usages[0]["cacheWriteInputTokens"]
    assert usages[1]["inputTokens"] < 40


def document(form: str, body: bytes, name: str = "a page") -> dict:
    return {"document": {"format": form, "name": name, "source": {"bytes": body}}}


def test_documents_are_shown_as_text_and_page_by_page(runtime):
    def tokens(*blocks) -> int:
        counted = runtime.count_tokens(modelId=MODEL, input={"converse": {"messages": [user("?", *blocks)]}})
        return counted["inputTokens"]

    images = [Image.new("L", (60, 80), 255) for _ in range(2)]
    pdf = saved(images[0], "PDF"), saved(images[0], "PDF", save_all=True, append_images=images[1:])
    none, one, two = tokens(), tokens(document("pdf", pdf[0])), tokens(document("pdf", pdf[1]))
    assert two - one == one - none > 0
    assert tokens(document("md", b"# Rules")) > none


def test_fields_that_are_asked_for_are_answered(asking):
    text = asking()["output"]["message"]["content"][0]["text"]
    answer = asking(
        inferenceConfig={"maxTokens": 60, "stopSequences": [text[3]]},
        additionalModelResponseFieldPaths=["/stop_sequence", "/unknown"],
        performanceConfig={"latency": "standard"},
        requestMetadata={"team": "post"},
        additionalModelRequestFields={"inferenceConfig": {"topK": 3}},
    )
    assert answer["additionalModelResponseFields"] == {"stop_sequence": text[3]}
    assert answer["performanceConfig"] == {"latency": "standard"}


def test_an_answer_that_is_begun_is_continued(asking):
    question = [user("Dear Sir, the invoice")]
    whole = asking(messages=question)["output"]["message"]["content"][0]["text"]
    begun = whole[: len(whole) // 2].rstrip()
    rest = asking(messages=[*question, assistant(begun)])["output"]["message"]["content"][0]["text"]
    assert rest
    assert not rest.startswith(begun)


GUARDRAIL = {"guardrailIdentifier": "abc", "guardrailVersion": "1"}
CALL = {"toolUse": {"toolUseId": "a1", "name": "sort", "input": {}}}
RESULT = {"toolResult": {"toolUseId": "a1", "content": [{"text": "ok"}]}}
TEXT = document("txt", b"words")


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"messages": []}, "A conversation must start with a user message"),
        ({"messages": [assistant("Yes?")]}, "A conversation must start with a user message"),
        ({"messages": [user("a"), user("b")]}, "must alternate between user and assistant roles"),
        ({"messages": [user(" \n")]}, r"object at messages\.0\.content\.0 is blank"),
        ({"messages": [user()]}, r"Message object at messages\.0 is empty"),
        ({"messages": [user("a"), assistant("b ")]}, "cannot end with trailing whitespace"),
        ({"messages": [user("a"), assistant("b")], **tools({"any": {}})}, "is continued as text"),
        ({"system": [{"text": " "}]}, r"object at system\.0 is blank"),
        ({"messages": [user("a"), assistant(CALL), user(RESULT)]}, "toolConfig field must be defined"),
        (
            {"messages": [user("a"), assistant(CALL), user("b")], **tools({"auto": {}})},
            r"Expected toolResult blocks at messages\.2\.content for the following Ids: a1",
        ),
        (
            {"messages": [user("a"), assistant("b"), user(RESULT)], **tools({"auto": {}})},
            "exceeds the number of toolUse blocks of previous turn",
        ),
        (tools({"tool": {"name": "fly"}}), "names the tool 'fly'"),
        (tools({"any": {}}, TOOLS[0], TOOLS[0]), "more than one tool of the name 'sort'"),
        (tools({"auto": {}}, tool("sort", {"type": "string"})), r"json\.type must be one of the following"),
        ({"messages": [user("?", *[TEXT] * 6)]}, "6 documents; at most 5"),
        ({"messages": [user("?", TEXT, TEXT)]}, "several documents of one name"),
        ({"messages": [user(TEXT)]}, "A text block is required when using documents"),
        ({"messages": [user("?", document("txt", b"a", "a.txt"))]}, "document file name can only contain"),
        ({"messages": [user("?", document("docx", b"PK"))]}, "is docx, which this server cannot read"),
        ({"messages": [user("?", document("pdf", b"words"))]}, "is said to be pdf, but is none"),
        ({"messages": [user("?", document("pdf", b"%PDF-1.4 broken"))]}, "The PDF cannot be read"),
        ({"messages": [user("?", document("csv", b"\xff\xfe"))]}, "is no text in UTF-8"),
        ({"messages": [user("?", *[{"cachePoint": {"type": "default"}}] * 5)]}, "5 cachePoint blocks"),
        ({"guardrailConfig": GUARDRAIL}, "does not support guardrailConfig"),
        ({"promptVariables": {"a": {"text": "b"}}}, "does not support promptVariables"),
        ({"performanceConfig": {"latency": "optimized"}}, "optimized is not supported"),
        ({"additionalModelRequestFields": {"reasoningConfig": {}}}, "does not support reasoningConfig"),
        ({"additionalModelRequestFields": {"top_k": "many"}}, "top_k must be an integer"),
        ({"additionalModelResponseFieldPaths": ["stop_sequence"]}, "is no JSON pointer"),
        ({"requestMetadata": {"a": "\u2603"}}, "requestMetadata"),
        ({"inferenceConfig": {"stopSequences": [" "]}}, "must contain non-whitespace"),
    ],
)
@pytest.mark.attack(
    "Bedrock API",
    "conversations, tools and documents that are none",
    "400 ValidationException in the words of Bedrock, where these are known",
)
def test_what_bedrock_refuses_is_refused(asking, asked, says):
    with pytest.raises(ClientError, match=says) as raised:
        asking(**asked)
    assert raised.value.response["Error"]["Code"] == "ValidationException"
