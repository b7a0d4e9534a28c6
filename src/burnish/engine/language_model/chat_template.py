"""How conversations are written for a tokenizer, whether or not it knows how."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from jinja2.exceptions import TemplateError

from burnish.engine.conversations import Conversation, Turn
from burnish.engine.inference_messages import Tool, ToolCall, ToolResult
from burnish.engine.tool_texts import function_of

#: What ends a turn where the tokenizer has no token for it.
TURN_END = "\n\n"
#: For models that were never taught to hold a conversation, and so bring no template: every turn under the
#: name of who speaks. ``User: Which type?``, an empty line, ``Assistant:``, and then the answer.
PLAIN_TEMPLATE = (
    "{% for message in messages %}"
    "{% if message['role'] != 'system' %}{{ message['role'] | capitalize }}: {% endif %}"
    "{{ message['content'] }}{{ '\\n\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}Assistant: {% endif %}"
)
SYSTEM_MARK = "system-text"
#: What a template has to write of a conversation with tools to be one that knows them.
_TOOL = Tool(name="tool-name", description="tool-description", schema='{"type": "object", "properties": {}}')
_WITH_TOOLS = Conversation(
    system="",
    turns=(
        Turn(role="user", text="a"),
        Turn(role="assistant", calls=(ToolCall(name=_TOOL.name, input='{"a": "tool-input"}'),)),
        Turn(role="user", results=(ToolResult(name=_TOOL.name, text="tool-result"),)),
    ),
    tools=(_TOOL,),
)
_TOOL_MARKS = ("tool-description", "tool-input", "tool-result")


def with_chat_template(tokenizer: Any) -> Any:
    """The tokenizer, with `PLAIN_TEMPLATE` where it has no template of its own."""
    if tokenizer.chat_template is None:
        # Some models compute nonsense where a text does not begin with the token that all texts began with.
        begins = tokenizer.bos_token_id is not None and tokenizer("a").input_ids[0] == tokenizer.bos_token_id
        tokenizer.chat_template = ("{{ bos_token }}" if begins else "") + PLAIN_TEMPLATE
    return tokenizer


def takes_system(tokenizer: Any) -> bool:
    """Whether the template writes system text. Some refuse it, and others leave it out and say nothing."""
    messages = [{"role": "system", "content": SYSTEM_MARK}, {"role": "user", "content": "a"}]
    try:
        return SYSTEM_MARK in tokenizer.apply_chat_template(messages, tokenize=False)
    except TemplateError:
        return False


def takes_tools(tokenizer: Any) -> bool:
    """Whether the template writes tools, the calls of them, and their results."""
    messages = messages_of(_WITH_TOOLS, lambda turn: turn.text)
    try:
        written = tokenizer.apply_chat_template(
            messages, tools=functions_of(_WITH_TOOLS.tools), tokenize=False
        )
    except (TemplateError, TypeError, ValueError):
        return False
    return all(mark in written for mark in _TOOL_MARKS)


def functions_of(tools: Sequence[Tool]) -> list[dict[str, Any]] | None:
    """Tools as templates take them; None where there are none."""
    return [{"type": "function", "function": function_of(tool)} for tool in tools] or None


def messages_of(conversation: Conversation, content: Callable[[Turn], str]) -> list[dict[str, Any]]:
    """The turns of a conversation as templates take them, with what ``content`` makes of each."""
    return [message for turn in conversation.turns for message in _messages(turn, content(turn))]


def _messages(turn: Turn, content: str) -> Iterator[dict[str, Any]]:
    for result in turn.results:
        yield {"role": "tool", "name": result.name, "content": result.text}
    calls = [
        {"type": "function", "function": {"name": call.name, "arguments": json.loads(call.input)}}
        for call in turn.calls
    ]
    if calls:
        yield {"role": turn.role, "content": content, "tool_calls": calls}
    elif content or not turn.results:
        yield {"role": turn.role, "content": content}


def with_system(system: str, messages: Sequence[dict[str, Any]], *, of_its_own: bool) -> list[dict[str, Any]]:
    """The messages with system text: as a message of its own, or at the head of the first one."""
    if not system:
        return list(messages)
    if of_its_own:
        return [{"role": "system", "content": system}, *messages]
    first, *others = messages
    return [{**first, "content": f"{system}\n\n{first['content']}"}, *others]


def special_tokens(tokenizer: Any) -> list[str]:
    """The texts that stand for special tokens, which nothing but the template may write."""
    added = [str(token) for token in tokenizer.added_tokens_decoder.values() if token.special]
    return list(dict.fromkeys([*tokenizer.all_special_tokens, *added]))
