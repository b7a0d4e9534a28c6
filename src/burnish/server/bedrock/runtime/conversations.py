"""Converse and ConverseStream: a model's answer, whole or as it is written."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing
from typing import Any

from burnish.server.bedrock.control import Control
from burnish.server.bedrock.runtime.converse_requests import ConverseRequest, converse_request
from burnish.server.bedrock.runtime.replies import (
    BlockDelta,
    BlockStart,
    Reply,
    ReplyPart,
    parts_of_reply,
    reply_to,
)
from burnish.server.bedrock.runtime.response_fields import response_fields
from burnish.server.bedrock.runtime.tools import ToolUse
from burnish.server.bedrock.runtime.usage import usage_of
from burnish.server.inference.process import InferenceProcess
from burnish.server.wire.call import Call, Event


async def converse(control: Control, inference: InferenceProcess, call: Call) -> Mapping[str, Any]:
    """A model's answer, bound to the JSON schema of ``outputConfig`` or of a tool where there is one.

    For a closed set of labels the probability of each comes with it.
    """
    begun = time.monotonic()
    asked = await converse_request(control, call, call.parameters)
    reply = await reply_to(inference, asked)
    return {
        "output": {"message": {"role": "assistant", "content": [content_block(one) for one in reply.blocks]}},
        "stopReason": reply.stop_reason,
        "usage": usage_of(reply.answer).in_converse,
        "metrics": {"latencyMs": milliseconds_since(begun)},
        "additionalModelResponseFields": response_fields(reply.answer, asked.field_paths),
        **asked.echoed,
    }


async def converse_stream(control: Control, inference: InferenceProcess, call: Call) -> Mapping[str, Any]:
    """The answer that `converse` gives, as the events of a stream."""
    begun = time.monotonic()
    asked = await converse_request(control, call, call.parameters)
    return {"stream": _events(parts_of_reply(inference, asked), asked, begun)}


def content_block(block: str | ToolUse) -> dict[str, Any]:
    """A block of a reply as Converse has it."""
    if isinstance(block, str):
        return {"text": block}
    return {"toolUse": {"toolUseId": block.id, "name": block.name, "input": block.input}}


def block_events(part: ReplyPart) -> Iterator[Event]:
    """A part of a reply as Converse's events; a text begins without one."""
    if isinstance(part, Reply):
        return
    if isinstance(part, BlockStart):
        if part.tool:
            start = {"toolUse": {"toolUseId": part.tool.id, "name": part.tool.name}}
            yield "contentBlockStart", {"contentBlockIndex": part.index, "start": start}
    elif isinstance(part, BlockDelta):
        delta = {"toolUse": {"input": part.text}} if part.is_input else {"text": part.text}
        yield "contentBlockDelta", {"contentBlockIndex": part.index, "delta": delta}
    else:
        yield "contentBlockStop", {"contentBlockIndex": part.index}


async def _events(
    parts: AsyncGenerator[ReplyPart, None], asked: ConverseRequest, begun: float
) -> AsyncGenerator[Event, None]:
    has_started = False
    async with aclosing(parts):
        async for part in parts:
            # With the first part and not before: what goes wrong until then is an error, and no stream.
            if not has_started:
                has_started = True
                yield "messageStart", {"role": "assistant"}
            for event in block_events(part):
                yield event
            if isinstance(part, Reply):
                yield "messageStop", _message_stop(part, asked)
                yield (
                    "metadata",
                    {
                        "usage": usage_of(part.answer).in_converse,
                        "metrics": {"latencyMs": milliseconds_since(begun)},
                        **asked.echoed,
                    },
                )


def _message_stop(reply: Reply, asked: ConverseRequest) -> dict[str, Any]:
    return {
        "stopReason": reply.stop_reason,
        "additionalModelResponseFields": response_fields(reply.answer, asked.field_paths),
    }


def milliseconds_since(begun: float) -> int:
    """How long it is ago, by the clock of `time.monotonic`."""
    return round((time.monotonic() - begun) * 1000)
