"""What is known of documents that were read before, so that they need not be read again.

Facts of pages by the document's content and the way of rendering, in one SQLite file of the cache. It can be
deleted at any time: then documents are read again.
"""

from __future__ import annotations

import sqlite3
import threading
from functools import cache
from pathlib import Path

import msgspec
import PIL
import pypdfium2
from PIL import features

from burnish.cache import cache_folder, private_file
from burnish.datasets.pages import MIN_SIDE, Rendering
from burnish.datasets.render_worker import PageFacts
from burnish.page_images import DECODER, MAX_PIXELS

FILE_NAME = "page-index.sqlite3"
#: What Pillow decodes with, where it was built with it.
_CODECS = ("jpg", "libtiff", "webp", "zlib", "jpg_2000", "avif")


class IndexedDocument(msgspec.Struct, frozen=True):
    """The facts of a document's pages, or why it has none and whether that can change."""

    pages: tuple[PageFacts, ...] = ()
    reason: str | None = None
    is_final: bool = True


class PageIndex:
    """The index in a cache folder. What cannot be read from it is not known."""

    def __init__(self, folder: Path | None = None) -> None:
        folder = folder or cache_folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._database = sqlite3.connect(
            private_file(folder / FILE_NAME), timeout=30, check_same_thread=False
        )
        self._database.execute("pragma journal_mode = wal")
        self._database.execute("pragma synchronous = normal")
        self._database.execute(
            "create table if not exists known (key text primary key, facts blob not null) without rowid"
        )

    def close(self) -> None:
        """Let the file go."""
        self._database.close()

    def find(self, digest: str, rendering: Rendering) -> IndexedDocument | None:
        """What is known of a document."""
        with self._lock:
            query = "select facts from known where key = ?"
            row = self._database.execute(query, (_key(digest, rendering),)).fetchone()
        try:
            return msgspec.msgpack.decode(row[0], type=IndexedDocument) if row else None
        except msgspec.DecodeError:
            return None

    def store(self, digest: str, rendering: Rendering, known: IndexedDocument) -> None:
        """Remember a document, unless what is known of it may be otherwise next time."""
        if not known.is_final:
            return
        with self._lock, self._database:
            self._database.execute(
                "insert or replace into known values (?, ?)",
                (_key(digest, rendering), msgspec.msgpack.encode(known)),
            )


def _key(digest: str, rendering: Rendering) -> str:
    """Other decoders may give other pixels, and other limits may take what these refuse."""
    limits = (MAX_PIXELS, MIN_SIDE)
    return f"{digest} {_decoders()}, limits {limits}, {msgspec.json.encode(rendering)!r}"


@cache
def _decoders() -> str:
    codecs = [f"{name} {features.version(name)}" for name in _CODECS]
    pdfium = f"{pypdfium2.PYPDFIUM_INFO} {pypdfium2.PDFIUM_INFO}"
    return f"decoder {DECODER}, pillow {PIL.__version__}, {', '.join(codecs)}, pdfium {pdfium}"
