"""The logs of a data folder, kept from filling the disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

#: From this size on, a log begins anew; what it held until then is kept once, as ``NAME.1``.
MAX_LOG_BYTES = 8 * 1024 * 1024
#: The size of all logs together, beyond which the oldest are deleted.
MAX_FOLDER_BYTES = 256 * 1024 * 1024


def trim_logs(folder: Path, *, log_bytes: int = MAX_LOG_BYTES, folder_bytes: int = MAX_FOLDER_BYTES) -> None:
    """Begin logs anew that are too large, and delete the oldest where all together are too large."""
    for log in folder.glob("*.log"):
        with suppress(FileNotFoundError):
            if log.stat().st_size > log_bytes:
                _begin_anew(log, log_bytes)
    for log in _oldest_beyond(folder, folder_bytes):
        log.unlink(missing_ok=True)


def _begin_anew(log: Path, size: int) -> None:
    """Keep the end of a log beside it, and empty it in its place.

    The processes that write it have it open, in the mode that appends: they go on at its new end.
    """
    with log.open("rb+") as current:
        current.seek(-size, 2)
        with log.with_name(f"{log.name}.1").open("wb") as kept:
            shutil.copyfileobj(current, kept)
        current.truncate(0)


def _oldest_beyond(folder: Path, most_bytes: int) -> Iterator[Path]:
    """The files beyond a size in all, counted from the one that was written last."""
    files = [(path, path.stat()) for path in folder.glob("*") if path.is_file()]
    total = 0
    for path, status in sorted(files, key=lambda file: file[1].st_mtime, reverse=True):
        total += status.st_size
        if total > most_bytes:
            yield path
