"""InvokeModel and InvokeModelWithResponseStream: models asked in the JSON of their own families."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import msgspec

from burnish.engine.inference_messages import Answer
from burnish.families import family_of
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.faults import invalid
from burnish.server.bedrock.places import base_model_behind
from burnish.server.bedrock.runtime.conversations import milliseconds_since
from burnish.server.bedrock.runtime.converse_requests import converse_request
from burnish.server.bedrock.runtime.native_formats.bodies import json_object
from burnish.server.bedrock.runtime.native_formats.native_format import NativeFormat
from burnish.server.bedrock.runtime.native_formats.registry import format_for
from burnish.server.bedrock.runtime.replies import BlockStart, Reply, ReplyPart, parts_of_reply, reply_to
from burnish.server.inference.process import InferenceProcess
from burnish.server.wire.call import Call, Event, WithHeaders
from burnish.server.wire.validation import check_parameters

JSON = "application/json"
#: What the last chunk of a stream has, whatever the format.
METRICS = "amazon-bedrock-invocationMetrics"
INPUT_HEADER = "x-amzn-bedrock-input-token-count"
OUTPUT_HEADER = "x-amzn-bedrock-output-token-count"
LATENCY_HEADER = "x-amzn-bedrock-invocation-latency"


@dataclass(frozen=True, kw_only=True)
class NativeRequest:
    """A request's format, and what it asks in the members of a Converse request."""

    format: NativeFormat
    asked: Mapping[str, Any]


async def invoke(control: Control, inference: InferenceProcess, call: Call) -> Mapping[str, Any]:
    """A model's answer in the format of its family."""
    begun = time.monotonic()
    native = native_request(control, call, _body_of(call))
    reply = await reply_to(inference, await converse_request(control, call, native.asked))
    response = native.format.response(reply, call.parameters["modelId"])
    return WithHeaders(
        {"body": msgspec.json.encode(response), "contentType": JSON},
        {
            INPUT_HEADER: str(reply.answer.input_tokens),
            OUTPUT_HEADER: str(reply.answer.output_tokens),
            LATENCY_HEADER: str(milliseconds_since(begun)),
        },
    )


async def invoke_with_response_stream(
    control: Control, inference: InferenceProcess, call: Call
) -> Mapping[str, Any]:
    """The answer as it is written, in the chunks of the model's family."""
    begun = time.monotonic()
    native = native_request(control, call, _body_of(call))
    request = await converse_request(control, call, native.asked)
    stream = _Chunks(native.format, call.parameters["modelId"], begun)
    return {"body": stream.events(parts_of_reply(inference, request)), "contentType": JSON}


def native_request(control: Control, call: Call, body: bytes) -> NativeRequest:
    """What a body asks, by the family of the called model. Raises `ServiceFault` that names what is wrong."""
    given = json_object(body)
    family = family_of(base_model_behind(control, call.caller.region, call.parameters["modelId"]))
    form = format_for(family.name if family else None, given)
    asked = form.asked(given)
    # As a request of Converse is: what a format says in other words obeys the same bounds.
    converse = {**asked, "modelId": call.parameters["modelId"]}
    check_parameters("bedrock-runtime", "Converse", converse, code="ValidationException")
    return NativeRequest(format=form, asked=asked)


def _body_of(call: Call) -> bytes:
    # Without effect it would be taken for protection.
    if call.parameters.get("guardrailIdentifier"):
        raise invalid("This server does not support guardrailIdentifier: leave it out")
    return bytes(call.parameters.get("body") or b"")


class _Chunks:
    """A text in the chunks of a format."""

    def __init__(self, form: NativeFormat, model_id: str, begun: float) -> None:
        self._format = form
        self._model_id = model_id
        self._begun = begun
        self._first_byte: int | None = None

    async def events(self, parts: AsyncGenerator[ReplyPart, None]) -> AsyncGenerator[Event, None]:
        """The events of the stream."""
        async with aclosing(parts):
            async for part in parts:
                for chunk in self._chunks(part):
                    yield "chunk", {"bytes": msgspec.json.encode(chunk)}

    def _chunks(self, part: ReplyPart) -> Iterator[Mapping[str, Any]]:
        if isinstance(part, Reply):
            *others, last = self._format.closing(part)
            yield from others
            yield {**last, METRICS: self._metrics(part.answer)}
            return
        if self._first_byte is None and isinstance(part, BlockStart):
            self._first_byte = milliseconds_since(self._begun)
            yield from self._format.opening(part, self._model_id)
        yield from self._format.block(part)

    def _metrics(self, answer: Answer) -> dict[str, Any]:
        return {
            "inputTokenCount": answer.input_tokens,
            "outputTokenCount": answer.output_tokens,
            "invocationLatency": milliseconds_since(self._begun),
            "firstByteLatency": self._first_byte,
        }
