"""AWS's binary framing of event streams, as ConverseStream and InvokeModelWithResponseStream send it.

A message is a prelude (total length, headers' length, their CRC-32), headers (name, type 7 = text,
value), the payload, and the CRC-32 of all of it; everything big-endian.
"""

from __future__ import annotations

import logging
import struct
import zlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

import msgspec

from burnish.server.wire.call import ServiceFault
from burnish.server.wire.rest_json import json_bytes
from burnish.server.wire.schema import Shape, error_shapes

CONTENT_TYPE = "application/vnd.amazon.eventstream"
INTERNAL_MESSAGE = "The server met an error of its own; its log has the details"
Events = AsyncIterator[tuple[str, Mapping[str, Any]]]

_log = logging.getLogger(__name__)


async def framed(service: str, stream: Shape, events: Events) -> AsyncIterator[bytes]:
    """Each event as one message. What goes wrong on the way ends the stream as an exception message."""
    try:
        async for name, members in events:
            yield event_message(stream.members[name], name, members)
    except ServiceFault as fault:
        yield exception_message(service, stream, fault)
    except Exception:  # noqa: BLE001  # the headers are sent: the last word can only be said in the stream
        _log.exception("A stream of %s broke off", service)
        yield exception_message(service, stream, ServiceFault("InternalServerException", INTERNAL_MESSAGE))


def event_message(shape: Shape, name: str, members: Mapping[str, Any]) -> bytes:
    """One event, its members as JSON."""
    headers = {":message-type": "event", ":event-type": name, ":content-type": "application/json"}
    return message(headers, json_bytes(shape, members))


def exception_message(service: str, stream: Shape, fault: ServiceFault) -> bytes:
    """A fault as the last message of a stream, under the stream's own name for it."""
    shape = error_shapes(service).get(fault.code)
    named = {member.name: name for name, member in stream.members.items()}
    kind = named.get(shape.name, fault.code) if shape else fault.code
    headers = {":message-type": "exception", ":exception-type": kind, ":content-type": "application/json"}
    return message(headers, msgspec.json.encode({"message": fault.message, **fault.members}))


def message(headers: Mapping[str, str], payload: bytes) -> bytes:
    """One framed message."""
    head = b"".join(_header(name, value) for name, value in headers.items())
    prelude = struct.pack("!II", 12 + len(head) + len(payload) + 4, len(head))
    checked = prelude + _crc(prelude) + head + payload
    return checked + _crc(checked)


def _header(name: str, value: str) -> bytes:
    name_bytes, value_bytes = name.encode(), value.encode()
    return bytes([len(name_bytes)]) + name_bytes + struct.pack("!BH", 7, len(value_bytes)) + value_bytes


def _crc(data: bytes) -> bytes:
    return struct.pack("!I", zlib.crc32(data))
