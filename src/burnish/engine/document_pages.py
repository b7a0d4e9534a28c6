"""The page images that a turn brings: images as they are, PDFs page by page."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

from PIL.Image import Image

from burnish.errors import InvalidInput, UnreadableImage
from burnish.pages.page_images import HEAD, content_kind
from burnish.pages.pdf_pages import pdf_pages

#: As large as the client draws them (`burnish.datasets.pages`), which is what models were trained with.
LONGEST_EDGE = 1568
#: Of a turn, PDFs and images together: reading a page takes about a second.
MAX_PAGES = 100
PNG_COMPRESSION = 3


def page_images(files: Sequence[bytes]) -> Iterator[bytes]:
    """The pages of all files, one after another. Raises `InvalidInput` for a PDF that cannot be drawn."""
    pages = 0
    for file in files:
        for page in _pages_of(file):
            pages += 1
            if pages > MAX_PAGES:
                raise InvalidInput(f"The documents have more than {MAX_PAGES} pages: send fewer at a time")
            yield page


def _pages_of(file: bytes) -> Iterator[bytes]:
    if content_kind(file[:HEAD]) != "pdf":
        yield file
        return
    try:
        yield from map(_encoded, pdf_pages(file, longest_edge=LONGEST_EDGE))
    except UnreadableImage as error:
        raise InvalidInput(f"The PDF cannot be read: {error.reason}") from error


def _encoded(image: Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=PNG_COMPRESSION)
    return buffer.getvalue()
