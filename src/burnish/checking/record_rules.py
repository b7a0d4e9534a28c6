"""The rules of one record, by schema. They look at plain JSON, so that every member is named as it stands.

Sources: the Bedrock user guide, "Prepare your training datasets", the user guides of the families, and AWS's
own validators, whose rules are all here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from burnish.families import DatasetRules, RecordSchema
from burnish.names import S3_URI
from burnish.records import SCHEMA_VERSION

IMAGE_FORMATS = ("png", "jpeg", "gif", "webp")
VIDEO_FORMATS = ("mov", "mkv", "mp4", "webm")
LONGEST_URI = 1024
#: The guide's own rule of thumb for planning.
LETTERS_A_TOKEN = 6


@dataclass(frozen=True)
class Finding:
    """Something about a record: an error, or a warning."""

    text: str
    is_warning: bool = False


Findings = Iterator[Finding]


def findings_in(record: object, rules: DatasetRules, *, bucket: str | None = None) -> Findings:
    """Everything about a record that the service would refuse, or that may go wrong.

    ``bucket`` is where the data set lies, if that is known: media must lie there too.
    """
    if not isinstance(record, dict):
        yield Finding("it is not a JSON object: a record is one object on one line")
        return
    yield from _CHECKS[rules.schema](record, rules, bucket)


def media_uris(record: object) -> Iterator[str]:
    """The S3 URIs of a record's images and videos, where they stand as they should."""
    for _, block in _blocks(record if isinstance(record, dict) else {}):
        for kind in ("image", "video"):
            uri = _at(block, kind, "source", "s3Location", "uri")
            if isinstance(uri, str):
                yield uri
    if isinstance(record, dict) and isinstance(record.get("image-ref"), str):
        yield record["image-ref"]


def parts_of(record: object) -> frozenset[str]:
    """Which optional parts a record has: they are to be in all records of a data set, or in none."""
    if not isinstance(record, dict):
        return frozenset()
    kinds = {kind for _, block in _blocks(record) for kind in _BLOCKS if _at(block, kind)}
    return frozenset((kinds - {"text"}) | ({"system"} & record.keys()))


def texts_of(record: object) -> list[str]:
    """Every text of a record that a model reads or is to write, of whatever schema."""
    if not isinstance(record, dict):
        return []
    system = record.get("system")
    plain = [record.get(name) for name in ("prompt", "completion", "input", "caption")]
    told = [system, *plain, *_system_texts(record)]
    said = [text for role in ("system", "user", "assistant") for text in _texts_of(record, role)]
    return [text for text in (*told, *said) if isinstance(text, str)]


def _conversation(record: dict[str, Any], rules: DatasetRules, bucket: str | None) -> Findings:
    if record.get("schemaVersion") != SCHEMA_VERSION:
        said = record.get("schemaVersion")
        yield Finding(f"schemaVersion is {said!r}: it must be {SCHEMA_VERSION!r}")
    yield from _unknown(record, "the record", ("schemaVersion", "system", "messages", "toolConfig"))
    if "toolConfig" in record:
        yield Finding("toolConfig may make the job fail: leave tools out", is_warning=True)
    yield from _system(record.get("system"))
    yield from _turns(record, content=list)
    for place, block in _blocks(record):
        yield from _block(place, block, record, bucket)
    yield from _media_counts(record, rules)
    asked = [*_system_texts(record), *_texts_of(record, "user")]
    yield from _reserved(asked, rules)
    yield from _length([*asked, *_texts_of(record, "assistant")], rules)


def _claude(record: dict[str, Any], rules: DatasetRules, _: str | None) -> Findings:
    yield from _unknown(record, "the record", ("system", "messages"))
    if not isinstance(record.get("system", ""), str):
        yield Finding("system must be a text")
    yield from _turns(record, content=str)
    asked = [str(record.get("system") or ""), *_texts_of(record, "user")]
    yield from _reserved(asked, rules)
    yield from _length([*asked, *_texts_of(record, "assistant")], rules)


def _prompt_completion(record: dict[str, Any], rules: DatasetRules, _: str | None) -> Findings:
    if set(record) == {"input"}:
        names: tuple[str, ...] = ("input",)  # to go on training with
    else:
        names = ("prompt", "completion")
    yield from _unknown(record, "the record", names)
    for name in names:
        yield from _text(record.get(name), name)
    asked = [str(record[name]) for name in names[:1] if name in record]
    yield from _reserved(asked, rules)
    yield from _length([str(record.get(name, "")) for name in names], rules)


