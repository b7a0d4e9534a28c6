"""Dates as policies write them: by ISO 8601, as exact as one likes, or in seconds since 1970."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

_ISO = re.compile(
    r"(?P<year>-?\d{1,9})(?:-(?P<month>\d{1,2})(?:-(?P<day>\d{1,2}))?)?"
    r"(?:[tT](?:(?P<hour>\d{1,2})(?::(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?:[.](?P<fraction>\d{1,9}))?)?)?"
    r"(?P<zone>[zZ]|[+-]\d{2}(?::?\d{2})?)?)?)?",
    re.ASCII,
)
_SECONDS = re.compile(r"\d{1,19}", re.ASCII)
_MOST_SECONDS = 2**63 - 1
_YEARS = range(-292_275_054, 292_278_994)
_RANGES = {
    "month": range(1, 13),
    "day": range(1, 32),
    "hour": range(24),
    "minute": range(60),
    "second": range(60),
}


def is_date(text: str) -> bool:
    """Whether IAM takes a text as a date."""
    if _SECONDS.fullmatch(text):
        return int(text) <= _MOST_SECONDS
    found = _ISO.fullmatch(text)
    return (
        found is not None
        and int(found["year"]) in _YEARS
        and all(int(found[part]) in taken for part, taken in _RANGES.items() if found[part])
    )


def moment_of(text: str) -> float | None:
    """Seconds since 1970, or None for what is no date of the years 1 to 9999."""
    if not is_date(text):
        return None
    if _SECONDS.fullmatch(text):
        return float(text)
    found = _ISO.fullmatch(text)
    if found is None:
        return None
    parts = [int(found[name] or lowest) for name, lowest in _LOWEST]
    fraction = float(f"0.{found['fraction'] or 0}")
    try:
        return datetime(*parts, tzinfo=_zone(found["zone"])).timestamp() + fraction  # type: ignore[arg-type, misc]
    except (ValueError, OverflowError):  # the 31st of June, or another age of the world
        return None


_LOWEST = (("year", 1), ("month", 1), ("day", 1), ("hour", 0), ("minute", 0), ("second", 0))


def _zone(text: str | None) -> timezone:
    if not text or text in "zZ":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)
