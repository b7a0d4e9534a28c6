"""Writing to a disk that may be full."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from burnish.errors import DiskFull


@contextmanager
def full_disk_named(folder: Path) -> Iterator[None]:
    """A full disk met inside the block comes out as one `DiskFull` that names the folder."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise DiskFull(
            f"No space is left to write under {str(folder)!r}: free some, or choose another"
        ) from error
