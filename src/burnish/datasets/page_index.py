"""What is known of documents that were read before, so that they need not be read again.

Facts of pages by the document's content and the way of rendering, in one SQLite file of the cache. It can be
deleted at any time: then documents are read again.
"""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import msgspec
import PIL
import pypdfium2

from burnish.cache import cache_folder
from burnish.datasets.page_worker import PageFacts
from burnish.datasets.pages import Rendering

FILE_NAME = "page-index.sqlite3"


class Known(msgspec.Struct, frozen=True):
    """The facts of a document's pages, or why it has none."""

    pages: tuple[PageFacts, ...] = ()
    reason: str | None = None


class PageIndex:
    """The index in a cache folder. What cannot be read from it is not known."""

    def __init__(self, folder: Path | None = None) -> None:
        folder = folder or cache_folder()
        folder.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._database = sqlite3.connect(folder / FILE_NAME, timeout=30, check_same_thread=False)
        self._database.execute("pragma journal_mode = wal")
        self._database.execute("pragma synchronous = normal")
        self._database.execute(
            "create table if not exists known (key text primary key, facts blob not null) without rowid"
        )

    def close(self) -> None:
        """Let the file go."""
        self._database.close()

    def find(self, digest: str, rendering: Rendering) -> Known | None:
        """What is known of a document."""
        with self._lock:
            query = "select facts from known where key = ?"
            row = self._database.execute(query, (_key(digest, rendering),)).fetchone()
        try:
            return msgspec.msgpack.decode(row[0], type=Known) if row else None
        except msgspec.DecodeError:
            return None

    def keep(self, digest: str, rendering: Rendering, known: Known) -> None:
        """Remember a document."""
        with self._lock, self._database:
            self._database.execute(
                "insert or replace into known values (?, ?)",
                (_key(digest, rendering), msgspec.msgpack.encode(known)),
            )


def _key(digest: str, rendering: Rendering) -> str:
    """Other versions of the decoders may give other pixels."""
    made_by = (
        f"pillow {PIL.__version__}, pdfium {pypdfium2.PYPDFIUM_INFO}, {msgspec.json.encode(rendering)!r}"
    )
    return f"{digest} {made_by}"
