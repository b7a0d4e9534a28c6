"""Why connections end before anybody can tell what their clients ask for."""

from __future__ import annotations

from enum import StrEnum


class Unread(StrEnum):
    """What was wrong with it."""

    MALFORMED = "malformed"
    NO_TLS = "no TLS"
    TOO_SLOW = "too slow"
    NO_ROOM = "too many connections"
    FLOOD = "flood of frames"
