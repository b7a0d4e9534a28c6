"""Converse's ``toolConfig``: the tools that a model may call, and which of them it has to."""

from __future__ import annotations

import json
import secrets
import string
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from burnish.engine.inference_messages import Choice, Tool
from burnish.server.bedrock.answer_schemas import MAX_CHARACTERS, tool_binding
from burnish.server.bedrock.faults import invalid

_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True, kw_only=True)
class OfferedTools:
    """The tools of a request. One of ``forced`` is called; where there is none, the model may call any."""

    tools: tuple[Tool, ...] = ()
    forced: tuple[Tool, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """What the tools are called."""
        return tuple(tool.name for tool in self.tools)


@dataclass(frozen=True, kw_only=True)
class ToolUse:
    """A tool that a model calls, under an id of its own, with its input."""

    id: str
    name: str
    input: Mapping[str, Any]


def new_tool_use_id() -> str:
    """An id as Bedrock gives them."""
    return "tooluse_" + "".join(secrets.choice(_LETTERS) for _ in range(22))


def offered_tools(config: Mapping[str, Any] | None) -> OfferedTools:
    """The tools of a ``toolConfig``. Raises `ServiceFault` that names what is wrong."""
    if not config:
        return OfferedTools()
    blocks = config["tools"]
    tools = tuple(_tool(block, number) for number, block in enumerate(blocks) if "cachePoint" not in block)
    if not tools:
        raise invalid("toolConfig.tools has no toolSpec")
    if repeated := [name for name, count in Counter(tool.name for tool in tools).items() if count > 1]:
        raise invalid(f"toolConfig.tools has more than one tool of the name {repeated[0]!r}")
    return OfferedTools(
        tools=tools,
        forced=_forced(tools, config.get("toolChoice") or {"auto": {}}),
    )


def binding_of(tool: Tool) -> Choice | str:
    """What the input of a tool is bound to: a choice, or a JSON schema. Raises `ServiceFault`."""
    return tool_binding(tool.schema)


def _tool(block: Mapping[str, Any], number: int) -> Tool:
    if "toolSpec" not in block:
        raise invalid(
            f"This server has no tools of its own: leave {', '.join(block)} out of toolConfig.tools"
        )
    spec = block["toolSpec"]
    where = f"toolConfig.tools.{number}.toolSpec.inputSchema.json"
    schema = spec["inputSchema"].get("json")
    if not isinstance(schema, Mapping) or schema.get("type") != "object":
        raise invalid(f"The value at {where}.type must be one of the following: object.")
    text = json.dumps(schema)
    if len(text) > MAX_CHARACTERS:
        raise invalid(
            f"The value at {where} has {len(text):,} characters: {MAX_CHARACTERS:,} at most are taken"
        )
    return Tool(name=spec["name"], description=spec.get("description") or "", schema=text)


def _forced(tools: tuple[Tool, ...], choice: Mapping[str, Any]) -> tuple[Tool, ...]:
    if "any" in choice:
        return tools
    if "tool" not in choice:
        return ()
    name = choice["tool"]["name"]
    named = tuple(tool for tool in tools if tool.name == name)
    if not named:
        raise invalid(f"toolConfig.toolChoice names the tool {name!r}, which toolConfig.tools does not have")
    return named
