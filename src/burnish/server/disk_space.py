"""The space on the disk of a server's data folder, before it is needed."""

from __future__ import annotations

import shutil
from pathlib import Path

from burnish.errors import DiskFull

#: SeaweedFS stops writing when a hundredth of the disk is left.
SPARE_SHARE = 0.01
SPARE_BYTES = 16 * 1024 * 1024
FULL = "The disk of this server's data folder is full: free some space and try again"


def has_room(data: Path, length: int = 0) -> bool:
    """Whether ``length`` bytes can be written and the S3 server can still work."""
    disk = shutil.disk_usage(data)
    return disk.free - length > max(SPARE_BYTES, disk.total * SPARE_SHARE)


def require_room(data: Path) -> None:
    """Raise `DiskFull` where work that is accepted now could not be finished."""
    if not has_room(data):
        raise DiskFull(FULL)
