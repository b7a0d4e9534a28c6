"""Points in time, for a reader: in the time zone of the machine that shows them."""

from __future__ import annotations

from datetime import datetime


def shown_time(time: datetime) -> str:
    """Such as ``2026-11-28 09:41``, which is sorted as text is, in terminals and browsers alike."""
    return time.astimezone().strftime("%Y-%m-%d %H:%M")
