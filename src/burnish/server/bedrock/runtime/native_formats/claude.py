"""Anthropic Claude's format: its Messages API.

Source: the Bedrock user guide, "Anthropic Claude Messages API", and Anthropic's reference of the events.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal
from uuid import uuid4

import msgspec
from msgspec import Meta

from burnish.server.bedrock.runtime.native_formats.bodies import request_in
from burnish.server.bedrock.runtime.native_formats.native_format import Json, NativeFormat
from burnish.server.bedrock.runtime.replies import BlockDelta, BlockStart, BlockStop, Reply
from burnish.server.bedrock.runtime.tools import ToolUse
from burnish.server.bedrock.runtime.usage import usage_of

Share = Annotated[float, Meta(ge=0, le=1)]


class CacheControl(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a prompt is to be kept up to: Converse's cache point."""

    type: Literal["ephemeral"]
    ttl: Literal["5m", "1h"] = "5m"


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type"):
    """A part of a request that says what it is."""


class _Block(_Part, frozen=True, kw_only=True):
    """A block of content."""

    cache_control: CacheControl | None = None


class TextBlock(_Block, frozen=True, kw_only=True, tag="text"):
    """A text."""

    text: str


class Base64Source(_Part, frozen=True, kw_only=True, tag="base64"):
    """Bytes that are in the request."""

    media_type: Literal["image/png", "image/jpeg", "image/gif", "image/webp"]
    data: bytes


class ImageBlock(_Block, frozen=True, kw_only=True, tag="image"):
    """An image."""

    source: Base64Source


class ToolUseBlock(_Block, frozen=True, kw_only=True, tag="tool_use"):
    """A tool that the model has called."""

    id: str
    name: str
    input: dict[str, Any]


class ToolResultBlock(_Block, frozen=True, kw_only=True, tag="tool_result"):
    """What the tool has answered."""

    tool_use_id: str
    content: str | list[TextBlock | ImageBlock] = ""
    is_error: bool = False


class ClaudeMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A turn."""

    role: Literal["user", "assistant"]
    content: str | list[TextBlock | ImageBlock | ToolUseBlock | ToolResultBlock]


class ClaudeTool(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tool."""

    name: str
    input_schema: dict[str, Any]
    description: Annotated[str, Meta(min_length=1)] | None = None
    type: Literal["custom"] = "custom"
    cache_control: CacheControl | None = None


class ToolChoice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which of the tools is to be called."""

    type: Literal["auto", "any", "tool", "none"]
    name: str = ""
    #: One tool is called at a time, where one is forced.
    disable_parallel_tool_use: bool = False


class ClaudeRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request in Claude's format."""

    anthropic_version: Literal["bedrock-2023-05-31"]
    max_tokens: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    messages: list[ClaudeMessage]
    system: str | list[TextBlock] = ""
    temperature: Share | None = None
    top_p: Share | None = None
    top_k: Annotated[int, Meta(ge=0, le=500)] | None = None
    stop_sequences: list[str] = []
    #: For the real model's operators; nothing here depends on them.
    anthropic_beta: list[str] = []
    metadata: dict[str, Any] = {}
    tools: list[ClaudeTool] = []
    tool_choice: ToolChoice | None = None


def asked(body: Json) -> dict[str, Any]:
    """What a body asks."""
    request = request_in(dict(body), ClaudeRequest)
    system = [TextBlock(text=request.system)] if isinstance(request.system, str) else request.system
    return {
        "system": [part for block in system if block.text for part in _block(block)],
        "messages": [
            {"role": message.role, "content": _content(message.content)} for message in request.messages
        ],
        "inferenceConfig": {
            "maxTokens": request.max_tokens,
            "temperature": request.temperature,
            "topP": request.top_p,
            "topK": request.top_k,
            "stopSequences": request.stop_sequences,
        },
        "toolConfig": _tool_config(request),
    }


