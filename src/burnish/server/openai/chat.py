"""Chat completions, whole or as server-sent events while they are written."""

from __future__ import annotations

import math
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any
from uuid import uuid4

import msgspec
from starlette.responses import JSONResponse, Response

from burnish.engine.inference_messages import CUT_OFF
from burnish.names import ON_DEMAND_HEADER
from burnish.server.openai.chat_requests import converse_request
from burnish.server.openai.door import RUNTIME, Ask, Backend
from burnish.server.openai.errors import refusal_of_fault
from burnish.server.openai.requests import ChatRequest, read_request
from burnish.server.request_record import RequestRecord
from burnish.server.wire.call import Event, ServiceFault, WithHeaders
from burnish.server.wire.disconnects import while_connected
from burnish.server.wire.streamed_response import EventStreamResponse

#: What is tuned at this door answers at it: OpenAI knows no deployments.
ON_DEMAND = {ON_DEMAND_HEADER: "true"}
_END = b"data: [DONE]\n\n"
#: The logarithm of a probability that rounding has made 0.
_LEAST = -9999.0


async def complete(backend: Backend, ask: Ask) -> Response:
    """The answer of a model."""
    asked = read_request(ask.body, ChatRequest)
    request = converse_request(asked, ask.caller)
    operation = "ConverseStream" if asked.stream else "Converse"
    answering = backend.call(ask.caller, operation, request, service=RUNTIME, own_headers=ON_DEMAND)
    answered = await while_connected(ask.receive, answering)
    if not asked.stream:
        return JSONResponse(_completion(asked, answered))
    events: AsyncGenerator[Event, None] = answered["stream"]
    # What goes wrong until the first event is an error as of any other request.
    first = await while_connected(ask.receive, anext(events))
    cut_after = answered.cut_after if isinstance(answered, WithHeaders) else None
    chunks = _chunks(asked, first, events, ask.record)
    return EventStreamResponse(chunks, {}, kind="text/event-stream", cut_after=cut_after)


def _completion(asked: ChatRequest, answered: Mapping[str, Any]) -> dict[str, Any]:
    text = answered["output"]["message"]["content"][0]["text"]
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": text, "refusal": None},
        "finish_reason": _finish(answered["stopReason"]),
        "logprobs": _logprobs(asked, answered.get("additionalModelResponseFields")),
    }
    return {
        **_head(asked, "chat.completion"),
        "choices": [choice],
        "usage": _usage(answered["usage"]),
    }


async def _chunks(
    asked: ChatRequest, first: Event, events: AsyncGenerator[Event, None], record: RequestRecord
) -> AsyncGenerator[bytes, None]:
    """The events of an answer in OpenAI's words. What goes wrong on the way is the last of them."""
    head = _head(asked, "chat.completion.chunk")
    event: Event | ServiceFault | None = first
    async with aclosing(events):
        while isinstance(event, tuple):
            if chunk := _chunk(asked, *event):
                yield _told({**head, **chunk})
            event = await _next(events)
    if event is None:
        yield _END
        return
    record.error = event.code
    yield b"data: " + refusal_of_fault(event).body + b"\n\n"


async def _next(events: AsyncGenerator[Event, None]) -> Event | ServiceFault | None:
    """The next event, what went wrong instead, or None at the end."""
    try:
        return await anext(events, None)
    except ServiceFault as fault:
        return fault


def _chunk(asked: ChatRequest, name: str, members: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a chunk has of an event; None for one that OpenAI has no chunk for."""
    if name == "messageStart":
        return _delta({"role": "assistant", "content": ""})
    if name == "contentBlockDelta":
        return _delta({"content": members["delta"]["text"]})
    if name == "messageStop":
        decided = _logprobs(asked, members.get("additionalModelResponseFields"))
        return _delta({}, finish=_finish(members["stopReason"]), logprobs=decided)
    wants_usage = asked.stream_options and asked.stream_options.include_usage
    return {"choices": [], "usage": _usage(members["usage"])} if name == "metadata" and wants_usage else None


def _delta(
    delta: dict[str, Any], *, finish: str | None = None, logprobs: dict[str, Any] | None = None
) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish, "logprobs": logprobs}]}


def _head(asked: ChatRequest, kind: str) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-{uuid4().hex}",
        "object": kind,
        "created": int(time.time()),
        "model": asked.model,
    }


def _told(chunk: Mapping[str, Any]) -> bytes:
    return b"data: " + msgspec.json.encode(chunk) + b"\n\n"


def _finish(stop_reason: str) -> str:
    return "length" if stop_reason in CUT_OFF else "stop"


def _usage(usage: Mapping[str, int]) -> dict[str, int]:
    return {
        "prompt_tokens": usage["inputTokens"],
        "completion_tokens": usage["outputTokens"],
        "total_tokens": usage["totalTokens"],
    }


def _logprobs(asked: ChatRequest, fields: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The probabilities of the labels that were decided among, the label standing as one token."""
    if not asked.logprobs or not fields:
        return None
    ranked = sorted(fields["labelProbabilities"].items(), key=lambda pair: -pair[1])
    tokens = [_token(label, probability) for label, probability in ranked]
    return {"content": [{**tokens[0], "top_logprobs": tokens[: asked.top_logprobs or 0]}], "refusal": None}


def _token(label: str, probability: float) -> dict[str, Any]:
    logarithm = math.log(probability) if probability > 0 else _LEAST
    return {"token": label, "logprob": logarithm, "bytes": list(label.encode())}
