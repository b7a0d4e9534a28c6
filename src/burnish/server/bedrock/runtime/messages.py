"""The messages of a Converse request as turns, and what Bedrock refuses of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from burnish.engine.inference_messages import CachePoint, InferenceTurn, ToolCall, ToolResult
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.faults import invalid
from burnish.server.bedrock.images import checked_image, require_few_images
from burnish.server.bedrock.runtime.documents import document_in, require_few_documents

Block = Mapping[str, Any]


def require_conversation(messages: Sequence[Block]) -> None:
    """Refuse turns in an order that is none of a conversation, and turns of nothing. Raises `ServiceFault`.

    The sentences are those of Bedrock.
    """
    if not messages or messages[0]["role"] != "user":
        raise invalid(
            "A conversation must start with a user message. Try again with a conversation that starts with a "
            "user message."
        )
    if any(one["role"] == other["role"] or other["role"] == "system" for one, other in pairwise(messages)):
        raise invalid(
            "A conversation must alternate between user and assistant roles. Make sure the conversation "
            "alternates between user and assistant roles and try again."
        )
    for number, message in enumerate(messages):
        _require_content(message["content"], number)
    for number, (before, message) in enumerate(pairwise(messages), start=1):
        _require_results(before, message, number)


def _require_content(content: Sequence[Block], number: int) -> None:
    if not content:
        raise invalid(
            f"The content field in the Message object at messages.{number} is empty. "
            "Add a ContentBlock object to the content field and try again."
        )
    for place, block in enumerate(content):
        if "text" in block and not block["text"].strip():
            raise invalid(
                f"The text field in the ContentBlock object at messages.{number}.content.{place} is blank. "
                "Add text to the text field, and try again."
            )


def _require_results(before: Block, message: Block, number: int) -> None:
    """Refuse results of other tools than the turn before has called."""
    called = [block["toolUse"]["toolUseId"] for block in before["content"] if "toolUse" in block]
    told = [block["toolResult"]["toolUseId"] for block in message["content"] if "toolResult" in block]
    if len(told) > len(called):
        raise invalid(
            f"The number of toolResult blocks at messages.{number}.content exceeds the number of toolUse "
            "blocks of previous turn."
        )
    if missing := [one for one in called if one not in told]:
        raise invalid(
            f"Expected toolResult blocks at messages.{number}.content for the following Ids: "
            f"{', '.join(missing)}"
        )


def has_tool_blocks(messages: Sequence[Block]) -> bool:
    """Whether tools were called in a conversation."""
    return any("toolUse" in block or "toolResult" in block for one in messages for block in one["content"])


def turns_of(control: Control, messages: Sequence[Block]) -> tuple[InferenceTurn, ...]:
    """The turns of messages that `require_conversation` has passed. Raises `ServiceFault`.

    Images and documents may have to come from the S3 server.
    """
    names: dict[str, str] = {}
    return tuple(
        _TurnReader(control, message, number, names).turn() for number, message in enumerate(messages)
    )


def last_cache_point(messages: Sequence[Block], *, before: bool) -> CachePoint | None:
    """Up to where a prompt is to be kept; ``before``: a cache point stands before the messages, at least."""
    for number in range(len(messages) - 1, -1, -1):
        content = messages[number]["content"]
        places = [place for place, block in enumerate(content) if "cachePoint" in block]
        if places:
            texts = [block["text"] for block in content[: places[-1]] if "text" in block]
            is_all = places[-1] == len(content) - 1
            return CachePoint(turns=number + is_all, characters=0 if is_all else len("\n".join(texts)))
    return CachePoint() if before else None


class _TurnReader:
    """Reads one message; ``names`` are those of the tools called so far, by their ids."""

    def __init__(self, control: Control, message: Block, number: int, names: dict[str, str]) -> None:
        self._control = control
        self._role: str = message["role"]
        self._content: Sequence[Block] = message["content"]
        self._where = f"messages[{number}]"
        self._names = names
        self._texts: list[str] = []
        self._pages: list[bytes] = []
        self._calls: list[ToolCall] = []
        self._results: list[ToolResult] = []

    def turn(self) -> InferenceTurn:
        """The turn."""
        require_few_images(self._content, where=self._where)
        require_few_documents(self._content, where=self._where)
        for number, block in enumerate(self._content):
            self._read(block, f"{self._where}.content[{number}]")
        return InferenceTurn(
            role=self._role,
            text="\n".join(self._texts),
            pages=tuple(self._pages),
            calls=tuple(self._calls),
            results=tuple(self._results),
        )

    def _read(self, block: Block, where: str) -> None:
        readers: dict[str, Callable[[Any, str], None]] = {
            "text": lambda text, _: self._texts.append(text),
            "cachePoint": lambda *_: None,
            "image": self._image,
            "document": self._document,
            "toolUse": self._tool_use,
            "toolResult": self._tool_result,
        }
        for kind, value in block.items():
            if kind not in readers:
                raise invalid(f"This server takes {', '.join(readers)} blocks, not {kind}: see {where}")
            readers[kind](value, where)

    def _image(self, image: Block, where: str) -> None:
        self._require_user("images", where)
        self._pages.append(checked_image(self._control, image, where=f"{where}.image"))

    def _document(self, document: Block, where: str) -> None:
        self._require_user("documents", where)
        found = document_in(self._control, document, where=f"{where}.document")
        if isinstance(found, bytes):
            self._pages.append(found)
        else:
            self._texts.append(found)

    def _tool_use(self, use: Block, where: str) -> None:
        if self._role != "assistant":
            raise invalid(f"{where}: toolUse blocks belong into assistant turns")
        if not isinstance(use["input"], Mapping):
            raise invalid(
                f"The format of the value at {where}.toolUse.input is invalid. Provide a json object."
            )
        self._names[use["toolUseId"]] = use["name"]
        self._calls.append(ToolCall(name=use["name"], input=json.dumps(use["input"], ensure_ascii=False)))

    def _tool_result(self, result: Block, where: str) -> None:
        self._require_user("toolResult blocks", where)
        name = self._names.get(result["toolUseId"])
        if name is None:
            raise invalid(f"{where}: no toolUse block before has the id {result['toolUseId']!r}")
        texts = [self._result_text(block, where) for block in result["content"]]
        text = "\n".join(filter(None, texts))
        is_error = result.get("status") == "error"
        self._results.append(ToolResult(name=name, text=f"Error: {text}" if is_error else text))

    def _result_text(self, block: Block, where: str) -> str:
        if "json" in block:
            return json.dumps(block["json"], ensure_ascii=False)
        if "image" in block:
            self._image(block["image"], where)
            return ""
        if "document" in block:
            self._document(block["document"], where)
            return ""
        if "text" not in block:
            raise invalid(f"{where}: this server takes no {', '.join(block)} in a toolResult")
        return str(block["text"])

    def _require_user(self, what: str, where: str) -> None:
        if self._role != "user":
            raise invalid(f"{where}: {what} belong into user turns")