def _tool_config(request: ClaudeRequest) -> dict[str, Any] | None:
    choice = request.tool_choice or ToolChoice(type="auto")
    if not request.tools or choice.type == "none":
        return None
    tools = [part for tool in request.tools for part in (_tool(tool), *_cache_point(tool.cache_control))]
    named = {"name": choice.name} if choice.type == "tool" else {}
    return {"tools": tools, "toolChoice": {choice.type: named}}


def _tool(tool: ClaudeTool) -> dict[str, Any]:
    described = {"description": tool.description} if tool.description else {}
    return {"toolSpec": {"name": tool.name, **described, "inputSchema": {"json": tool.input_schema}}}


def _content(content: str | Sequence[_Block]) -> list[dict[str, Any]]:
    blocks = [TextBlock(text=content)] if isinstance(content, str) else content
    return [part for block in blocks for part in _block(block)]


def _block(block: _Block) -> list[dict[str, Any]]:
    """A block as Converse's, with the cache point after it."""
    return [_own_block(block), *_cache_point(block.cache_control)]


def _cache_point(control: CacheControl | None) -> list[dict[str, Any]]:
    return [{"cachePoint": {"type": "default"}}] if control else []


def _own_block(block: _Block) -> dict[str, Any]:
    match block:
        case TextBlock():
            return {"text": block.text}
        case ImageBlock():
            return {"image": _image(block.source)}
        case ToolUseBlock():
            return {"toolUse": {"toolUseId": block.id, "name": block.name, "input": block.input}}
        case ToolResultBlock():
            status = "error" if block.is_error else "success"
            content = _content(block.content) if block.content else []
            return {"toolResult": {"toolUseId": block.tool_use_id, "content": content, "status": status}}
    raise AssertionError(block)


def _image(source: Base64Source) -> dict[str, Any]:
    return {"format": source.media_type.removeprefix("image/"), "source": {"bytes": source.data}}


def response(reply: Reply, model_id: str) -> Json:
    """A whole answer."""
    return {
        **_message(model_id, [_answered(one) for one in reply.blocks]),
        "stop_reason": reply.stop_reason,
        "stop_sequence": reply.answer.stop_sequence,
        "usage": _usage(reply),
    }


def opening(start: BlockStart, model_id: str) -> list[Json]:
    """What comes before the first block."""
    message = {
        **_message(model_id, []),
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {"input_tokens": start.input_tokens, "output_tokens": 0},
    }
    return [{"type": "message_start", "message": message}]


def block(part: BlockStart | BlockDelta | BlockStop) -> list[Json]:
    """A part of a block."""
    if isinstance(part, BlockStart):
        content = _answered(part.tool or "")
        return [{"type": "content_block_start", "index": part.index, "content_block": content}]
    if isinstance(part, BlockStop):
        return [{"type": "content_block_stop", "index": part.index}]
    if part.is_input:
        delta = {"type": "input_json_delta", "partial_json": part.text}
    else:
        delta = {"type": "text_delta", "text": part.text}
    return [{"type": "content_block_delta", "index": part.index, "delta": delta}]


def closing(reply: Reply) -> list[Json]:
    """What comes after the last block."""
    ending = {"stop_reason": reply.stop_reason, "stop_sequence": reply.answer.stop_sequence}
    return [
        {"type": "message_delta", "delta": ending, "usage": _usage(reply)},
        {"type": "message_stop"},
    ]


def _answered(block: str | ToolUse) -> dict[str, Any]:
    if isinstance(block, str):
        return {"type": "text", "text": block}
    return {"type": "tool_use", "id": block.id, "name": block.name, "input": block.input}


def _usage(reply: Reply) -> dict[str, int]:
    usage = usage_of(reply.answer)
    return {
        "input_tokens": usage.input,
        "cache_creation_input_tokens": usage.cache_write,
        "cache_read_input_tokens": usage.cache_read,
        "output_tokens": usage.output,
    }


def _message(model_id: str, content: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": f"msg_bdrk_{uuid4().hex[:24]}",
        "type": "message",
        "role": "assistant",
        "model": model_id,
        "content": content,
    }


CLAUDE_FORMAT = NativeFormat(asked=asked, response=response, opening=opening, block=block, closing=closing)
