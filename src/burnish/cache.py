"""Where Burnish keeps what can be made again."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """``BURNISH_CACHE``, or the folder ``burnish`` in the user's cache folder. It may not exist yet."""
    if chosen := os.environ.get("BURNISH_CACHE"):
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "burnish"
