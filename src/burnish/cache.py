"""Where Burnish keeps what can be made again."""

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
    """The folder, made where there is none, and closed to other users: what documents say lies in it."""
    folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
    _close(folder)
    return folder


def private_file(path: Path) -> Path:
    """The file, made where there is none, and closed to other users."""
    path.touch(mode=0o600)
    _close(path)
    return path


def _close(path: Path) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & ~_PRIVATE:
        with suppress(PermissionError):  # somebody else's, who shares a cache
            path.chmod(mode & _PRIVATE)
