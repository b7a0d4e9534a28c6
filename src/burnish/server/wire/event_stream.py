"""AWS's framing of event streams, ``application/vnd.amazon.eventstream``: events and exceptions as bytes.

A message is a prelude (its length, the headers' length, the CRC-32 of both), headers (name, type 7 for text,
value), the payload, and the CRC-32 of all before it; every number is big-endian.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from typing import Any

from burnish.server.wire.call import ServiceFault
from burnish.server.wire.rest_json import json_bytes
from burnish.server.wire.schema import Shape

CONTENT_TYPE = "application/vnd.amazon.eventstream"
#: What every stream declares, and what a fault is told as that the stream does not.
UNDECLARED = "internalServerException"
_TEXT = 7
_LENGTHS = struct.Struct("!II")
_CRC = struct.Struct("!I")


def event_message(stream: Shape, name: str, members: Mapping[str, Any]) -> bytes:
    """An event of a stream, its members as JSON."""
    headers = {":message-type": "event", ":event-type": name, ":content-type": "application/json"}
    return message(headers, json_bytes(stream.members[name], members))


def exception_message(stream: Shape, fault: ServiceFault) -> bytes:
    """A fault as the last message of a stream, under the stream's own name for it."""
    names = {member.error_code: name for name, member in stream.members.items() if _is_exception(member)}
    name = names.get(fault.code, UNDECLARED)
    headers = {":message-type": "exception", ":exception-type": name, ":content-type": "application/json"}
    return message(headers, json_bytes(stream.members[name], {"message": fault.message, **fault.members}))


def message(headers: Mapping[str, str], payload: bytes) -> bytes:
    """One message."""
    head = b"".join(_header(name, value) for name, value in headers.items())
    length = _LENGTHS.size + _CRC.size + len(head) + len(payload) + _CRC.size
    prelude = _with_crc(_LENGTHS.pack(length, len(head)))
    return _with_crc(prelude + head + payload)


def _header(name: str, value: str) -> bytes:
    name_bytes, value_bytes = name.encode(), value.encode()
    return (
        struct.pack("!B", len(name_bytes))
        + name_bytes
        + struct.pack("!BH", _TEXT, len(value_bytes))
        + value_bytes
    )


def _with_crc(data: bytes) -> bytes:
    return data + _CRC.pack(zlib.crc32(data))


def _is_exception(member: Shape) -> bool:
    return bool(member.metadata.get("exception"))
