"""Records as nearly all of them are: a question in words, an answer in words, and nothing wrong.

What is plainly good is told at once. Whatever else there is goes to `record_rules`, which says what is wrong
and where.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache

import msgspec

from burnish.checking.record_rules import LETTERS_A_TOKEN
from burnish.families import DatasetRules, RecordSchema
from burnish.records import SCHEMA_VERSION


class _Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    text: str


class _Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    role: str
    content: list[_Text]


class _PlainRecord(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", gc=False):
    schema_version: str
    messages: list[_Message]
    system: list[_Text] | None = None


#: What is asked (the user's texts), a number for the system text, 0 without one, and the answer.
Plain = tuple[bytes, int, str]


def plain_check(rules: DatasetRules) -> Callable[[bytes], Plain | None]:
    """A function that gives what a plainly good line asks and answers, and None for every other line."""
    decode = msgspec.json.Decoder(_PlainRecord).decode
    reserved = tuple(dict.fromkeys(word.lower() for word in rules.reserved_words))
    longest = (rules.max_tokens + 1) * LETTERS_A_TOKEN if rules.max_tokens is not None else 2**63

    @lru_cache(maxsize=256)  # the system text and the task are the same in nearly every record
    def is_good(text: str) -> bool:
        lower = text.lower()
        return bool(text.strip()) and not any(word in lower for word in reserved)

    def is_plainly_good(record: _PlainRecord) -> bool:
        return (
            record.schema_version == SCHEMA_VERSION
            and [message.role for message in record.messages] == ["user", "assistant"]
            and all(message.content for message in record.messages)
            and record.system != []
            and all(is_good(block.text) for block in (*record.messages[0].content, *(record.system or ())))
            and all(block.text.strip() for block in record.messages[1].content)
        )

    def check(line: bytes) -> Plain | None:
        if rules.schema is not RecordSchema.CONVERSATION or len(line) >= longest:
            return None
        try:
            record = decode(line)
        except (msgspec.DecodeError, RecursionError):
            return None
        if not is_plainly_good(record):
            return None
        question, answer = record.messages
        asked = "\0".join([block.text for block in question.content])
        told = "\0".join([block.text for block in record.system or ()])
        number = hash_of(told.encode()) if record.system else 0
        return asked.encode(), number, "".join([block.text for block in answer.content])

    return check


def hash_of(asked: bytes) -> int:
    """A number for what a record asks; 0 stands for a line that asks nothing."""
    return int.from_bytes(hashlib.blake2b(asked, digest_size=8).digest(), "big") or 1
