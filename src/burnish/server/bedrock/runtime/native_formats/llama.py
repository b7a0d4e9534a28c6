"""Meta Llama's format: one prompt, in which Llama 3's marks tell whose turn it is.

Source: the Bedrock user guide, "Meta Llama models", and Meta's prompt format for Llama 3.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from burnish.engine.inference_messages import CUT_OFF
from burnish.server.bedrock.runtime.native_formats.bodies import request_in
from burnish.server.bedrock.runtime.native_formats.native_format import Json, NativeFormat
from burnish.server.bedrock.runtime.replies import BlockDelta, BlockStart, BlockStop, Reply

_TURN = re.compile(
    r"<\|start_header_id\|>(\w+)<\|end_header_id\|>(.*?)(?=<\|eot_id\|>|<\|start_header_id\|>|\Z)", re.DOTALL
)
_BEGIN = "<|begin_of_text|>"
Share = Annotated[float, Meta(ge=0, le=1)]


class LlamaRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request in Llama's format."""

    prompt: Annotated[str, Meta(min_length=1)]
    max_gen_len: Annotated[int, Meta(ge=1, le=2048)] = 512
    temperature: Share | None = None
    top_p: Share | None = None


def asked(body: Json) -> dict[str, Any]:
    """What a body asks: the turns of its prompt, of which a system's come first. Without marks it is one."""
    request = request_in(dict(body), LlamaRequest)
    turns = [(role, text.strip()) for role, text in _TURN.findall(request.prompt)]
    turns = [turn for turn in turns if turn[1]] or [("user", request.prompt.removeprefix(_BEGIN))]
    config = {"maxTokens": request.max_gen_len, "temperature": request.temperature, "topP": request.top_p}
    return {
        "system": [{"text": text} for role, text in turns if role == "system"],
        "messages": [{"role": role, "content": [{"text": text}]} for role, text in turns if role != "system"],
        "inferenceConfig": config,
    }


def response(reply: Reply, model_id: str) -> Json:
    """A whole answer."""
    return {
        "generation": reply.answer.text,
        "prompt_token_count": reply.answer.input_tokens,
        "generation_token_count": reply.answer.output_tokens,
        "stop_reason": _stop_reason(reply),
    }


def opening(start: BlockStart, model_id: str) -> list[Json]:
    """What comes before the text: how long the prompt is."""
    return [_chunk("", 0, prompt_token_count=start.input_tokens)]


def block(part: BlockStart | BlockDelta | BlockStop) -> list[Json]:
    """A piece of the text."""
    return [_chunk(part.text, part.output_tokens)] if isinstance(part, BlockDelta) else []


def closing(reply: Reply) -> list[Json]:
    """What comes after the text."""
    return [_chunk("", reply.answer.output_tokens, stop_reason=_stop_reason(reply))]


def _chunk(
    text: str, tokens: int, *, prompt_token_count: int | None = None, stop_reason: str | None = None
) -> Json:
    return {
        "generation": text,
        "prompt_token_count": prompt_token_count,
        "generation_token_count": tokens,
        "stop_reason": stop_reason,
    }


def _stop_reason(reply: Reply) -> str:
    return "length" if reply.stop_reason in CUT_OFF else "stop"


LLAMA_FORMAT = NativeFormat(asked=asked, response=response, opening=opening, block=block, closing=closing)
