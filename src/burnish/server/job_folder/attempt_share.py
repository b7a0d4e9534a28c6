"""What an attempt at a job holds of its machine: read by a server that did not start the attempt itself."""

from __future__ import annotations

import msgspec

from burnish.disk import replace_file
from burnish.server.capacity import Share
from burnish.server.job_folder.paths import AttemptFolder


def write_share(folder: AttemptFolder, share: Share) -> None:
    """Write what an attempt may use, before it is started."""
    replace_file(folder.share, msgspec.json.encode(share))


def read_share(folder: AttemptFolder) -> Share | None:
    """What an attempt may use; None where that was not written."""
    try:
        return msgspec.json.decode(folder.share.read_bytes(), type=Share)
    # As a `ValueError`: msgspec raises `UnicodeDecodeError` for bytes that are no text.
    except (FileNotFoundError, ValueError):
        return None
