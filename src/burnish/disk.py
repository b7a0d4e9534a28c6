"""Writing files safely: to a disk that may be full, by a program that may be interrupted."""

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
    """Translate the block's errors for a full disk to one `DiskFull` that names the folder."""
    try:
        yield
    except OSError as error:
        if isinstance(error, DiskFull) or not is_disk_full(error):
            raise
        raise DiskFull(
            f"No space is left to write under {str(folder)!r}: free some, or choose another"
        ) from error


def is_disk_full(error: BaseException) -> bool:
    """Whether an error is due to a full disk, or to a quota that is used up."""
    if isinstance(error, sqlite3.OperationalError):
        # SQLITE_FULL is about the database itself; for its journal, SQLite only reports a failed write.
        return error.sqlite_errorcode in (
            sqlite3.SQLITE_FULL,
            sqlite3.SQLITE_IOERR_WRITE,
            sqlite3.SQLITE_IOERR_SHMSIZE,
            sqlite3.SQLITE_IOERR_FSYNC,
            sqlite3.SQLITE_IOERR_TRUNCATE,
        )
    return isinstance(error, DiskFull) or (isinstance(error, OSError) and error.errno in _FULL)


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, through to the disk. One that is there is replaced."""
    # A new file, because permissions of one that somebody else has made, or has open, would stay.
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def write_through(path: Path) -> None:
    """Have what was written to a file or folder reach the disk. A folder's entries are its content."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_file(path: Path, content: bytes) -> None:
    """Write a file atomically: readers and crashes see the old content or the new one, never a part of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # In the same folder: renaming is atomic only within one file system.
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            # Otherwise a power cut after the renaming may leave an empty file under the final name.
            os.fsync(file.fileno())
        # `mkstemp` makes files that only their owner can read.
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
