"""Calls of tools in the texts of models, each in the syntax of a family that writes them."""

from __future__ import annotations

import json

import pytest

from burnish.engine.conversations import Conversation, Turn
from burnish.engine.inference_messages import Tool, ToolCall, ToolResult
from burnish.engine.tool_texts import calls_in, certain_length, with_tools_as_text

NAMES = ("sort", "extract")


@pytest.mark.parametrize(
    ("text", "said", "called"),
    [
        ('<tool_call>\n{"name": "sort", "arguments": {"a": 1}}\n</tool_call>', "", [("sort", {"a": 1})]),
        (
            (
                'Well.\n<tool_call>{"name": "sort", "arguments": {}}</tool_call>\n'
                '<tool_call>{"name": "extract", "arguments": {"b": [2]}}'
            ),
            "Well.",
            [("sort", {}), ("extract", {"b": [2]})],
        ),
        ('{"name": "sort", "parameters": {"a": 1}}', "", [("sort", {"a": 1})]),
        (' [{"name": "extract", "arguments": {"a": 1}}]', "", [("extract", {"a": 1})]),
        ('{"name": "sort", "arguments": "{\\"a\\": 1}"}', "", [("sort", {"a": 1})]),
        ('{"name": "fly", "arguments": {}}', '{"name": "fly", "arguments": {}}', []),
        ('<tool_call>{"name": "sort", "argum', '<tool_call>{"name": "sort", "argum', []),
        ("It is a form.", "It is a form.", []),
        ("", "", []),
    ],
)
def test_calls_are_told_from_text(text, said, called):
    found = calls_in(text, NAMES)
    assert found.text == said
    assert [(call.name, json.loads(call.input)) for call in found.calls] == called
    # However much of it has come, what was given of it as text is the beginning of what is said.
    for length in range(len(text)):
        beginning = text[:length]
        assert said.startswith(beginning[: certain_length(beginning)])


def test_tools_stand_in_texts_for_models_that_know_none():
    tool = Tool(name="sort", description="Sorts", schema='{"type": "object"}')
    turns = (
        Turn(role="user", text="Which?"),
        Turn(role="assistant", calls=(ToolCall(name="sort", input='{"a": 1}'),)),
        Turn(role="user", text="And?", results=(ToolResult(name="sort", text="form"),)),
    )
    shown = with_tools_as_text(Conversation(system="Be brief.", turns=turns, tools=(tool,)))
    assert shown.system.startswith("Be brief.\n\n")
    assert '{"name": "sort", "description": "Sorts", "parameters": {"type": "object"}}' in shown.system
    assert shown.turns[1].text == '<tool_call>{"name": "sort", "arguments": {"a": 1}}</tool_call>'
    assert shown.turns[2].text == "<tool_response>form</tool_response>\nAnd?"
