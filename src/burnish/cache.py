"""The cache folder: everything in it can be recomputed."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

_PRIVATE = stat.S_IRWXU


def cache_folder() -> Path:
    """``BURNISH_CACHE``, or the folder ``burnish`` in the user's cache folder. It may not exist yet."""
    if chosen := os.environ.get("BURNISH_CACHE"):
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "burnish"


def private_folder(folder: Path) -> Path:
    """Create the folder if it is missing, and close it to other users: it holds the text of documents."""
    folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
    _close(folder)
    return folder


def private_file(path: Path) -> Path:
    """Create the file if it is missing, and close it to other users."""
    path.touch(mode=0o600)
    _close(path)
    return path


def _close(path: Path) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & ~_PRIVATE:
        with suppress(PermissionError):  # another user's: the cache is shared on purpose
            path.chmod(mode & _PRIVATE)
