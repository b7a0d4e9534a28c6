"""Which reader reads pages: the only place that knows. Another way of reading is a `TextReader` made here."""

from __future__ import annotations

from burnish.cache import cache_folder
from burnish.pages.reading import CachedReader


def text_reader() -> CachedReader:
    """The reader of pages, which caches what it reads."""
    from burnish.pages.ocr import OcrReader

    return CachedReader(OcrReader(), cache_folder() / "pages")
