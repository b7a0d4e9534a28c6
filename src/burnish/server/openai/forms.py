"""Forms (multipart/form-data) that lie in a file, of which no more than a piece at a time is in memory."""

from __future__ import annotations

import io
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from typing import IO

from burnish.server.openai.errors import RequestRefused

#: A file, its purpose, and a few that are refused by name.
MAX_PARTS = 8
MAX_HEAD = 8 * 2**10
#: By RFC 2046.
MAX_BOUNDARY = 70
CHUNK = 2**20


class _Stretch(io.RawIOBase):
    """A stretch of a file, read as a file of its own."""

    def __init__(self, file: IO[bytes], start: int, size: int) -> None:
        self._size = size
        self._file = file
        self._start = start
        self._at = 0

    def readable(self) -> bool:
        """Whether it can be read."""
        return True

    def seekable(self) -> bool:
        """Whether it can be read again."""
        return True

    def tell(self) -> int:
        """The place that is read next."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(origin + offset, 0)
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # of any buffer
        """Read into a buffer; the number of bytes, 0 at the end."""
        self._file.seek(self._start + self._at)
        piece = self._file.read(min(len(buffer), max(self._size - self._at, 0)))
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


@dataclass(frozen=True, kw_only=True)
class FormPart:
    """A part of a form, and the name of its file where it has one."""

    filename: str
    size: int
    content: IO[bytes]


def form_in(file: IO[bytes], content_type: str) -> dict[str, FormPart]:
    """The parts of a form by their names. Raises `RequestRefused` for what is no form."""
    delimiter = b"\r\n--" + _boundary_of(content_type)
    file.seek(0)
    at = len(delimiter) - 2
    if file.read(at) != delimiter[2:]:
        raise _unreadable("it does not begin with its boundary")
    parts: dict[str, FormPart] = {}
    while not _is_end(file, at):
        if len(parts) == MAX_PARTS:
            raise _unreadable(f"it has more than {MAX_PARTS} parts")
        head, start = _head_at(file, at + 2)
        name, filename = _names_of(head)
        if name in parts:
            raise _unreadable(f"it has two parts named {name!r}")
        at = _position(file, delimiter, start)
        content = io.BufferedReader(_Stretch(file, start, at - start), CHUNK)
        parts[name] = FormPart(filename=filename, size=at - start, content=content)
        at += len(delimiter)
    return parts


def _boundary_of(content_type: str) -> bytes:
    head = _read_head(f"Content-Type: {content_type}")
    if head.get_content_type() != "multipart/form-data":
        raise RequestRefused("Send the file as multipart/form-data")
    boundary = (head.get_boundary() or "").encode()
    if not 1 <= len(boundary) <= MAX_BOUNDARY:
        raise _unreadable(f"its boundary must have 1 to {MAX_BOUNDARY} characters")
    return boundary


def _is_end(file: IO[bytes], at: int) -> bool:
    """Whether a form is over behind a boundary."""
    file.seek(at)
    following = file.read(2)
    if following not in (b"\r\n", b"--"):
        raise _unreadable("a line follows its boundary that is no head of a part")
    return following == b"--"


def _head_at(file: IO[bytes], at: int) -> tuple[Message, int]:
    """The head of a part, and where its content begins."""
    file.seek(at)
    text, end, _ = file.read(MAX_HEAD).partition(b"\r\n\r\n")
    if not end:
        raise _unreadable(f"the head of a part does not end within {MAX_HEAD:,} bytes")
    return _read_head(text.decode(errors="replace")), at + len(text) + len(end)


def _read_head(text: str) -> Message:
    return HeaderParser().parsestr(text)


def _names_of(head: Message) -> tuple[str, str]:
    """The name of a part and that of its file."""
    if head.get("content-transfer-encoding", "binary").lower() not in ("binary", "8bit", "7bit"):
        raise _unreadable("a part has a Content-Transfer-Encoding: send it as it is")
    name, filename = _names_in(head)
    if head.get_content_disposition() != "form-data" or not isinstance(name, str) or not name:
        raise _unreadable('every part needs Content-Disposition: form-data; name="…"')
    return name, filename


def _names_in(head: Message) -> tuple[object, str]:
    try:
        filename = head.get_filename() or ""
        # In encodings that somebody may choose, there are characters that cannot be told.
        return head.get_param("name", header="content-disposition"), filename.encode(
            errors="replace"
        ).decode()
    except ValueError:  # numbers with thousands of digits, encodings that are none
        return None, ""


def _position(file: IO[bytes], mark: bytes, start: int) -> int:
    """Where a mark comes next."""
    file.seek(start)
    window, at = b"", start
    while piece := file.read(CHUNK):
        window += piece
        if (found := window.find(mark)) >= 0:
            return at + found
        passed = max(len(window) - len(mark) + 1, 0)
        window, at = window[passed:], at + passed
    raise _unreadable("it ends before its last boundary")


def _unreadable(problem: str) -> RequestRefused:
    return RequestRefused(f"The form cannot be read: {problem}")
