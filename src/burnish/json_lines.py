"""A strict reader for JSON Lines: where lines end, and the one JSON value on each.

Only line feeds end a line, as in every tool that reads JSON Lines as bytes: carriage returns, form feeds and
Unicode line separators do not. Whatever other readers may interpret differently or silently drop is refused:
duplicate members, lone surrogates, NaN, byte order marks.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn

import msgspec

from burnish.errors import InvalidRecords

_BOM = b"\xef\xbb\xbf"
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
#: The first bytes of files that are no JSON Lines, and what to do about them.
_COMPRESSED = "is compressed ({}): unpack it, for Bedrock reads plain JSONL only"
_BEGINNINGS = {
    b"\x1f\x8b": _COMPRESSED.format("gzip"),
    b"PK\x03\x04": _COMPRESSED.format("zip"),
    b"BZh": _COMPRESSED.format("bzip2"),
    b"\x28\xb5\x2f\xfd": _COMPRESSED.format("zstandard"),
    b"\xfd7zXZ": _COMPRESSED.format("xz"),
    b"PAR1": "is a Parquet file: write its rows as JSONL",
    b"%PDF": "is a PDF: give a JSONL file of records",
    b"\xff\xfe": "is UTF-16: save it as UTF-8",
    b"\xfe\xff": "is UTF-16: save it as UTF-8",
    b"{\0": "is UTF-16: save it as UTF-8",
    b"\0{": "is UTF-16: save it as UTF-8",
}


class NotJsonLines(InvalidRecords):
    """A file that is no JSONL as a whole."""


def lines_in(chunks: Iterable[bytes], *, most_bytes: int | None = None) -> Iterator[bytes]:
    """The lines of a chunked text, each with its line feed. Needs memory for the longest line only.

    Raises `NotJsonLines` for a line longer than ``most_bytes``, where that is given, before it is whole.
    """
    begun: list[bytes] = []
    number = 1
    for chunk in chunks:
        if most_bytes is not None and sum(map(len, begun)) > most_bytes:
            raise NotJsonLines(f"line {number} is longer than {most_bytes:,} bytes: make the record smaller")
        start = 0
        while end := chunk.find(b"\n", start) + 1:
            line = chunk[start:end]
            yield b"".join((*begun, line)) if begun else line
            begun.clear()
            start, number = end, number + 1
        if start < len(chunk):
            begun.append(chunk[start:])
    if begun:
        yield b"".join(begun)


def numbered_lines(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """The lines that hold something, with their numbers from 1.

    Raises `NotJsonLines`, before the first of them, for a file that holds no JSONL at all.
    """
    is_first = True
    for number, line in enumerate(lines, 1):
        if not line or line.isspace():
            continue
        if is_first:
            _require_json_lines(line)
            is_first = False
        yield number, line


def value_in(line: bytes) -> Any:  # noqa: ANN401  # JSON of any shape
    """The JSON value on a line. Raises `InvalidRecords` saying what is wrong with it."""
    try:
        value = msgspec.json.decode(line)
        # The fast path. msgspec drops duplicate members silently; if encoding the value gives the line again,
        # apart from white space, nothing was dropped.
        is_same = msgspec.json.format(line, indent=-1) == msgspec.json.encode(value)
        if is_same and not holds_carriage_return(line):
            return value
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError):
        pass
    return _strictly_read(line)


def _strictly_read(line: bytes) -> Any:  # noqa: ANN401  # JSON of any shape
    text = _text_in(line)
    try:
        value = _decoder.decode(text)
    except RecursionError as error:
        raise InvalidRecords("it is not JSON that can be read: it nests too deeply") from error
    except json.JSONDecodeError as error:
        raise InvalidRecords(f"it is not JSON: {error.msg} at character {error.pos + 1}") from error
    except InvalidRecords:
        raise
    except ValueError as error:
        raise InvalidRecords("it is not JSON that can be read: a number has too many digits") from error
    if _SURROGATE.search(line):
        _require_whole_characters(value)
    return value


def value_or_none(line: bytes) -> Any:  # noqa: ANN401  # JSON of any shape
    """The JSON value on a line, or None for a malformed line, for callers that leave errors to others."""
    try:
        return value_in(line)
    except InvalidRecords:
        return None


def holds_carriage_return(line: bytes) -> bool:
    """Whether there is a carriage return inside the line, where some readers would end it."""
    return b"\r" in line and b"\r" in line.rstrip(b"\r\n")


def _require_json_lines(first: bytes) -> None:
    """Raise `NotJsonLines` where the first line with content tells that the file is something else."""
    for beginning, fault in _BEGINNINGS.items():
        if first.startswith(beginning):
            raise NotJsonLines(f"the file {fault}")
    if holds_carriage_return(first):
        raise NotJsonLines("lines end with a carriage return (CR) only: end them with a line feed (LF)")
    stripped = first.removeprefix(_BOM).strip()
    if stripped.endswith((b"{", b"[", b",")):
        raise NotJsonLines(
            "the file is JSON that goes over several lines: write each record on one line, for example with "
            "jq -c"
        )
    if stripped.startswith(b"[") and isinstance(value_or_none(stripped), list):
        raise NotJsonLines(
            "the file is one JSON array: write each record on a line of its own, for example with jq -c '.[]'"
        )


def _text_in(line: bytes) -> str:
    if line.startswith(_BOM):
        raise InvalidRecords("it begins with a byte order mark (BOM): save the file as UTF-8 without one")
    if b"\0" in line:
        raise InvalidRecords("it holds NUL bytes: the file was damaged as it was written. Write it again")
    if holds_carriage_return(line):
        raise InvalidRecords("it holds a carriage return (CR): end lines with a line feed (LF) only")
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise InvalidRecords(
            f"byte {error.start + 1} is 0x{line[error.start]:02x}, which is not UTF-8: save the file as UTF-8"
        ) from error


def _require_whole_characters(value: object) -> None:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        half = ascii(error.object[error.start])[1:-1]
        raise InvalidRecords(
            f"a text holds {half}, half of a surrogate pair and no character: write the whole character"
        ) from error


def _object_of(members: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(members)
    if len(value) != len(members):
        names = [name for name, _ in members]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidRecords(f"an object has {twice!r} twice, and readers keep only one: leave one of them")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise InvalidRecords(f"it is not JSON: {name} is not a JSON value")


_decoder = json.JSONDecoder(object_pairs_hook=_object_of, parse_constant=_refuse_constant)
