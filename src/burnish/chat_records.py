"""OpenAI's chat format, ``{"messages": [{"role": "user", "content": "…"}, …]}``: records and requests.

What it has and other schemas cannot say, such as tool calls or weights of messages, is refused by name.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from burnish.errors import InvalidRecords
from burnish.json_lines import value_in

#: Instructions, which other schemas keep apart from the turns.
SYSTEM_ROLES = ("system", "developer")


class ImageUrl(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where an image is: ``data:image/png;base64,…`` or ``s3://…``."""

    url: str
    detail: Literal["auto"] = "auto"


class TextPart(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="text"):
    """A text within a message."""

    text: str


class ImagePart(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag="image_url"):
    """An image within a message."""

    image_url: ImageUrl


Part: TypeAlias = TextPart | ImagePart


class ChatMessage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One message: instructions, a question or an answer."""

    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[Part]

    @property
    def parts(self) -> list[Part]:
        """The content, also where it is one text."""
        return [TextPart(text=self.content)] if isinstance(self.content, str) else self.content


class ChatRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One example: the last message is what a model learns to answer."""

    messages: list[ChatMessage]


_decoder = msgspec.json.Decoder(ChatRecord)


def chat_record_of(line: bytes, *, where: str = "a record") -> ChatRecord:
    """The record on a line of JSONL. Raises `InvalidRecords`, naming ``where`` and the field."""
    try:
        value_in(line)  # duplicate members and lone surrogates, which the decoder passes over
        record = _decoder.decode(line)
    except InvalidRecords as error:
        raise InvalidRecords(f"{where}: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidRecords(f"{where}: {error}") from error
    if problem := _problem_of(record):
        raise InvalidRecords(f"{where}: {problem}")
    return record


def chat_problem(value: object) -> str | None:
    """Why a JSON value is no example; None where it is one."""
    try:
        return _problem_of(msgspec.convert(value, ChatRecord))
    except msgspec.ValidationError as error:
        return str(error)


def _problem_of(record: ChatRecord) -> str | None:
    """What is wrong with the messages of an example, by its field; None where nothing is."""
    roles = ["system" if message.role in SYSTEM_ROLES else message.role for message in record.messages]
    spoken = roles[next((at for at, role in enumerate(roles) if role != "system"), len(roles)) :]
    if spoken[-1:] != ["assistant"]:
        return "messages must end with the assistant's answer, which the model learns"
    for number, message in enumerate(record.messages):
        if not message.parts or not all(_is_filled(part) for part in message.parts):
            return f"messages[{number}].content is empty"
        if message.role != "user" and any(isinstance(part, ImagePart) for part in message.parts):
            return f"messages[{number}].content has an image, which only messages of the user may have"
    expected = ["user" if number % 2 == 0 else "assistant" for number in range(len(spoken))]
    for number, (role, wanted) in enumerate(zip(spoken, expected, strict=True), len(roles) - len(spoken)):
        if role != wanted:
            return f"messages[{number}].role is {role!r}, where {wanted!r} is needed"
    return None


def _is_filled(part: Part) -> bool:
    return bool(part.text.strip() if isinstance(part, TextPart) else part.image_url.url)
