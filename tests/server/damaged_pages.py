"""SQLite files of which a page is overwritten, as by a disk that fails."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

#: What the rows to be damaged are recognized by.
PADDING = "x" * 900


def damage_a_page(path: Path) -> None:
    """Overwrite a page of a table that has rows with the padding in them. Nobody may have the file open."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("pragma wal_checkpoint(truncate)")
    content = bytearray(path.read_bytes())
    size = int.from_bytes(content[16:18], "big")
    # Leaves of tables begin with 13.
    leaf = next(
        start
        for start in range(size, len(content), size)
        if content[start] == 13 and content[start : start + size].count(PADDING.encode()) > 1
    )
    content[leaf : leaf + size] = os.urandom(size)
    path.write_bytes(content)
