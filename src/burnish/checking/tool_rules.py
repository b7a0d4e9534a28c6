"""The rules for tools: each use refers to a described tool, and each result to a use.

They are those of AWS's own validator.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from burnish.checking.findings import Finding, Findings, quoted
from burnish.checking.record_parts import at, blocks_of
from burnish.families import DatasetRules


def tool_findings(record: Mapping[str, Any], rules: DatasetRules) -> Findings:
    """What is wrong with the tools of a record, if it names any."""
    if record.get("toolConfig") is None:
        return
    if not rules.takes_tools:
        yield Finding(f"toolConfig describes tools: {rules.reads}. Leave it out")
        return
    yield Finding("toolConfig may make the job fail: leave tools out", is_warning=True)
    tools = at(record["toolConfig"], "tools")
    if not isinstance(tools, list) or not tools:
        yield Finding("toolConfig.tools must be a list of tools: describe one, or leave toolConfig out")
        return
    for number, tool in enumerate(tools):
        yield from _description(at(tool, "toolSpec"), f"toolConfig.tools[{number}].toolSpec")
    names = [str(at(tool, "toolSpec", "name")) for tool in tools]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Finding(f"toolConfig describes {quoted(name)} twice: leave one of them")
    yield from _uses(record, names)


def _description(spec: object, place: str) -> Findings:
    for name in ("name", "description"):
        given = at(spec, name)
        if not isinstance(given, str) or not given.strip():
            yield Finding(f"{place} has no {name}: give it one")
    if at(spec, "inputSchema", "json", "type") is None:
        yield Finding(f"{place}.inputSchema.json has no type: give a JSON schema")


def _uses(record: Mapping[str, Any], described: list[str]) -> Findings:
    """Uses of undescribed tools, duplicate ids of uses, and results without a use."""
    used: set[str] = set()
    for place, kind, block in _tool_blocks(record):
        number = str(at(block, "toolUseId"))
        if kind == "toolUse":
            if (name := str(at(block, "name"))) not in described:
                yield Finding(f"{place} uses {quoted(name)}, which toolConfig does not describe")
            if number in used:
                yield Finding(f"{place} has the toolUseId {quoted(number)}, as an earlier use: give another")
            used.add(number)
        elif number not in used:
            yield Finding(f"{place} has the toolUseId {quoted(number)}, which no earlier use has")


def _tool_blocks(record: Mapping[str, Any]) -> Iterator[tuple[str, str, object]]:
    for place, _, block in blocks_of(record):
        for kind in ("toolUse", "toolResult"):
            if (tool := at(block, kind)) is not None:
                yield place, kind, tool
