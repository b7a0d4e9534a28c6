"""Locks of files, which the kernel releases when their holder ends, however that happens."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

#: Where Windows locks a byte: far behind the end, as what is locked cannot be read.
_FAR = 2**40


def can_lock(file: int, *, shared: bool = False) -> bool:
    """Lock an open file if nobody else holds its lock, without waiting; tells whether it is locked now.

    A ``shared`` lock only asks: many may hold one, unless somebody holds the lock alone.
    """
    if sys.platform == "win32":
        return _can_lock_on_windows(file)
    import fcntl

    # By `flock` and not `lockf`: POSIX locks are lost as soon as a process closes any descriptor of the file,
    # as a library or another thread may do by only reading it.
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


if sys.platform == "win32":

    def _can_lock_on_windows(file: int) -> bool:
        import msvcrt

        os.lseek(file, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True


@contextmanager
def locked(file: BinaryIO) -> Iterator[None]:
    """Hold an open file's lock for the block, once whoever else holds it is done."""
    if sys.platform == "win32":
        import msvcrt

        file.seek(_FAR)
        msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
        try:
            yield
        finally:
            file.seek(_FAR)
            msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)
