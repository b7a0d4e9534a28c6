"""Chat requests as requests to Converse, with which they share all limits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from burnish.chat_records import SYSTEM_ROLES, ChatMessage, Part, TextPart
from burnish.engine.inference_messages import Choice
from burnish.names import S3_URI
from burnish.record_conversion import decoded_data_url, format_named
from burnish.server.bedrock.answer_schemas import answer_schema_in
from burnish.server.openai.errors import RequestRefused, unsupported
from burnish.server.openai.model_names import identifier_of
from burnish.server.openai.requests import ChatRequest
from burnish.server.wire.call import Identity

MAX_TOP_LOGPROBS = 20


def converse_request(asked: ChatRequest, caller: Identity) -> dict[str, Any]:
    """The members of the Converse request that asks the same. Raises `RequestRefused`."""
    _check(asked)
    told, turns = _turns_of(asked.messages)
    request: dict[str, Any] = {
        "modelId": identifier_of(asked.model, caller),
        "messages": turns,
        "inferenceConfig": _inference_config(asked),
    }
    if told:
        request["system"] = told
    if config := _output_config(asked):
        request["outputConfig"] = config
    if asked.logprobs and not isinstance(answer_schema_in(request.get("outputConfig")), Choice):
        raise RequestRefused(
            "logprobs are those of labels: give a json_schema with one property, an enum, as response_format",
            param="logprobs",
        )
    return request


def _check(asked: ChatRequest) -> None:
    """Refuse what contradicts itself or has no effect that anybody could expect."""
    if asked.top_logprobs is not None:
        if not asked.logprobs:
            raise RequestRefused("top_logprobs needs logprobs: true", param="top_logprobs")
        if not 0 <= asked.top_logprobs <= MAX_TOP_LOGPROBS:
            raise RequestRefused(f"top_logprobs may be 0 to {MAX_TOP_LOGPROBS}", param="top_logprobs")
    if asked.stream_options and not asked.stream:
        raise RequestRefused("stream_options needs stream: true", param="stream_options")
    if asked.seed is not None and asked.temperature:
        raise unsupported("seed", "texts are sampled at temperature 0, or without a seed")
    for name in ("max_tokens", "max_completion_tokens"):
        if (given := getattr(asked, name)) is not None and given < 1:
            raise RequestRefused(f"{name} must be at least 1", param=name)


def _turns_of(messages: Sequence[ChatMessage]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The system texts, and the turns: messages of one role in a row are one."""
    told: list[dict[str, Any]] = []
    turns: list[dict[str, Any]] = []
    for number, message in enumerate(messages):
        where = f"messages[{number}]"
        blocks = [_block(part, where) for part in message.parts]
        if message.role in SYSTEM_ROLES:
            if turns:
                raise RequestRefused(
                    f"{where}.role is {message.role!r} after a turn: put it first", param="messages"
                )
            told.extend(blocks)
        elif turns and turns[-1]["role"] == message.role:
            turns[-1]["content"].extend(blocks)
        else:
            turns.append({"role": message.role, "content": blocks})
    return told, turns


def _block(part: Part, where: str) -> dict[str, Any]:
    if isinstance(part, TextPart):
        return {"text": part.text}
    url = part.image_url.url
    if S3_URI.fullmatch(url):
        return {"image": {"format": format_named(url), "source": {"s3Location": {"uri": url}}}}
    image = decoded_data_url(url)
    if image is None:
        raise RequestRefused(
            f"{where} has an image_url that is neither data:image/…;base64,… of a png, jpeg, gif or webp nor "
            "s3://…: this server fetches nothing from other places",
            param="messages",
        )
    return {"image": {"format": image[1], "source": {"bytes": image[0]}}}


def _inference_config(asked: ChatRequest) -> dict[str, Any]:
    stop = [asked.stop] if isinstance(asked.stop, str) else asked.stop
    given = {
        "maxTokens": asked.max_completion_tokens or asked.max_tokens,
        "temperature": asked.temperature,
        "topP": asked.top_p,
        "stopSequences": stop,
    }
    return {name: value for name, value in given.items() if value is not None}


def _output_config(asked: ChatRequest) -> dict[str, Any] | None:
    bound = asked.response_format
    if bound is None or bound.type == "text":
        return None
    if bound.json_schema is None:
        raise RequestRefused("response_format needs a json_schema", param="response_format")
    schema = {"schema": json.dumps(bound.json_schema.schema), "name": bound.json_schema.name}
    return {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": schema}}}
