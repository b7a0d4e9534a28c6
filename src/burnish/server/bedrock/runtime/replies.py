"""Replies in content blocks, whole or part by part: a text, and the tools that the model calls.

A model that has to call a tool decides which one, and writes an input that is valid by its schema. One that
may call tools writes text, in which its calls are recognized.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import TypeAlias

from msgspec import structs

from burnish.engine.inference_messages import Answer, Choice, InferenceRequest, TextPiece, Tool
from burnish.engine.tool_texts import calls_in, certain_length
from burnish.server.bedrock.runtime.answers import answer_to, pieces_to
from burnish.server.bedrock.runtime.converse_requests import ConverseRequest
from burnish.server.bedrock.runtime.tools import ToolUse, binding_of, new_tool_use_id
from burnish.server.inference.process import InferenceProcess

#: The JSON member that names the tool which is chosen among several.
TOOL_NAME = "name"


@dataclass(frozen=True, kw_only=True)
class BlockStart:
    """A block of the reply begins: a text, or the call of a tool."""

    index: int
    tool: ToolUse | None = None
    input_tokens: int


@dataclass(frozen=True, kw_only=True)
class BlockDelta:
    """A block goes on, by text or by a piece of the JSON that is a tool's input."""

    index: int
    text: str
    is_input: bool
    output_tokens: int


@dataclass(frozen=True, kw_only=True)
class BlockStop:
    """A block is whole."""

    index: int


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A whole reply: its blocks, why it ended, and the answer of the model, with its numbers."""

    blocks: tuple[str | ToolUse, ...]
    stop_reason: str
    answer: Answer


ReplyPart: TypeAlias = BlockStart | BlockDelta | BlockStop | Reply
Pieces: TypeAlias = AsyncGenerator[TextPiece | Answer, None]
Source: TypeAlias = Callable[[InferenceRequest], Pieces]


async def reply_to(inference: InferenceProcess, asked: ConverseRequest) -> Reply:
    """The reply to a request. Raises `ServiceFault`."""

    async def whole(request: InferenceRequest) -> Pieces:
        yield await answer_to(inference, request)

    parts = _parts(inference, asked, whole)
    async with aclosing(parts):
        async for part in parts:
            if isinstance(part, Reply):
                return part
    raise AssertionError("a reply ends with all of it")


def parts_of_reply(inference: InferenceProcess, asked: ConverseRequest) -> AsyncGenerator[ReplyPart, None]:
    """The parts of the reply as they are written, and all of it at the end. Raises `ServiceFault`."""
    return _parts(inference, asked, lambda request: pieces_to(inference, request))


def _parts(
    inference: InferenceProcess, asked: ConverseRequest, source: Source
) -> AsyncGenerator[ReplyPart, None]:
    if asked.tools.forced:
        return _forced_call(inference, asked, source)
    return _text_with_calls(asked, source(asked.inference))


async def _forced_call(
    inference: InferenceProcess, asked: ConverseRequest, source: Source
) -> AsyncGenerator[ReplyPart, None]:
    tool, tokens = await _chosen_tool(inference, asked)
    use, has_begun = ToolUse(id=new_tool_use_id(), name=tool.name, input={}), False
    async with aclosing(source(_bound_to(asked.inference, tool))) as pieces:
        async for piece in pieces:
            if isinstance(piece, Answer):
                yield BlockStop(index=0)
                answer = structs.replace(piece, output_tokens=piece.output_tokens + tokens)
                yield _reply_of_call(use, answer)
                return
            if not has_begun:
                has_begun = True
                yield BlockStart(index=0, tool=use, input_tokens=piece.input_tokens)
            yield BlockDelta(
                index=0, text=piece.text, is_input=True, output_tokens=piece.output_tokens + tokens
            )


async def _chosen_tool(inference: InferenceProcess, asked: ConverseRequest) -> tuple[Tool, int]:
    """The tool that is called of those that are forced, and how many tokens it took to say so."""
    first, *others = asked.tools.forced
    if not others:
        return first, 0
    names = tuple(tool.name for tool in asked.tools.forced)
    choice = Choice(name=TOOL_NAME, labels=names)
    answer = await answer_to(inference, structs.replace(asked.inference, choice=choice))
    return next(tool for tool in asked.tools.forced if tool.name == answer.label), answer.output_tokens


def _bound_to(request: InferenceRequest, tool: Tool) -> InferenceRequest:
    bound = binding_of(tool)
    if isinstance(bound, Choice):
        return structs.replace(request, choice=bound)
    # Stop sequences are those of texts: an input that one has cut would be of no use.
    return structs.replace(request, schema=bound, sampling=structs.replace(request.sampling, stop=()))


def _reply_of_call(use: ToolUse, answer: Answer) -> Reply:
    """The call; where ``maxTokens`` has cut its input off, what was written of it, as text."""
    try:
        called = ToolUse(id=use.id, name=use.name, input=json.loads(answer.text))
    except ValueError:
        return Reply(blocks=(answer.text,), stop_reason=answer.stop_reason, answer=answer)
    return Reply(blocks=(called,), stop_reason="tool_use", answer=answer)


async def _text_with_calls(asked: ConverseRequest, source: Pieces) -> AsyncGenerator[ReplyPart, None]:
    text = _GrowingReply(names=asked.tools.names)
    async with aclosing(source) as pieces:
        async for piece in pieces:
            parts = text.grown(piece) if isinstance(piece, TextPiece) else text.ended(piece)
            for part in parts:
                yield part


class _GrowingReply:
    """A text in which tools of some names may be called, as it is written."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names
        self._text = ""
        self._given = 0
        self._has_begun = False

    def grown(self, piece: TextPiece) -> list[ReplyPart]:
        """What a piece adds. What may yet become a call is kept back."""
        self._text += piece.text
        certain = certain_length(self._text) if self._names else len(self._text)
        return self._to(self._text[:certain], piece)

    def ended(self, answer: Answer) -> list[ReplyPart]:
        """What is left at the end, and the whole reply."""
        found = calls_in(answer.text, self._names)
        parts: list[ReplyPart] = []
        blocks: list[str | ToolUse] = []
        if found.text or not found.calls:
            parts += [*self._to(found.text, answer, is_last=True), BlockStop(index=0)]
            blocks.append(found.text)
        for call in found.calls:
            use = ToolUse(id=new_tool_use_id(), name=call.name, input=json.loads(call.input))
            parts += _whole_call(use, call.input, len(blocks), answer)
            blocks.append(use)
        reason = "tool_use" if found.calls else answer.stop_reason
        return [*parts, Reply(blocks=tuple(blocks), stop_reason=reason, answer=answer)]

    def _to(self, text: str, tokens: TextPiece | Answer, *, is_last: bool = False) -> list[ReplyPart]:
        new, parts = text[self._given :], list[ReplyPart]()
        if not new and (self._has_begun or not is_last):
            return parts
        if not self._has_begun:
            self._has_begun = True
            parts.append(BlockStart(index=0, input_tokens=tokens.input_tokens))
        self._given += len(new)
        return [
            *parts,
            BlockDelta(index=0, text=new, is_input=False, output_tokens=tokens.output_tokens),
        ]


def _whole_call(use: ToolUse, written: str, index: int, answer: Answer) -> list[ReplyPart]:
    return [
        BlockStart(index=index, tool=use, input_tokens=answer.input_tokens),
        BlockDelta(index=index, text=written, is_input=True, output_tokens=answer.output_tokens),
        BlockStop(index=index),
    ]
