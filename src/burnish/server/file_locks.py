"""Locks of files, which the kernel releases when their holder ends, however that happens."""

from __future__ import annotations

import fcntl


def can_lock(file: int, *, shared: bool = False) -> bool:
    """Lock an open file if nobody else holds its lock, without waiting; tells whether it is locked now.

    A ``shared`` lock only asks: many may hold one, unless somebody holds the lock alone.
    """
    # By `flock` and not `lockf`: POSIX locks are lost as soon as a process closes any descriptor of the file,
    # as a library or another thread may do by only reading it.
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
