"""Training records from one schema to another, without loss: what the other cannot say is refused.

Every schema is read into a `Record`, the conversation of Bedrock, and written from it. ``bucketOwner`` of an
image is the exception: it guards a reading from S3 and is no part of an example, and OpenAI's has none.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias, TypeVar

import msgspec

from burnish.chat_records import (
    SYSTEM_ROLES,
    ChatMessage,
    ChatRecord,
    ImagePart,
    ImageUrl,
    Part,
    TextPart,
    chat_record_of,
)
from burnish.errors import InvalidRecords
from burnish.families import RecordSchema
from burnish.json_lines import numbered_lines, value_in
from burnish.names import S3_URI
from burnish.records import (
    Content,
    Image,
    ImageSource,
    Message,
    Record,
    S3Location,
    SystemText,
    line_of,
    record_of,
)

#: Stores the bytes of an image of a format, and gives the S3 URI where it lies.
StoreImage: TypeAlias = Callable[[bytes, str], str]
#: Schemas by the names that users give.
SCHEMAS = {
    "bedrock": RecordSchema.CONVERSATION,
    "openai": RecordSchema.OPENAI_CHAT,
    "prompt-completion": RecordSchema.PROMPT_COMPLETION,
    "messages": RecordSchema.CLAUDE_MESSAGES,
}
_Kind = TypeVar("_Kind", bound=msgspec.Struct)
DATA_URL = re.compile(r"data:image/(png|jpeg|gif|webp);base64,(.*)", re.DOTALL)


class _PromptCompletion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    prompt: str
    completion: str


class _TextMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    role: str
    content: str


class _TextMessages(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    messages: list[_TextMessage]
    system: str | None = None


def converted_lines(
    lines: Iterable[bytes], *, to: RecordSchema, name: str, store_image: StoreImage | None = None
) -> Iterator[bytes]:
    """The lines of a record file in another schema. Raises `InvalidRecords`, naming the line by ``name``."""
    for number, line in numbered_lines(lines):
        where = f"{name}, line {number}"
        record = record_in(line, where=where, store_image=store_image)
        yield _WRITERS[to](record, where)


def record_in(line: bytes, *, where: str, store_image: StoreImage | None = None) -> Record:
    """The conversation on a line of any of the schemas. Raises `InvalidRecords`, naming ``where``."""
    try:
        value = value_in(line)
    except InvalidRecords as error:
        raise InvalidRecords(f"{where}: {error}") from error
    return _READERS[_schema_of(value)](line, where, store_image)


def conversation_of(chat: ChatRecord, *, where: str, store_image: StoreImage | None = None) -> Record:
    """The conversation that an example of OpenAI's is. Raises `InvalidRecords`, naming ``where``."""
    told: list[SystemText] = []
    turns: list[Message] = []
    for number, message in enumerate(chat.messages):
        place = f"{where}: messages[{number}]"
        if message.role in SYSTEM_ROLES:
            if turns:
                raise InvalidRecords(f"{place}.role is {message.role!r} after a turn: put it first")
            told.extend(SystemText(text=part.text) for part in _texts(message))
            continue
        content = [_content_of(part, place, store_image) for part in message.parts]
        turns.append(Message(role="user" if message.role == "user" else "assistant", content=content))
    return Record(system=told, messages=turns)


def decoded_data_url(url: str) -> tuple[bytes, str] | None:
    """The bytes and the format of an image in a data URL; None for what is none."""
    found = DATA_URL.fullmatch(url)
    if not found:
        return None
    try:
        return base64.b64decode(found[2], validate=True), found[1]
    except binascii.Error:
        return None


def _schema_of(value: object) -> RecordSchema:
    """The schema of a line, by the members that only it has."""
    if not isinstance(value, dict) or "schemaVersion" in value:
        return RecordSchema.CONVERSATION
    if "prompt" in value:
        return RecordSchema.PROMPT_COMPLETION
    return RecordSchema.CLAUDE_MESSAGES if "system" in value else RecordSchema.OPENAI_CHAT


def _texts(message: ChatMessage) -> list[TextPart]:
    return [part for part in message.parts if isinstance(part, TextPart)]


def _content_of(part: Part, place: str, store_image: StoreImage | None) -> Content:
    if isinstance(part, TextPart):
        return Content(text=part.text)
    url = part.image_url.url
    if S3_URI.fullmatch(url):
        return _image_at(url, format_named(url))
    image = decoded_data_url(url)
    if image is None:
        raise InvalidRecords(
            f"{place}.content has an image_url that is neither data:image/…;base64,… of a png, jpeg, gif or "
            "webp nor s3://…: nothing is fetched from other places"
        )
    if store_image is None:
        raise InvalidRecords(f"{place}.content has a data URL: say with --media where its image is to lie")
    return _image_at(store_image(*image), image[1])


def _image_at(uri: str, kind: str) -> Content:
    return Content(image=Image(format=kind, source=ImageSource(s3_location=S3Location(uri=uri))))


def _read_chat(line: bytes, where: str, store_image: StoreImage | None) -> Record:
    return conversation_of(chat_record_of(line, where=where), where=where, store_image=store_image)


