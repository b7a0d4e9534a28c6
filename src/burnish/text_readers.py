"""Which reader reads pages: the only place that knows. Another way of reading is a `TextReader` made here."""

from __future__ import annotations

from burnish.cache import cache_folder
from burnish.ocr import OcrReader
from burnish.reading import CachedReader, Extent, TextReader


def text_reader(extent: Extent | None = None) -> TextReader:
    """The reader of pages, which caches what it reads.

    Without an ``extent`` it reads as much of a page as models that see only text are given.
    """
    return CachedReader(OcrReader(extent or Extent()), cache_folder() / "pages")
