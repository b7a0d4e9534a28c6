"""Writing to a disk that may be full, by a program that may be interrupted."""

from __future__ import annotations

import errno
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from burnish.errors import DiskFull

_FULL = (errno.ENOSPC, errno.EDQUOT)


@contextmanager
def reporting_full_disk(folder: Path) -> Iterator[None]:
    """A full disk met inside the block comes out as one `DiskFull` that names the folder."""
    try:
        yield
    except OSError as error:
        if isinstance(error, DiskFull) or not is_disk_full(error):
            raise
        raise DiskFull(
            f"No space is left to write under {str(folder)!r}: free some, or choose another"
        ) from error


def is_disk_full(error: BaseException) -> bool:
    """Whether a full disk, or a quota that is used up, is why something could not be written."""
    if isinstance(error, sqlite3.OperationalError):
        # SQLite says so of the database itself; of the files beside it, it says only that writing failed.
        return error.sqlite_errorcode in (
            sqlite3.SQLITE_FULL,
            sqlite3.SQLITE_IOERR_WRITE,
            sqlite3.SQLITE_IOERR_SHMSIZE,
            sqlite3.SQLITE_IOERR_FSYNC,
            sqlite3.SQLITE_IOERR_TRUNCATE,
        )
    return isinstance(error, DiskFull) or (isinstance(error, OSError) and error.errno in _FULL)


def replace_file(path: Path, content: bytes) -> None:
    """Write a file that is always the old one or the new one, whatever happens meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
