"""Lines of a batch: the record on each, and the line that answers it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import msgspec
from msgspec import structs

from burnish.errors import InvalidRecords
from burnish.json_lines import numbered_lines, value_in
from burnish.server.door.bodies import MAX_BODY

#: A record is answered like a request of its own, and has no more bytes.
MAX_LINE = MAX_BODY
_UNNAMED = "CALL{:07d}"


class BatchRecord(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A record as its line has it: the request stays the bytes that it is."""

    model_input: msgspec.Raw
    record_id: str = ""


class ErrorOfRecord(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Why a record has no answer: the status and the message that a request of its own would have got."""

    error_code: int
    error_message: str


class AnsweredRecord(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A line of the output, in the order of Bedrock's members."""

    record_id: str
    model_input: msgspec.Raw
    model_output: msgspec.Raw | None = None
    error: ErrorOfRecord | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """How a record was answered: its line of the output, and the tokens that it took."""

    line: bytes
    is_error: bool
    input_tokens: int = 0
    output_tokens: int = 0


def records_in(path: Path) -> Iterator[BatchRecord]:
    """The records of a file that has been checked; those without an id are named by their place."""
    for number, (_, line) in enumerate(numbered_lines(bounded_lines(path)), 1):
        record = msgspec.json.decode(line, type=BatchRecord)
        yield record if record.record_id else structs.replace(record, record_id=_UNNAMED.format(number))


def count_records(path: Path) -> int:
    """The number of records in a file, each of which is checked. Raises `InvalidRecords`, naming the line."""
    found = 0
    for number, line in numbered_lines(bounded_lines(path)):
        if problem := _problem_with(line):
            raise InvalidRecords(f"line {number}: {problem}")
        found += 1
    return found


def _problem_with(line: bytes) -> str | None:
    """Why a line is no record, or None. What its request says, the model will judge."""
    try:
        record = value_in(line)
    except InvalidRecords as error:
        return str(error)
    if not isinstance(record, dict):
        return "it is no JSON object"
    if not isinstance(record.get("modelInput"), dict):
        return "it has no modelInput that is a JSON object"
    if not isinstance(record.get("recordId", ""), str):
        return "its recordId is no text"
    return None


def bounded_lines(path: Path) -> Iterator[bytes]:
    """The lines of a file, of which no more than the longest that may be is ever held."""
    with path.open("rb") as file:
        for number in count(1):
            line = file.readline(MAX_LINE + 1)
            if not line:
                return
            if len(line) > MAX_LINE:
                raise InvalidRecords(f"line {number} has more than {MAX_LINE:,} bytes")
            yield line
