"""What the server tells the attempts at a job: which of them the job belongs to, and whether to end it.

The number of the attempt is a fence. An attempt that was suspended, or whose machine was thought dead, may
wake up after another has begun; it reads that the job is no longer its own, and ends.
"""

from __future__ import annotations

import msgspec

from burnish.disk import replace_file
from burnish.server.job_folder.paths import JobFolder


class Orders(msgspec.Struct, frozen=True, kw_only=True):
    """The number of the attempt that owns the job, and whether the job is to stop.

    One that ``ends_early`` ends its training after the step that it is at, and keeps what it has learned.
    """

    attempt: int
    stop: bool = False
    ends_early: bool = False


def write_orders(folder: JobFolder, orders: Orders) -> None:
    """Give orders, where they are not what was said before."""
    if read_orders(folder) != orders:
        replace_file(folder.orders, msgspec.json.encode(orders))


def read_orders(folder: JobFolder) -> Orders | None:
    """The orders of a job; None where it has none, because it has not begun or is over."""
    try:
        return msgspec.json.decode(folder.orders.read_bytes(), type=Orders)
    # As a `ValueError`: msgspec raises `UnicodeDecodeError` for bytes that are no text.
    except (FileNotFoundError, ValueError):
        return None
