"""Training records and their JSON Lines form, and the one place that defines the prompt.

The shape is ``bedrock-conversation-2024``: system text, a user's turn of text and page images in S3,
and the assistant's answer. Inference sends exactly the prompt that training used, because both take it from
here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Literal

import msgspec

from burnish.errors import InvalidRecords
from burnish.json_answers import find_json, json_value, types_in, unfenced
from burnish.json_lines import value_in

SCHEMA_VERSION = "bedrock-conversation-2024"

SYSTEM_TEXT = (
    "You are a document classification expert who can analyze and identify document types from images. "
    "Your task is to determine the document type based on its visual appearance, layout, and content, using "
    "the provided document type definitions. "
    "Your output must be valid JSON according to the requested format."
)

TASK_TEXT = """\
The <document-types> XML tags contain a markdown table of known document types for detection.

<document-types>
{table}
</document-types>

Choose the one type from the table that describes the page best. Answer with JSON in this format:
```json
{{"type": "one of the document types"}}
```"""

_LINE_BREAKS = re.compile(r"\s*[\x00-\x1f\x7f-\x9f\u2028\u2029]+\s*")
_CELL_ESCAPED = re.compile(r"[\\|]")
_TABLE = re.compile(r"<document-types>\n(.*?)\n</document-types>", re.DOTALL)
_ROW = re.compile(r"\| ((?:[^\\|]|\\.)*) \| ((?:[^\\|]|\\.)*) \|")
_ESCAPE = re.compile(r"\\(.)")
_END_OF_TABLE = re.compile(r"<(?=\s*/?\s*document-types\b)", re.IGNORECASE)


class S3Location(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Where a page image lies. ``bucket_owner`` is the account, 12 digits."""

    uri: str
    bucket_owner: str | None = None


