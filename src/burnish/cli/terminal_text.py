"""What characters a terminal can draw."""

from __future__ import annotations

import os
from typing import IO


def draws_unicode(stream: IO[str]) -> bool:
    """Whether more than ASCII can be drawn there: by its encoding, and by the locale that was asked for."""
    # Python writes UTF-8 in the locale C as well, but who chose that one has a reason.
    locale = os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    encoding = (getattr(stream, "encoding", None) or "utf-8").lower()
    return encoding.startswith("utf") and locale not in ("C", "POSIX")
