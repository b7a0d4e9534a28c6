"""Single values on the wire: timestamps, blobs, numbers and truth values written as text."""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from burnish.server.wire.schema import Shape, Value

_NUMBERS: dict[str, Callable[[str], int | float]] = {
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
}
# What JSON takes for a number, of a length that none needs to have.
_NUMBER = re.compile(r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,4})?", re.ASCII)
_TRUTHS = {"true": True, "false": False}


def scalar_of_text(shape: Shape, text: str) -> Value:
    """What a path segment, query value, header or form field says; the text itself where it does not fit."""
    kind = shape.type_name
    if kind in _NUMBERS:
        return _number(_NUMBERS[kind], text)
    if kind == "boolean":
        return _TRUTHS.get(text.lower(), text)
    if kind == "timestamp":
        return timestamp_of(text)
    return blob_of(text) if kind == "blob" else text


def timestamp_of(value: object) -> object:
    """A datetime with its zone, from ISO 8601, HTTP's form or seconds; the value itself where it is none."""
    try:
        # To Python `true` is the number 1, and would be a second after the beginning of 1970.
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        if isinstance(value, str):
            # HTTP's form has a comma after the day of the week; clients write none in ISO 8601.
            moment = parsedate_to_datetime(value) if "," in value else datetime.fromisoformat(value)
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return value
    return value


def blob_of(value: object) -> object:
    """The bytes behind base64; the value itself where it is not base64."""
    try:
        return base64.b64decode(value, validate=True) if isinstance(value, str) else value
    except (binascii.Error, ValueError):
        return value


def text_of(shape: Shape, value: Value) -> str:
    """A value as it stands in XML or in a header."""
    kind = shape.type_name
    if kind == "boolean":
        return "true" if value else "false"
    if kind == "timestamp":
        http = shape.serialization.get("location") == "header"
        return format_datetime(value.astimezone(UTC), usegmt=True) if http else iso8601(value)
    return base64.b64encode(value).decode() if kind == "blob" else str(value)


def iso8601(moment: datetime) -> str:
    """A moment as AWS writes it: in UTC, to the millisecond where it has any."""
    written = moment.astimezone(UTC).isoformat(
        timespec="milliseconds" if moment.microsecond >= 1000 else "seconds"
    )
    return f"{written.removesuffix('+00:00')}Z"


def _number(kind: Callable[[str], int | float], text: str) -> int | float | str:
    if not _NUMBER.fullmatch(text):
        return text
    try:
        number = kind(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text