def _image_caption(record: dict[str, Any], rules: DatasetRules, bucket: str | None) -> Findings:
    yield from _unknown(record, "the record", ("image-ref", "caption"))
    yield from _text(record.get("caption"), "caption")
    yield from _uri(record.get("image-ref"), "image-ref", bucket)
    yield from _length([str(record.get("caption", ""))], rules)


def _reinforcement(record: dict[str, Any], rules: DatasetRules, _: str | None) -> Findings:
    messages = record.get("messages")
    if not isinstance(messages, list) or not messages:
        yield Finding("there are no messages: give the question as a user's turn")
        return
    for number, message in enumerate(messages):
        if not isinstance(message, dict) or message.get("role") not in ("system", "user", "assistant"):
            yield Finding(f"messages[{number}] has no role of system, user or assistant")
        elif not message.get("content"):
            yield Finding(f"messages[{number}] has no content: give it text")
    if "reference_answer" not in record:
        yield Finding("there is no reference_answer: the grader may need one", is_warning=True)
    yield from _length([str(_at(message, "content")) for message in messages], rules)


_CHECKS: Mapping[RecordSchema, Callable[[dict[str, Any], DatasetRules, str | None], Findings]] = {
    RecordSchema.CONVERSATION: _conversation,
    RecordSchema.CLAUDE_MESSAGES: _claude,
    RecordSchema.PROMPT_COMPLETION: _prompt_completion,
    RecordSchema.IMAGE_CAPTION: _image_caption,
    RecordSchema.REINFORCEMENT: _reinforcement,
}


