"""What processes of Burnish say to each other: types that both sides share, as JSON on one line.

Both sides are the same version of Burnish. What one of them does not understand, down to a single member,
is therefore an error, and never a guess.
"""

from __future__ import annotations

import os
from pathlib import Path
from types import UnionType
from typing import Any, Generic, TypeVar
from urllib.parse import quote, unquote_to_bytes

import msgspec


class ProcessMessage(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A message, or a part of one."""


class InvalidMessage(Exception):
    """What came from another process is none of the messages that it may send."""


Kind = TypeVar("Kind")


class MessageReader(Generic[Kind]):
    """Reads messages of one kind, or of several in a union."""

    def __init__(self, kind: type[Any] | UnionType) -> None:
        self._decoder = msgspec.json.Decoder(kind, dec_hook=_path_from)

    def read(self, text: bytes | str) -> Kind:
        """The message in a line. Raises `InvalidMessage`."""
        try:
            message: Kind = self._decoder.decode(text)
        except ValueError as error:  # also of bytes that are no text
            raise InvalidMessage(f"{error}: {text[:200]!r}") from error
        return message


def encoded(message: ProcessMessage) -> bytes:
    """A message as one line, without its end."""
    return _encoder.encode(message)


def _text_of(path: object) -> str:
    if not isinstance(path, Path):
        raise NotImplementedError
    # A path need not be text to the system; JSON is.
    return quote(os.fsencode(path))


def _path_from(kind: type[Any], text: object) -> Path:
    if kind is not Path or not isinstance(text, str):
        raise ValueError("Expected a path")
    return Path(os.fsdecode(unquote_to_bytes(text)))


_encoder = msgspec.json.Encoder(enc_hook=_text_of)
