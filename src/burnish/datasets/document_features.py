"""The features by which an audit judges a document: the text, layout and appearance of its first page."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from burnish.datasets.documents import Document, SkippedDocument
from burnish.datasets.page_comparison import page_detail
from burnish.datasets.pages import Rendering
from burnish.datasets.perceptual_hash import PageHash
from burnish.datasets.render_pool import RenderPool
from burnish.page_features.appearance import page_appearance
from burnish.pages.page_images import decoded_image
from burnish.pages.reading import WHOLE_PAGE, CachedReader, Line, text_of
from burnish.pages.text_layers import SAMPLE, is_good
from burnish.pages.text_readers import text_reader
from burnish.parallel import map_ordered

RENDERING = Rendering()
#: How many documents are read at a time.
READERS = 2
#: What a scanned page takes on one core, nearly all of it for the recognition of its text.
SECONDS_PER_PAGE = 1.4
#: Pixels, width and height.
THUMBNAIL = (300, 400)


@dataclass(frozen=True, kw_only=True)
class DocumentFeatures:
    """What is extracted from a document. The page itself is not kept: an audit holds all documents."""

    document: Document
    lines: tuple[Line, ...]
    #: `burnish.page_features.appearance`.
    appearance: bytes
    #: WebP.
    thumbnail: bytes
    #: What the page is compared by with those that look alike.
    detail: bytes
    #: None for a blank page: all of those would count as copies of one another.
    hashes: PageHash | None
    #: Of the pages after the first, where they were asked for.
    further_lines: tuple[Line, ...] = ()

    @property
    def text(self) -> str:
        """The recognized text of the first page, line by line."""
        return text_of(self.lines)

    @property
    def whole_text(self) -> str:
        """The recognized text of all pages."""
        return text_of((*self.lines, *self.further_lines))


def expected_seconds(documents: int) -> float:
    """How long reading so many documents takes on an idle machine where none has been read before."""
    return documents * SECONDS_PER_PAGE / min(READERS, os.cpu_count() or 1)


def extract_features(
    documents: Sequence[Document],
    *,
    rendering: Rendering = RENDERING,
    renderers: int = READERS,
    on_document: Callable[[int], None] | None = None,
) -> tuple[list[DocumentFeatures], list[SkippedDocument]]:
    """The features of the documents, in order, and the documents that cannot be read. Text is cached.

    Of the pages after the first, where ``rendering`` has them, only the text is extracted.
    """
    reader = text_reader()
    features: list[DocumentFeatures] = []
    skipped: list[SkippedDocument] = []
    with RenderPool(renderers) as pool:

        def extract(document: Document) -> DocumentFeatures | SkippedDocument:
            rendered = pool.render(document, rendering, with_text=True)
            if not rendered.pages:
                return SkippedDocument(name=document.name, reason=rendered.reason or "it has no pages")
            page = rendered.pages[0]
            facts = page.facts
            hashes = PageHash(int(facts.upright, 16), tuple(int(turn, 16) for turn in facts.turned))
            lines = _lines_of(page.png, rendered.text, reader)
            found = features_of(document, page.png, lines=lines, hashes=None if facts.blank else hashes)
            further = (line for one in rendered.pages[1:] for line in reader.read_lines(one.png, WHOLE_PAGE))
            return replace(found, further_lines=tuple(further))

        for done, found in enumerate(map_ordered(extract, documents, workers=renderers), 1):
            if isinstance(found, DocumentFeatures):
                features.append(found)
            else:
                skipped.append(found)
            if on_document:
                on_document(done)
    return features, skipped


def _lines_of(png: bytes, text_layer: Sequence[Line], reader: CachedReader) -> Sequence[Line]:
    """The lines of a page: its text layer where that is good, or else what is recognized of all of it."""
    if text_layer and is_good(text_layer, reader.read_lines(png, SAMPLE)):
        return text_layer
    return reader.read_lines(png, WHOLE_PAGE)


def features_of(
    document: Document, png: bytes, *, lines: Sequence[Line], hashes: PageHash | None
) -> DocumentFeatures:
    """The features of a document whose first page is ``png``, with the recognized ``lines``."""
    grey = decoded_image(png).convert("L")
    appearance = page_appearance(grey)
    detail = page_detail(grey)
    grey.thumbnail(THUMBNAIL)
    thumbnail = io.BytesIO()
    grey.save(thumbnail, "WEBP", quality=60)
    return DocumentFeatures(
        document=document,
        lines=tuple(lines),
        appearance=appearance,
        thumbnail=thumbnail.getvalue(),
        detail=detail,
        hashes=hashes,
    )
