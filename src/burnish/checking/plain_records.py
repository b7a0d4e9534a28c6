"""A fast path for valid records that consist of one question and one answer in text.

It only decides that a line is valid. Every other line goes to `record_rules`, which reports what is wrong.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import lru_cache

import msgspec

from burnish.families import DatasetRules, RecordSchema
from burnish.json_lines import holds_carriage_return
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


#: The members of such a record besides its blocks: version, messages, and two for each of two turns.
_MEMBERS = 6
_ESCAPED_COLON = re.compile(rb"003[aA]")

#: The user's text, a hash of the system text (0 without one), and the answer.
Plain = tuple[bytes, int, str]


def plain_check(rules: DatasetRules) -> Callable[[bytes], Plain | None]:
    """A function that returns the content of a valid plain line, and None for every other line."""
    decode = msgspec.json.Decoder(_PlainRecord).decode
    reserved = tuple(dict.fromkeys(word.lower() for word in rules.reserved_words))
    longest = (rules.max_tokens + 1) * rules.characters_per_token if rules.max_tokens is not None else 2**63
    most_system_texts = 2**63 if rules.max_system_texts is None else rules.max_system_texts

    @lru_cache(maxsize=256)  # the system text and the task are the same in nearly every record
    def is_good(text: str) -> bool:
        lower = text.lower()
        for word in reserved:  # `any` with a generator takes twice the time
            if word in lower:
                return False
        return bool(text.strip())

    def check(line: bytes) -> Plain | None:
        if rules.schema is not RecordSchema.CONVERSATION or len(line) >= longest:
            return None
        try:
            record = decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        if record.schema_version != SCHEMA_VERSION or not _is_question_and_answer(record.messages):
            return None
        question, answer = record.messages
        asked, said = [block.text for block in question.content], [block.text for block in answer.content]
        told = [block.text for block in record.system or ()]
        if (
            record.system == []
            or len(told) > most_system_texts
            or not all(map(is_good, (*asked, *said, *told)))
        ):
            return None
        plain = "\0".join(asked), "\0".join(told), "".join(said)
        members = _MEMBERS + len(asked) + len(said) + (1 + len(told) if told else 0)
        if not _says_no_more(line, members, colons=sum([text.count(":") for text in plain])):
            return None
        return plain[0].encode(), _number_of(plain[1]) if told else 0, plain[2]

    return check


def _is_question_and_answer(messages: list[_Message]) -> bool:
    return (
        len(messages) == 2
        and messages[0].role == "user"
        and messages[1].role == "assistant"
        and bool(messages[0].content and messages[1].content)
    )


def _says_no_more(line: bytes, members: int, *, colons: int) -> bool:
    """Whether nothing was lost in decoding, which silently keeps the last of duplicate members.

    Outside of texts, which hold this many ``colons``, every colon follows a member's name: so counting them
    tells.
    """
    if _ESCAPED_COLON.search(line) or holds_carriage_return(line):
        return False
    return line.count(b":") == members + colons


@lru_cache(maxsize=256)  # as above
def _number_of(system: str) -> int:
    return hash_of(system.encode())


def hash_of(asked: bytes) -> int:
    """A 64-bit hash of what a record asks. Never 0, which stands for a line that is no record."""
    return int.from_bytes(hashlib.blake2b(asked, digest_size=8).digest(), "big") or 1
