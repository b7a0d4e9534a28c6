"""Converse requests, read: the one place that knows what a request to a model may hold."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from burnish.engine.inference_messages import CachePoint, Choice, InferenceRequest, ModelPlace, Sampling
from burnish.names import ON_DEMAND_HEADER
from burnish.server.bedrock.answer_schemas import answer_schema_in
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.faults import TooMuchOutput, invalid
from burnish.server.bedrock.places import callable_place, on_demand_place
from burnish.server.bedrock.runtime.messages import (
    has_tool_blocks,
    last_cache_point,
    require_conversation,
    turns_of,
)
from burnish.server.bedrock.runtime.output_limits import output_limit
from burnish.server.bedrock.runtime.response_fields import require_pointers
from burnish.server.bedrock.runtime.tools import OfferedTools, offered_tools
from burnish.server.wire.call import Call

USUAL_MAX_TOKENS = 512
#: And what to do instead. A guardrail that does nothing would be taken for protection.
UNSUPPORTED = {
    "guardrailConfig": (
        "it has no guardrails, and would answer unchecked. Leave it out at this endpoint alone, and check "
        "answers yourself where that matters"
    ),
    "promptVariables": "it has no managed prompts. Write the values into the messages",
}
MAX_CACHE_POINTS = 4
MAX_TOP_K = 500


@dataclass(frozen=True, kw_only=True)
class ConverseRequest:
    """What the members of a Converse request ask."""

    inference: InferenceRequest
    tools: OfferedTools
    #: JSON pointers at what else is to be answered.
    field_paths: Sequence[str] = ()
    #: What is asked for without effect here, and is answered as it was asked.
    echoed: Mapping[str, Any]


async def converse_request(control: Control, call: Call, asked: Mapping[str, Any]) -> ConverseRequest:
    """What the called model is asked by the members of a Converse request. Raises `ServiceFault`.

    ``inferenceConfig`` may have a ``topK``, for which Converse has no member and other formats have one.
    """
    _require_supported(asked)
    place = _place(control, call)
    bound = answer_schema_in(asked.get("outputConfig"))
    tools = offered_tools(asked.get("toolConfig"))
    messages: Sequence[Mapping[str, Any]] = asked.get("messages") or ()
    require_conversation(messages)
    if has_tool_blocks(messages) and not tools.tools:
        raise invalid(
            "The toolConfig field must be defined when using toolUse and toolResult content blocks."
        )
    _require_answerable(messages[-1], bound, tools)
    sampling = _sampling(asked)
    _require_within(output_limit(control, call, place), asked)
    paths = asked.get("additionalModelResponseFieldPaths") or ()
    require_pointers(paths)
    inference = InferenceRequest(
        place=place,
        system="\n".join(_system_texts(asked.get("system") or ())),
        # In a thread, because an image may have to come from the S3 server.
        turns=await asyncio.to_thread(turns_of, control, messages),
        # A tuned model that has to call a tool is asked as it was in its training, where there was none.
        tools=() if place.tuned and tools.forced else tools.tools,
        cache_point=_cache_point(asked),
        choice=bound if isinstance(bound, Choice) else None,
        schema=bound if isinstance(bound, str) else None,
        sampling=sampling,
    )
    return ConverseRequest(inference=inference, tools=tools, field_paths=paths, echoed=_echoed(asked))


def _place(control: Control, call: Call) -> ModelPlace:
    # A custom model without a deployment is refused, as on Bedrock, unless a client asks for it in a header
    # that Bedrock does not know.
    is_on_demand = call.own_headers.get(ON_DEMAND_HEADER) == "true"
    find_place = on_demand_place if is_on_demand else callable_place
    return find_place(control, call.caller.region, call.parameters["modelId"])


def _require_supported(asked: Mapping[str, Any]) -> None:
    for member, reason in UNSUPPORTED.items():
        if asked.get(member):
            raise invalid(f"This server does not support {member}: {reason}")
    latency = (asked.get("performanceConfig") or {}).get("latency")
    if latency == "optimized":
        raise invalid("Latency performance optimized is not supported for this model: leave it out")


def _require_within(limit: int | None, asked: Mapping[str, Any]) -> None:
    max_tokens = (asked.get("inferenceConfig") or {}).get("maxTokens")
    if limit is not None and max_tokens is not None and max_tokens > limit:
        raise TooMuchOutput(limit)


def _require_answerable(last: Mapping[str, Any], bound: Choice | str | None, tools: OfferedTools) -> None:
    """Refuse what binds an answer in two ways at once."""
    if bound and tools.forced:
        raise invalid("outputConfig and a toolChoice that forces a tool exclude each other: leave one out")
    if last["role"] != "assistant":
        return
    if bound or tools.forced:
        raise invalid(
            "A conversation that ends with an assistant message is continued as text: leave out outputConfig "
            "and toolChoice, or end it with a user message"
        )
    texts = [block["text"] for block in last["content"] if "text" in block]
    if any("toolUse" in block for block in last["content"]) or not texts:
        raise invalid("A conversation that ends with an assistant message must end with text in it")
    if texts[-1] != texts[-1].rstrip():
        raise invalid("final assistant content cannot end with trailing whitespace")


def _system_texts(blocks: Sequence[Mapping[str, Any]]) -> list[str]:
    for number, block in enumerate(blocks):
        if unknown := [name for name in block if name not in ("text", "cachePoint")]:
            raise invalid(f"This server takes text and cachePoint in system, not {', '.join(unknown)}")
        if not block.get("text", "text").strip():
            raise invalid(
                f"The text field in the SystemContentBlock object at system.{number} is blank. "
                "Add text to the text field, and try again."
            )
    return [block["text"] for block in blocks if "text" in block]


def _cache_point(asked: Mapping[str, Any]) -> CachePoint | None:
    system, messages = asked.get("system") or (), asked["messages"]
    tool_blocks = (asked.get("toolConfig") or {}).get("tools", ())
    blocks = [*tool_blocks, *system, *(block for message in messages for block in message["content"])]
    count = sum("cachePoint" in block for block in blocks)
    if count > MAX_CACHE_POINTS:
        raise invalid(f"The request has {count} cachePoint blocks; at most {MAX_CACHE_POINTS} are allowed")
    before = any("cachePoint" in block for block in (*tool_blocks, *system))
    return last_cache_point(messages, before=before)


def _sampling(asked: Mapping[str, Any]) -> Sampling:
    config = asked.get("inferenceConfig") or {}
    stops = tuple(config.get("stopSequences") or ())
    if any(not stop.strip() for stop in stops):
        raise invalid("stopSequences: each stop sequence must contain non-whitespace")
    return Sampling(
        max_tokens=config.get("maxTokens") or USUAL_MAX_TOKENS,
        temperature=config.get("temperature") or 0.0,
        top_p=config.get("topP") or 1.0,
        top_k=_top_k(asked.get("additionalModelRequestFields")) or config.get("topK") or None,
        stop=stops,
    )


def _top_k(fields: object) -> int | None:
    """What ``additionalModelRequestFields`` may have: ``top_k``, or ``topK`` one deeper."""
    if not fields:
        return None
    where = "additionalModelRequestFields"
    if not isinstance(fields, Mapping):
        raise invalid(f"{where} must be a JSON object")
    given = dict(fields)
    config = given.pop("inferenceConfig", None) or {}
    if not isinstance(config, Mapping):
        raise invalid(f"{where}: inferenceConfig must be a JSON object")
    named = {**given, **{f"inferenceConfig.{name}": value for name, value in config.items()}}
    known = ("top_k", "inferenceConfig.topK")
    if unknown := [name for name in named if name not in known]:
        raise invalid(f"{where}: this server does not support {', '.join(unknown)}: leave it out")
    top_k = next(iter(named.values()), None)
    if top_k is not None and not (type(top_k) is int and 0 <= top_k <= MAX_TOP_K):
        raise invalid(f"{where}: {next(iter(named))} must be an integer from 0 to {MAX_TOP_K}")
    return top_k


def _echoed(asked: Mapping[str, Any]) -> dict[str, Any]:
    echoed = {}
    if asked.get("performanceConfig"):
        echoed["performanceConfig"] = {"latency": "standard"}
    if asked.get("serviceTier"):
        echoed["serviceTier"] = {"type": "default"}
    return echoed