def _turns(record: dict[str, Any], *, content: type) -> Findings:
    messages = record.get("messages")
    if not isinstance(messages, list) or not messages:
        yield Finding("there are no messages: a user's turn and the assistant's answer are needed")
        return
    roles = [str(_at(message, "role")) for message in messages]
    if roles != ["user", "assistant"] * (len(roles) // 2) or len(roles) % 2:
        said = ", ".join(roles)
        yield Finding(f"the turns are {said}: user and assistant must alternate, the assistant last")
    for number, message in enumerate(messages):
        given = _at(message, "content")
        if not isinstance(given, content):
            kind = "a text" if content is str else "a list of blocks such as {'text': …}"
            yield Finding(f"messages[{number}].content is {type(given).__name__}: it must be {kind}")
        elif not given or not str(given).strip():
            yield Finding(f"messages[{number}] has no content: give it text")


def _system(system: object) -> Findings:
    if system is None:
        return
    if not isinstance(system, list) or not system:
        yield Finding("system must be a list of blocks such as {'text': …}, or be left out")
        return
    for number, block in enumerate(system):
        yield from _text(_at(block, "text"), f"system[{number}].text")


def _block(place: str, block: object, record: dict[str, Any], bucket: str | None) -> Findings:
    kinds = [kind for kind in _BLOCKS if isinstance(block, dict) and kind in block]
    if len(kinds) != 1 or not isinstance(block, dict) or len(block) != 1:
        said = ", ".join(map(repr, block)) if isinstance(block, dict) else type(block).__name__
        yield Finding(f"{place} holds {said or 'nothing'}: a block holds one of {', '.join(_BLOCKS)}")
        return
    role = str(_at(record["messages"][int(place[len("messages[") :].partition("]")[0])], "role"))
    kind = kinds[0]
    if kind == "text":
        yield from _text(block["text"], f"{place}.text")
    elif kind in ("image", "video"):
        if role == "assistant":
            yield Finding(
                f"{place} is an image or a video of the assistant: only the user's turn may hold one"
            )
        yield from _media(block[kind], f"{place}.{kind}", _FORMATS[kind], bucket)
    elif kind == "reasoningContent" and role != "assistant":
        yield Finding(f"{place} is reasoning of the user: only the assistant's turn may hold it")
    elif kind in ("toolUse", "toolResult"):
        yield Finding(f"{place} is a tool's: tools may make the job fail", is_warning=True)


_BLOCKS = ("text", "image", "video", "reasoningContent", "toolUse", "toolResult")
_FORMATS = {"image": IMAGE_FORMATS, "video": VIDEO_FORMATS}


def _media(media: object, place: str, formats: tuple[str, ...], bucket: str | None) -> Findings:
    if _at(media, "format") not in formats:
        yield Finding(f"{place}.format is {_at(media, 'format')!r}: it must be one of {', '.join(formats)}")
    location = _at(media, "source", "s3Location")
    if not isinstance(location, dict):
        yield Finding(f"{place} has no source.s3Location: training data lie in S3")
        return
    yield from _uri(location.get("uri"), f"{place}…uri", bucket)
    owner = location.get("bucketOwner")
    if owner is None:
        text = f"{place} has no bucketOwner: AWS's validator wants the account's twelve digits"
        yield Finding(text, is_warning=True)
    elif not isinstance(owner, str) or not re.fullmatch("[0-9]{12}", owner):
        yield Finding(f"bucketOwner is {owner!r}: it must be an account's twelve digits")


def _uri(uri: object, place: str, bucket: str | None) -> Findings:
    if not isinstance(uri, str) or not S3_URI.fullmatch(uri) or len(uri) > LONGEST_URI:
        yield Finding(f"{place} is {uri!r}, no S3 URI for Bedrock: letters, digits, - _ . ! * ' ( ) / only")
    elif bucket is not None and uri.split("/")[2] != bucket:
        yield Finding(f"{uri} is not in the bucket of the data set, {bucket}: copy it there")


def _media_counts(record: dict[str, Any], rules: DatasetRules) -> Findings:
    kinds = [kind for _, block in _blocks(record) for kind in ("image", "video") if _at(block, kind)]
    images, videos = kinds.count("image"), kinds.count("video")
    if rules.max_images is not None and images > rules.max_images:
        yield Finding(f"{images} images; at most {rules.max_images} can be used: take fewer pages")
    if videos > rules.max_videos:
        yield Finding(f"{videos} videos; at most {rules.max_videos} can be used: take fewer")
    if images and videos:
        yield Finding("images and a video in one record: take either")


def _reserved(asked: list[str], rules: DatasetRules) -> Findings:
    """Reserved words count in what is asked, however they are written; in the answer they are free."""
    text = "\n".join(asked).lower()
    for word in dict.fromkeys(word.lower() for word in rules.reserved_words):
        if word in text:
            written = next(one for one in rules.reserved_words if one.lower() == word)
            yield Finding(f"the text holds {written!r}, which the model reserves: write it otherwise")


def _length(texts: list[str], rules: DatasetRules) -> Findings:
    tokens = sum(map(len, texts)) // LETTERS_A_TOKEN
    if rules.max_tokens is not None and tokens > rules.max_tokens:
        text = f"about {tokens} tokens, {LETTERS_A_TOKEN} letters each; {rules.max_tokens} are the most"
        yield Finding(f"{text}: shorten it", is_warning=True)


def _text(value: object, place: str) -> Findings:
    if not isinstance(value, str):
        yield Finding(f"{place} is missing: give it a text" if value is None else f"{place} must be a text")
    elif not value.strip():
        yield Finding(f"{place} is empty: give it words or leave it out")


def _unknown(record: dict[str, Any], what: str, known: tuple[str, ...]) -> Findings:
    if strange := sorted(set(record) - set(known)):
        text = f"{what} has members that the service does not know: {', '.join(strange)}"
        yield Finding(text, is_warning=True)


def _blocks(record: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    messages = record.get("messages")
    for turn, message in enumerate(messages if isinstance(messages, list) else ()):
        content = _at(message, "content")
        for number, block in enumerate(content if isinstance(content, list) else ()):
            yield f"messages[{turn}].content[{number}]", block


def _texts_of(record: Mapping[str, Any], role: str) -> list[str]:
    messages = record.get("messages")
    texts = []
    for message in messages if isinstance(messages, list) else ():
        if _at(message, "role") != role:
            continue
        content = _at(message, "content")
        blocks = content if isinstance(content, list) else [{"text": content}]
        texts += [text for block in blocks if isinstance(text := _at(block, "text"), str)]
    return texts


def _system_texts(record: Mapping[str, Any]) -> list[str]:
    system = record.get("system")
    blocks = system if isinstance(system, list) else []
    return [text for block in blocks if isinstance(text := _at(block, "text"), str)]


def _at(value: Any, *path: str) -> Any:  # noqa: ANN401  # JSON of any shape
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
