"""Reading of text files: UTF-8, or the UTF-16 that spreadsheets call Unicode."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import NoReturn

from burnish.errors import InvalidDocuments

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UTF_32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


def text_in(path: Path, *, missing: str) -> str:
    """The text of a file in UTF-8, or in UTF-16 that begins with its mark.

    Raises `InvalidDocuments`: with ``missing`` where there is no such file, else naming the line.
    """
    try:
        body = path.read_bytes()
    except FileNotFoundError as error:
        raise InvalidDocuments(missing) from error
    except OSError as error:
        raise InvalidDocuments(f"{str(path)!r} cannot be read: {error.strerror}") from error
    # The mark of UTF-32 begins with that of UTF-16.
    if body.startswith(_UTF_32):
        raise InvalidDocuments(f"{str(path)!r} is not text in UTF-8 but in UTF-32: save it as UTF-8")
    # Without its mark UTF-16 decodes as UTF-8 with NULs between the letters, which a CSV reader accepts
    # silently.
    is_utf_16 = body.startswith(_UTF_16)
    if not is_utf_16 and (at := body.find(b"\0")) >= 0:
        _refuse(path, body, at, "there is a NUL byte, which text does not contain")
    try:
        return body.decode("utf-16" if is_utf_16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        encoding = "UTF-16" if is_utf_16 else "UTF-8"
        return _refuse(
            path, body, error.start, f"the byte {body[error.start]:#04x} is not text in {encoding}"
        )


def _refuse(path: Path, body: bytes, at: int, problem: str) -> NoReturn:
    line = body.count(b"\n", 0, at) + 1
    raise InvalidDocuments(f"{str(path)!r}, line {line}: {problem}: save the file as UTF-8")
