"""What processes say to each other arrives as it was sent, or is one error."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from burnish.processes.messages import InvalidMessage, MessageReader, ProcessMessage, encoded


class Load(ProcessMessage, frozen=True, kw_only=True, tag="load"):
    folder: Path
    other: Path | None = None


class End(ProcessMessage, frozen=True, kw_only=True, tag="end"):
    status: int


READER: MessageReader[Load | End] = MessageReader(Load | End)


@pytest.mark.parametrize("name", [b"models", b"a b/ \xc3\xa9%41", b"\xe9 no text\n"])
def test_a_path_need_not_be_text(name):
    message = Load(folder=Path(os.fsdecode(name)))
    assert READER.read(encoded(message)) == message
    assert b"\n" not in encoded(message)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (b"\xff", "malformed"),
        (b"[]", "Expected `object`, got `array`"),
        (b'{"type": "tomorrow"}', "Invalid value 'tomorrow'"),
        (b'{"type": "end"}', "missing required field `status`"),
        (b'{"type": "end", "status": "1"}', "Expected `int`, got `str`"),
        (b'{"type": "end", "status": 1, "soon": true}', "unknown field `soon`"),
        (b'{"type": "load", "folder": 1}', "Expected a path"),
    ],
)
def test_what_is_no_message_is_an_error_that_says_why(line, says):
    with pytest.raises(InvalidMessage, match=says):
        READER.read(line)
