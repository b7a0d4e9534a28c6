"""Tools as text: for models whose template does not write them, and as models write the calls of theirs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

from msgspec import structs

from burnish.engine.conversations import Conversation, Turn
from burnish.engine.inference_messages import Tool, ToolCall, ToolResult

#: How Hermes, Qwen and SmolLM2 mark calls, and so how a model is told to that has no form of its own.
CALL_BEGIN, CALL_END = "<tool_call>", "</tool_call>"
_CALL = re.compile(rf"{CALL_BEGIN}\s*(.*?)\s*(?:{CALL_END}|\Z)", re.DOTALL)
#: Mistral writes a list of calls, Llama 3 one call alone; what stands before them are special tokens.
_ARGUMENTS = ("arguments", "parameters")
_TOLD = (
    "You may call these tools:\n{tools}\nTo call one, answer with "
    f'{CALL_BEGIN}{{{{"name": the tool\'s name, "arguments": its input}}}}{CALL_END} and nothing else.'
)


@dataclass(frozen=True, kw_only=True)
class CalledTools:
    """A model's text taken apart: what it says, and the tools that it calls."""

    text: str
    calls: tuple[ToolCall, ...] = ()


def calls_in(text: str, names: Collection[str]) -> CalledTools:
    """The tools of these names that a text calls. What is no call of one of them stays text."""
    marked = _CALL.findall(text)
    calls = [_call_of(_json(one), names) for one in marked] if marked else _bare_calls(text, names)
    if not calls or None in calls:
        return CalledTools(text=text)
    said = text[: text.index(CALL_BEGIN)].strip() if marked else ""
    return CalledTools(text=said, calls=tuple(call for call in calls if call))


def certain_length(text: str) -> int:
    """How many characters of an unfinished text cannot become a call any more."""
    if text.lstrip()[:1] in ("", "{", "["):
        return 0
    if (begin := text.find(CALL_BEGIN)) >= 0:
        return len(text[:begin].rstrip())
    shared = next((n for n in range(len(CALL_BEGIN) - 1, 0, -1) if text.endswith(CALL_BEGIN[:n])), 0)
    # White space before a call is not said.
    return len(text[: len(text) - shared].rstrip())


def with_tools_as_text(conversation: Conversation) -> Conversation:
    """The conversation with its tools, their calls and results in its texts."""
    turns = tuple(_turn_as_text(turn) for turn in conversation.turns)
    listed = "\n".join(json.dumps(function_of(tool)) for tool in conversation.tools)
    told = _TOLD.format(tools=listed) if listed else ""
    system = "\n\n".join(filter(None, (conversation.system, told)))
    return replace(conversation, system=system, turns=turns, tools=())


def cleaned(conversation: Conversation, clean: Callable[[str], str]) -> Conversation:
    """The conversation with what ``clean`` makes of each text that its tools and turns have of tools."""
    tools = (
        structs.replace(tool, description=clean(tool.description), schema=clean(tool.schema))
        for tool in conversation.tools
    )
    turns = (
        replace(
            turn,
            calls=tuple(structs.replace(call, input=clean(call.input)) for call in turn.calls),
            results=tuple(structs.replace(result, text=clean(result.text)) for result in turn.results),
        )
        for turn in conversation.turns
    )
    return replace(conversation, tools=tuple(tools), turns=tuple(turns))


def function_of(tool: Tool) -> dict[str, Any]:
    """A tool as chat templates take it."""
    return {"name": tool.name, "description": tool.description, "parameters": json.loads(tool.schema)}


def _turn_as_text(turn: Turn) -> Turn:
    if not turn.calls and not turn.results:
        return turn
    results = [_result_as_text(result) for result in turn.results]
    calls = [f"{CALL_BEGIN}{_call_as_json(call)}{CALL_END}" for call in turn.calls]
    return replace(turn, text="\n".join(filter(None, (*results, turn.text, *calls))), calls=(), results=())


def _result_as_text(result: ToolResult) -> str:
    return f"<tool_response>{result.text}</tool_response>"


def _call_as_json(call: ToolCall) -> str:
    return json.dumps({"name": call.name, "arguments": json.loads(call.input)}, ensure_ascii=False)


def _bare_calls(text: str, names: Collection[str]) -> list[ToolCall | None]:
    value = _json(text.strip())
    return [_call_of(one, names) for one in (value if isinstance(value, list) else [value])]


def _call_of(value: object, names: Collection[str]) -> ToolCall | None:
    if not isinstance(value, dict) or value.get("name") not in names:
        return None
    found: Iterator[Any] = (value[member] for member in _ARGUMENTS if member in value)
    arguments: Any = next(found, {})
    if isinstance(arguments, str):  # JSON in JSON, as OpenAI has it
        arguments = _json(arguments)
    if not isinstance(arguments, dict):
        return None
    return ToolCall(name=value["name"], input=json.dumps(arguments, ensure_ascii=False))


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
