"""Files of answers that somebody has already: JSONL, a page and what was answered in each line."""

from __future__ import annotations

import codecs
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from burnish.errors import InvalidInput
from burnish.evaluation.probabilities import label_probabilities

_SHAPE = 'A line holds a page and an answer: {"page": "invoice/1.pdf", "answer": "invoice"}'
_OTHER_ENCODINGS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class _Record(msgspec.Struct, frozen=True):
    page: str
    answer: str
    probabilities: dict[str, float] | None = None


@dataclass(frozen=True, kw_only=True)
class RecordedAnswer:
    """An answer and where it stands."""

    line: int
    page: str
    answer: str
    #: Of every label, and they sum to 1.
    probabilities: Mapping[str, float] | None = None


@dataclass(frozen=True, kw_only=True)
class RecordedAnswers:
    """The answers of a file in its order, and how often it has fields that nobody reads."""

    answers: tuple[RecordedAnswer, ...]
    unread_fields: Mapping[str, int]


def read_answers(path: Path, labels: Sequence[str]) -> RecordedAnswers:
    """What a file answers. Raises `InvalidInput` naming the line that is no answer, or has no probabilities
    of these labels where it gives some.
    """
    answers: dict[str, RecordedAnswer] = {}
    unread: Counter[str] = Counter()
    for number, line in _lines(path):
        try:
            record, others = _decoded(line)
            given = record.probabilities
            one = RecordedAnswer(
                line=number,
                page=record.page,
                answer=record.answer,
                probabilities=None if given is None else label_probabilities(given, labels),
            )
        except InvalidInput as error:
            raise InvalidInput(f"{path}, line {number}: {error}") from error
        if earlier := answers.get(one.page):
            raise InvalidInput(
                f"{path}, line {number}: {one.page!r} is answered twice, first in line {earlier.line}: leave "
                "one answer to each page"
            )
        answers[one.page] = one
        unread.update(others)
    return RecordedAnswers(answers=tuple(answers.values()), unread_fields=unread)


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Number and content of each line that is not blank: what stands between two line feeds."""
    try:
        body = path.read_bytes()
    except (FileNotFoundError, IsADirectoryError) as error:
        raise InvalidInput(f"There are no answers at {str(path)!r}: give a JSONL file") from error
    if body.startswith(_OTHER_ENCODINGS):
        raise InvalidInput(f"{path} is text in UTF-16: save it in UTF-8")
    # Not `splitlines`, which also splits at separators that may stand within a text.
    for number, line in enumerate(body.removeprefix(codecs.BOM_UTF8).split(b"\n"), 1):
        if line.strip():
            yield number, line


def _decoded(line: bytes) -> tuple[_Record, set[str]]:
    """A record, and the fields of it that are not read. Raises `InvalidInput` without place."""
    try:
        # By way of a plain object, as the fields that nobody reads are told too: one may be misspelt.
        fields = msgspec.json.decode(line, type=dict[str, Any])
        return msgspec.convert(fields, _Record), fields.keys() - set(_Record.__struct_fields__)
    except UnicodeDecodeError as error:
        raise InvalidInput("it is not UTF-8: save the file as UTF-8") from error
    except msgspec.MsgspecError as error:
        what = "NaN and Infinity are not JSON" if b"NaN" in line or b"Infinity" in line else str(error)
        raise InvalidInput(f"{what}. {_SHAPE}") from error
