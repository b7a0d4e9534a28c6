"""Points in time, for a reader: in the time zone of the machine that shows them."""

from __future__ import annotations

from datetime import datetime


def moment(time: datetime | None) -> str:
    """Such as ``2026-11-28 09:41``; a hyphen where there is none."""
    return time.astimezone().strftime("%Y-%m-%d %H:%M") if time else "-"
