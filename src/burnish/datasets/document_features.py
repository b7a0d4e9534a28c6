"""Documents as an audit looks at them: what their first page says, where it says it, and how it looks."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PIL import Image

from burnish.cache import cache_folder
from burnish.datasets.documents import Document, Skipped
from burnish.datasets.pages import Rendering
from burnish.datasets.perceptual_hash import PageHash
from burnish.datasets.render_pool import PageReaders
from burnish.page_images import decoded_image
from burnish.parallel import map_ordered
from burnish.reading import Line, PageReader, Reading, text_of

#: The whole page, small print too: half as slow again as what a model reads, and more wrong labels are found.
READING = Reading(text_width=100_000, longest_edge=960)
RENDERING = Rendering()
#: Pixels, width and height.
SHADES, THUMBNAIL = (24, 32), (300, 400)


@dataclass(frozen=True, kw_only=True)
class Looked:
    """A document as it is judged. The page itself is not kept: an audit holds all documents at once."""

    document: Document
    lines: tuple[Line, ...]
    #: How light the page is, place by place: a byte for each of 24 columns, in each of 32 rows.
    shades: bytes
    #: WebP.
    thumbnail: bytes
    #: None for a blank page, which is a copy of nothing.
    hashes: PageHash | None

    @property
    def text(self) -> str:
        """What the page says, a line for each line."""
        return text_of(self.lines)


def look_at(
    documents: Sequence[Document],
    *,
    readers: int = 2,
    on_document: Callable[[int], None] | None = None,
) -> tuple[list[Looked], list[Skipped]]:
    """The documents as they look, and those that cannot be read. Lines are kept in the cache."""
    reader = PageReader(cache_folder() / "pages", READING)
    looked: list[Looked] = []
    skipped: list[Skipped] = []
    with PageReaders(readers) as processes:

        def look(document: Document) -> Looked | Skipped:
            read = processes.read(document, RENDERING)
            if not read.pages:
                return Skipped(name=document.name, reason=read.reason or "it has no pages")
            page = read.pages[0]
            bits = page.facts
            hashes = PageHash(int(bits.upright, 16), tuple(int(turn, 16) for turn in bits.turned))
            lines = reader.read_lines(page.png)
            return looked_at(document, page.png, lines=lines, hashes=None if bits.blank else hashes)

        for done, found in enumerate(map_ordered(look, documents, workers=readers), 1):
            if isinstance(found, Looked):
                looked.append(found)
            else:
                skipped.append(found)
            if on_document:
                on_document(done)
    return looked, skipped


def looked_at(document: Document, png: bytes, *, lines: Sequence[Line], hashes: PageHash | None) -> Looked:
    """A document whose first page is ``png`` and says ``lines``."""
    grey = decoded_image(png).convert("L")
    shades = grey.resize(SHADES, Image.Resampling.BOX)
    grey.thumbnail(THUMBNAIL)
    thumbnail = io.BytesIO()
    grey.save(thumbnail, "WEBP", quality=60)
    return Looked(
        document=document,
        lines=tuple(lines),
        shades=shades.tobytes(),
        thumbnail=thumbnail.getvalue(),
        hashes=hashes,
    )
