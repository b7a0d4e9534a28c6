"""An index of rendered documents, so that no document is rendered twice.

It maps a document's digest and the rendering to the facts of its pages, in a SQLite file of the cache. It can
be deleted at any time; documents are then rendered again.
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
from burnish.pages.page_images import DECODER, MAX_PIXELS

FILE_NAME = "page-index.sqlite3"
#: The codecs of Pillow, as far as it was built with them.
_CODECS = ("jpg", "libtiff", "webp", "zlib", "jpg_2000", "avif")


class IndexedDocument(msgspec.Struct, frozen=True):
    """The facts of a document's pages, or why there are none, and whether that is final."""

    pages: tuple[PageFacts, ...] = ()
    reason: str | None = None
    is_final: bool = True


class PageIndex:
    """The index in a cache folder. Entries that cannot be decoded count as missing."""

    def __init__(self, folder: Path | None = None) -> None:
        folder = folder or cache_folder()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._database = sqlite3.connect(
            private_file(folder / FILE_NAME), timeout=30, check_same_thread=False
        )
        # Several preparations may run at once: with WAL readers do not block the writer. Losing the last
        # entries in a # power cut only costs rendering them again, so no fsync is needed for each.
        self._database.execute("pragma journal_mode = wal")
        self._database.execute("pragma synchronous = normal")
        self._database.execute(
            "create table if not exists known (key text primary key, facts blob not null) without rowid"
        )

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def find(self, digest: str, rendering: Rendering) -> IndexedDocument | None:
        """The entry of a document, if there is one."""
        with self._lock:
            query = "select facts from known where key = ?"
            row = self._database.execute(query, (_key(digest, rendering),)).fetchone()
        try:
            return msgspec.msgpack.decode(row[0], type=IndexedDocument) if row else None
        except msgspec.DecodeError:
            return None

    def store(self, digest: str, rendering: Rendering, known: IndexedDocument) -> None:
        """Store an entry, unless it records a failure that may not happen again."""
        # Memory may be there the next time: such a failure must not be remembered.
        if not known.is_final:
            return
        with self._lock, self._database:
            self._database.execute(
                "insert or replace into known values (?, ?)",
                (_key(digest, rendering), msgspec.msgpack.encode(known)),
            )


def _key(digest: str, rendering: Rendering) -> str:
    """The key of an entry: other decoders may give other pixels, and other limits accept other pages."""
    limits = (MAX_PIXELS, MIN_SIDE)
    return f"{digest} {decoders()}, limits {limits}, {msgspec.json.encode(rendering)!r}"


@cache
def decoders() -> str:
    """What decodes documents here: with the same, a document has the same pages, byte for byte."""
    codecs = [f"{name} {features.version(name)}" for name in _CODECS]
    pdfium = f"{pypdfium2.PYPDFIUM_INFO} {pypdfium2.PDFIUM_INFO}"
    return f"decoder {DECODER}, pillow {PIL.__version__}, {', '.join(codecs)}, pdfium {pdfium}"
