"""An invocation as it is logged: what was asked, and what came of it, whole or in pieces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from burnish.server.bedrock.runtime.invocations import INPUT_HEADER, METRICS, OUTPUT_HEADER
from burnish.server.logging_configurations import LoggingConfiguration
from burnish.server.wire.call import Call, Event, WithHeaders


@dataclass(frozen=True, kw_only=True)
class LoggedUsage:
    """Token counts of an invocation, in the names of the log."""

    input: int
    output: int
    cache_read: int | None = None
    cache_write: int | None = None


@dataclass(kw_only=True)
class Invocation:
    """A request to a model and its answer: the members of a whole one, or the events of a stream so far."""

    call: Call
    configuration: LoggingConfiguration
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    members: Mapping[str, Any] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    error_code: str | None = None

    @property
    def size(self) -> int:
        """About how many bytes it holds, which only the memory that waiting ones take depends on."""
        return _size_of(self.call.parameters) + _size_of(self.members) + _size_of(self.events)

    def output(self) -> tuple[Any, LoggedUsage | None]:
        """The answer as the log has it, and its tokens; None of both where there is no answer."""
        if self.error_code and not self.events:
            return None, None
        return _OUTPUTS[self.call.operation](self)


def _whole_conversation(invocation: Invocation) -> tuple[Any, LoggedUsage | None]:
    members = {name: value for name, value in invocation.members.items() if value is not None}
    return members, _converse_usage(members)


def _streamed_conversation(invocation: Invocation) -> tuple[Any, LoggedUsage | None]:
    """The answer put together as Converse has it."""
    blocks: dict[int, dict[str, Any]] = {}
    said: dict[str, Any] = {}
    for name, members in invocation.events:
        if name == "contentBlockStart":
            tool = members["start"]["toolUse"]
            blocks[members["contentBlockIndex"]] = {"toolUse": {**tool, "input": ""}}
        elif name == "contentBlockDelta":
            _add_delta(blocks.setdefault(members["contentBlockIndex"], {"text": ""}), members["delta"])
        elif name in ("messageStop", "metadata"):
            said |= {key: value for key, value in members.items() if value is not None}
    content = [_whole_block(blocks[index]) for index in sorted(blocks)]
    answer = {"output": {"message": {"role": "assistant", "content": content}}, **said}
    return answer, _converse_usage(answer)


def _add_delta(block: dict[str, Any], delta: Mapping[str, Any]) -> None:
    if "toolUse" in delta:
        block["toolUse"]["input"] += delta["toolUse"]["input"]
    else:
        block["text"] += delta["text"]


def _whole_block(block: Mapping[str, Any]) -> Mapping[str, Any]:
    if "toolUse" not in block:
        return block
    tool = block["toolUse"]
    try:
        return {"toolUse": {**tool, "input": msgspec.json.decode(tool["input"])}}
    except msgspec.DecodeError:  # the stream ended within it
        return block


def _converse_usage(answer: Mapping[str, Any]) -> LoggedUsage | None:
    usage = answer.get("usage")
    if usage is None:
        return None
    return LoggedUsage(
        input=usage["inputTokens"],
        output=usage["outputTokens"],
        cache_read=usage.get("cacheReadInputTokens"),
        cache_write=usage.get("cacheWriteInputTokens"),
    )


def _whole_answer(invocation: Invocation) -> tuple[Any, LoggedUsage | None]:
    members = invocation.members
    headers = members.headers if isinstance(members, WithHeaders) else {}
    usage = LoggedUsage(input=int(headers.get(INPUT_HEADER, 0)), output=int(headers.get(OUTPUT_HEADER, 0)))
    return msgspec.Raw(members["body"]), usage


def _streamed_answer(invocation: Invocation) -> tuple[Any, LoggedUsage | None]:
    """The chunks, in a list."""
    chunks = [msgspec.json.decode(members["bytes"]) for _, members in invocation.events]
    metrics = chunks[-1].get(METRICS) if chunks else None
    usage = metrics and LoggedUsage(input=metrics["inputTokenCount"], output=metrics["outputTokenCount"])
    return chunks, usage


_OUTPUTS = {
    "Converse": _whole_conversation,
    "ConverseStream": _streamed_conversation,
    "InvokeModel": _whole_answer,
    "InvokeModelWithResponseStream": _streamed_answer,
}
#: The operations whose invocations are logged. That tokens were counted is none.
LOGGED_OPERATIONS = tuple(_OUTPUTS)
#: Of those that stream: the member with the events.
STREAMS = {"ConverseStream": "stream", "InvokeModelWithResponseStream": "body"}
#: What a value takes in memory beside its text.
_BESIDES = 64


def _size_of(value: object) -> int:
    """About the bytes of a value, however deeply somebody has nested it: this must never fail."""
    size, left = 0, [value]
    while left:
        one = left.pop()
        if isinstance(one, bytes | str):
            size += len(one)
        elif isinstance(one, Mapping):
            left.extend(one.values())
        elif isinstance(one, Sequence):
            left.extend(one)
        size += _BESIDES
    return size
