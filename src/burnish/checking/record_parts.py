"""The parts of a record as they stand in its JSON: turns, blocks, texts, media."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

MEDIA = ("image", "video", "document")
_OPTIONAL = {*MEDIA, "reasoningContent", "toolUse", "toolResult"}
BLOCKS = ("text", *MEDIA, "reasoningContent", "toolUse", "toolResult")


@dataclass(frozen=True)
class Medium:
    """What a record says of an image, a video or a document: where it lies, and in which format."""

    kind: str
    uri: str
    #: None in the schemas that do not say it.
    format: str | None = None


def at(value: Any, *path: str) -> Any:  # noqa: ANN401  # JSON of any shape
    """The value at a path of members, or None."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def turns_of(record: object) -> list[Any]:
    """The turns of a record, whatever they are; none where there is no list of them."""
    messages = at(record, "messages")
    return messages if isinstance(messages, list) else []


def blocks_of(record: object) -> Iterator[tuple[str, str, Any]]:
    """Every block with its place and its role."""
    for turn, message in enumerate(turns_of(record)):
        content = at(message, "content")
        for number, block in enumerate(content if isinstance(content, list) else ()):
            yield f"messages[{turn}].content[{number}]", str(at(message, "role")), block


def media_of(record: object) -> Iterator[Medium]:
    """The media of a record, as far as they are well-formed."""
    for _, _, block in blocks_of(record):
        for kind in MEDIA:
            uri, said = at(block, kind, "source", "s3Location", "uri"), at(block, kind, "format")
            if isinstance(uri, str):
                yield Medium(kind, uri, said.lower() if isinstance(said, str) else None)
    if isinstance(uri := at(record, "image-ref"), str):
        yield Medium("image", uri)


def parts_of(record: object) -> frozenset[str]:
    """The optional parts of a record. Each should be in all records of a data set, or in none."""
    if not isinstance(record, dict):
        return frozenset()
    blocks = [block for _, _, block in blocks_of(record) if isinstance(block, dict)]
    kinds = {kind for block in blocks for kind in block if block[kind] is not None}
    return frozenset((kinds & _OPTIONAL) | ({"system"} & record.keys()))


def texts_of(record: object) -> list[str]:
    """Every text of a record that a model reads or is to write, of whatever schema."""
    if not isinstance(record, dict):
        return []
    plain = [record.get(name) for name in ("system", "prompt", "completion", "input", "caption")]
    said = [text for role in ("system", "user", "assistant") for text in said_by(record, role)]
    return [text for text in (*plain, *system_texts(record), *said) if isinstance(text, str)]


def said_by(record: Mapping[str, Any], role: str) -> list[str]:
    """The texts of all turns of a role, its reasoning included."""
    texts = []
    for message in turns_of(record):
        if at(message, "role") != role:
            continue
        content = at(message, "content")
        blocks = content if isinstance(content, list) else [{"text": content}]
        for block in blocks:
            texts.append(at(block, "text"))
            if isinstance(block, dict) and "reasoningContent" in block:
                texts.append(at(block, "reasoningContent", "reasoningText", "text"))
    return [text for text in texts if isinstance(text, str)]


def system_texts(record: Mapping[str, Any]) -> list[str]:
    """The texts of a record's system blocks."""
    system = record.get("system")
    blocks = system if isinstance(system, list) else []
    return [text for block in blocks if isinstance(text := at(block, "text"), str)]