def _read_conversation(line: bytes, where: str, _: StoreImage | None) -> Record:
    return record_of(line, where=where)


def _read_prompt(line: bytes, where: str, _: StoreImage | None) -> Record:
    pair = _decoded(line, _PromptCompletion, where)
    turns = (_TextMessage("user", pair.prompt), _TextMessage("assistant", pair.completion))
    return _of_texts(turns, None, where)


def _read_messages(line: bytes, where: str, _: StoreImage | None) -> Record:
    plain = _decoded(line, _TextMessages, where)
    return _of_texts(plain.messages, plain.system, where)


def _of_texts(messages: Iterable[_TextMessage], system: str | None, where: str) -> Record:
    turns = []
    for number, one in enumerate(messages):
        if one.role not in ("user", "assistant"):
            raise InvalidRecords(
                f"{where}: messages[{number}].role is {one.role!r}, no user and no assistant"
            )
        role = "user" if one.role == "user" else "assistant"
        turns.append({"role": role, "content": [{"text": one.content}]})
    told = [] if system is None else [{"text": system}]
    return msgspec.convert({"system": told, "messages": turns}, Record)


def _decoded(line: bytes, kind: type[_Kind], where: str) -> _Kind:
    try:
        return msgspec.json.decode(line, type=kind)
    except msgspec.DecodeError as error:
        raise InvalidRecords(f"{where}: {error}") from error


def _write_conversation(record: Record, _: str) -> bytes:
    return line_of(record)


def _write_chat(record: Record, where: str) -> bytes:
    told = [ChatMessage(role="system", content=one.text) for one in record.system or ()]
    turns = [
        ChatMessage(role=turn.role, content=_chat_content(turn.content, f"{where}: messages[{number}]"))
        for number, turn in enumerate(record.messages)
    ]
    line = msgspec.json.encode(ChatRecord(messages=[*told, *turns]))
    chat_record_of(line, where=where)
    return line + b"\n"


def _chat_content(blocks: list[Content], place: str) -> str | list[Part]:
    if len(blocks) == 1 and blocks[0].text is not None:
        return blocks[0].text
    return [_part_of(block, place) for block in blocks]


def _part_of(block: Content, place: str) -> Part:
    if block.text is not None:
        return TextPart(text=block.text)
    if block.image is None:
        raise InvalidRecords(f"{place} has a video or a document, which OpenAI's chat format cannot carry")
    uri, kind = block.image.source.s3_location.uri, block.image.format
    if kind != format_named(uri):
        raise InvalidRecords(f"{place}: {uri} is a {kind}, and OpenAI's format can only tell by its suffix")
    return ImagePart(image_url=ImageUrl(url=uri))


def format_named(uri: str) -> str:
    """The format that the suffix of an object's key says."""
    suffix = uri.rpartition(".")[2].lower()
    return "jpeg" if suffix == "jpg" else suffix


def _write_prompt(record: Record, where: str) -> bytes:
    system, texts = _plain_texts(record, where, "prompt-completion")
    if system:
        raise InvalidRecords(f"{where}: prompt-completion cannot carry a system text")
    if [role for role, _ in texts] != ["user", "assistant"]:
        raise InvalidRecords(f"{where}: prompt-completion carries one question and one answer only")
    pair = _PromptCompletion(prompt=texts[0][1], completion=texts[1][1])
    return msgspec.json.encode(pair) + b"\n"


def _write_messages(record: Record, where: str) -> bytes:
    system, texts = _plain_texts(record, where, "messages")
    if len(system) > 1:
        raise InvalidRecords(f"{where}: messages carries one system text only, not {len(system)}")
    if not system:
        raise InvalidRecords(f"{where}: messages without a system text reads as OpenAI's: write --to openai")
    messages = [_TextMessage(role, text) for role, text in texts]
    return msgspec.json.encode(_TextMessages(messages=messages, system=system[0])) + b"\n"


def _plain_texts(record: Record, where: str, schema: str) -> tuple[list[str], list[tuple[str, str]]]:
    """The system texts, and the role and the one text of each turn. Refuses what is more than that."""
    texts = []
    for number, turn in enumerate(record.messages):
        if len(turn.content) != 1 or turn.content[0].text is None:
            raise InvalidRecords(
                f"{where}: messages[{number}] is not one text, which is all {schema} carries"
            )
        texts.append((str(turn.role), turn.content[0].text))
    return [one.text for one in record.system or ()], texts


_READERS = {
    RecordSchema.CONVERSATION: _read_conversation,
    RecordSchema.OPENAI_CHAT: _read_chat,
    RecordSchema.PROMPT_COMPLETION: _read_prompt,
    RecordSchema.CLAUDE_MESSAGES: _read_messages,
}
_WRITERS = {
    RecordSchema.CONVERSATION: _write_conversation,
    RecordSchema.OPENAI_CHAT: _write_chat,
    RecordSchema.PROMPT_COMPLETION: _write_prompt,
    RecordSchema.CLAUDE_MESSAGES: _write_messages,
}