class ImageSource(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The source of an image: for training data always a place in S3."""

    s3_location: S3Location


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """A page image. Which formats a model takes is a matter of its rules."""

    format: str
    source: ImageSource


class Content(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One block of a turn: a text, an image, or what only some models read."""

    text: str | None = None
    image: Image | None = None
    video: Image | None = None
    document: Image | None = None


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One turn of the conversation."""

    role: Literal["user", "assistant"]
    content: list[Content]


class SystemText(msgspec.Struct, frozen=True, kw_only=True):
    """One block of system text."""

    text: str


class Record(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """One example: what is asked, and in the last turn what is to be answered."""

    schema_version: str = SCHEMA_VERSION
    system: list[SystemText] | None = []
    messages: list[Message]

    @property
    def answer(self) -> str:
        """The text of the last turn, which is what a model learns to say."""
        return "".join(block.text or "" for block in self.messages[-1].content)

    @property
    def images(self) -> list[Image]:
        """All page images, in order."""
        return [block.image for block in self._blocks() if block.image]

    @property
    def media_uris(self) -> list[str]:
        """The S3 URIs of all images, videos and documents, in order."""
        media = (medium for block in self._blocks() for medium in (block.image, block.video, block.document))
        return [medium.source.s3_location.uri for medium in media if medium]

    def _blocks(self) -> Iterator[Content]:
        return (block for message in self.messages for block in message.content)


_decoder = msgspec.json.Decoder(Record)


def line_of(record: Record) -> bytes:
    """The record as one line of JSONL, with its newline. The schema version is always written."""
    body = {"schemaVersion": record.schema_version, **msgspec.to_builtins(record)}
    return msgspec.json.encode(body) + b"\n"


def record_of(line: bytes | str, *, where: str = "a record") -> Record:
    """The record on one line of JSONL. Raises `InvalidRecords`, naming ``where``."""
    try:
        record = _decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidRecords(f"{where} is not a conversation record: {_fault_of(line, error)}") from error
    if not record.messages:
        raise InvalidRecords(f"{where} has no messages: a user's turn and the assistant's answer are needed")
    return record


class _PlainText(msgspec.Struct, frozen=True):
    input: str


def plain_text_of(line: bytes | str, *, where: str = "a record") -> Record:
    """The text on one line of JSONL, ``{"input": "…"}``, as a record that says it and asks nothing.

    Raises `InvalidRecords`, naming ``where``.
    """
    try:
        text = msgspec.json.decode(line, type=_PlainText).input
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidRecords(f"{where} is not a plain text record: {_fault_of(line, error)}") from error
    return Record(messages=[Message(role="assistant", content=[Content(text=text)])])


def _fault_of(line: bytes | str, error: Exception) -> str:
    """Why a line is not valid JSON or, if it is, why it could not be decoded as a record."""
    try:
        value_in(line if isinstance(line, bytes) else line.encode(errors="surrogatepass"))
    except InvalidRecords as fault:
        return str(fault)
    return str(error)


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """What a record of any schema asks, and what is to be answered.

    ``asked`` are the URIs of the pages, or where there are none the texts before the answer.
    """

    asked: tuple[str, ...]
    answer: str


def exchange_of(line: bytes, *, where: str = "a record") -> Exchange:
    """The exchange on one line of JSONL: in any of the schemas that a family takes.

    Raises `InvalidRecords`, naming ``where``, for a line that is none of them.
    """
    # A reinforcement record also parses as a conversation, but without its answer: so it is tried first.
    if b'"reference_answer"' in line and (exchange := _exchange_of_other_schema(line)):
        return exchange
    try:
        record = record_of(line, where=where)
    except InvalidRecords as error:
        exchange = _exchange_of_other_schema(line)
        if exchange is None:
            raise error from error.__cause__
        return exchange
    is_answered = record.messages[-1].role == "assistant"
    turns = record.messages[:-1] if is_answered else record.messages
    texts = (block.text or "" for turn in turns for block in turn.content)
    return Exchange(asked=tuple(record.media_uris or texts), answer=record.answer if is_answered else "")


class _PlainMessage(msgspec.Struct, frozen=True):
    role: str
    content: str | list[msgspec.Raw]

    @property
    def text(self) -> str:
        """The text, or the blocks as they stand."""
        if isinstance(self.content, str):
            return self.content
        return b"".join(self.content).decode(errors="replace")


class _OtherSchemaRecord(msgspec.Struct, frozen=True):
    """What the other schemas have: messages with or without a reference answer, prompts, captions, texts."""

    messages: list[_PlainMessage] = []
    prompt: str | None = None
    completion: str | None = None
    input: str | None = None
    image: str | None = msgspec.field(name="image-ref", default=None)
    caption: str | None = None
    reference_answer: msgspec.Raw = msgspec.Raw()


_plain_decoder = msgspec.json.Decoder(_OtherSchemaRecord)


def _exchange_of_other_schema(line: bytes) -> Exchange | None:
    try:
        record = _plain_decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    # Each schema is recognized by its fields, which no conversation has.
    pairs = ((record.prompt, record.completion), (record.image, record.caption), (record.input, ""))
    for asked, answer in pairs:
        if asked is not None and answer is not None:
            return Exchange(asked=(asked,), answer=answer)
    texts = [message.text for message in record.messages]
    if reference := bytes(record.reference_answer):
        return Exchange(asked=tuple(texts), answer=reference.decode(errors="replace"))
    return Exchange(asked=tuple(texts[:-1]), answer=texts[-1]) if texts else None


@dataclass(frozen=True, kw_only=True)
class ClassificationPrompt:
    """What a model is asked about a page: the labels and, where given, what each one means.

    ``trained_task`` is the user's text of a data set that was prepared earlier, word for word: a model is
    asked what it was trained on, however the text is written today.
    """

    labels: tuple[str, ...]
    descriptions: Mapping[str, str]
    trained_task: str | None = None
    #: What the schema is called. And how long an answer may be: always sent, as without it Bedrock sets the
    #: model's longest answer against the quota, and throttles sooner.
    answer_name: ClassVar[str] = "document_type"
    max_answer_tokens: ClassVar[int] = 64

    @property
    def system(self) -> str:
        """The system text."""
        return SYSTEM_TEXT

    @property
    def task(self) -> str:
        """The user's text before the page, with the markdown table of document types."""
        if self.trained_task is not None:
            return self.trained_task
        rows = [f"| {_cell(label)} | {_cell(self._description(label))} |" for label in self.labels]
        return TASK_TEXT.format(table="\n".join(["| Type | Description |", "| --- | --- |", *rows]))

    @property
    def json_schema(self) -> str:
        """The JSON schema of the answer, for Converse's ``outputConfig``: a closed set of labels."""
        kind = {"type": "string", "enum": list(self.labels)}
        schema = {
            "type": "object",
            "properties": {"type": kind},
            "required": ["type"],
            "additionalProperties": False,
        }
        return json.dumps(schema)

    def _description(self, label: str) -> str:
        text = self.descriptions.get(label) or ""
        return text if text.strip() else label.replace("_", " ")


def _cell(text: str) -> str:
    """A text as it stands in a cell of the table: on one line, and ending neither the cell nor the table."""
    text = _CELL_ESCAPED.sub(r"\\\g<0>", _LINE_BREAKS.sub(" ", text))
    return _END_OF_TABLE.sub("&lt;", text)


def descriptions_in(text: str) -> dict[str, str]:
    """What each label means by the text of a `ClassificationPrompt`; empty for other texts."""
    table = _TABLE.search(text)
    rows = [_ROW.fullmatch(line) for line in table[1].split("\n")[2:]] if table else []
    return {_uncelled(row[1]): _uncelled(row[2]) for row in rows if row}


def _uncelled(cell: str) -> str:
    return _ESCAPE.sub(r"\g<1>", cell.replace("&lt;", "<"))


def classification_prompt(
    labels: Sequence[str], descriptions: Mapping[str, str] | None = None
) -> ClassificationPrompt:
    """The prompt for these labels, in sorted order, so that the same labels make the same bytes."""
    return ClassificationPrompt(labels=tuple(sorted(set(labels))), descriptions=dict(descriptions or {}))


def answer_for(label: str) -> str:
    """The answer that a model is trained to give for a label."""
    return f"```json\n{json.dumps({'type': label}, ensure_ascii=False)}\n```"


@lru_cache(maxsize=1024)  # the same few answers come again and again
def label_of(answer: str) -> str | None:
    """The label in an answer of the shape of `answer_for`, fenced or bare; None where there is not one.

    A number or a truth value is a label as it is written.
    """
    try:
        named = set(types_in(json_value(unfenced(answer))))
    except ValueError:
        named = set(find_json(answer).types)
    return named.pop() if len(named) == 1 else None


def classification_record(
    prompt: ClassificationPrompt, *, image_uri: str, bucket_owner: str, label: str
) -> Record:
    """The training record of one page: the seed's shape, text first and then the page."""
    location = S3Location(uri=image_uri, bucket_owner=bucket_owner)
    page = Image(format="png", source=ImageSource(s3_location=location))
    return Record(
        system=[SystemText(text=prompt.system)],
        messages=[
            Message(role="user", content=[Content(text=prompt.task), Content(image=page)]),
            Message(role="assistant", content=[Content(text=answer_for(label))]),
        ],
    )
