"""Documents as an audit looks at them: the picture and the text of their first page."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from burnish.cache import cache_folder
from burnish.datasets.auditing import Looked
from burnish.datasets.documents import Document, Skipped
from burnish.datasets.fanning import in_order
from burnish.datasets.page_readers import PageReaders
from burnish.datasets.pages import Rendering
from burnish.datasets.perceptual_hash import PageHash
from burnish.reading import PageReader, Reading

#: The whole page, small print too: half as slow again as what a model reads, and more wrong labels are found.
READING = Reading(text_width=100_000, longest_edge=960)
RENDERING = Rendering()


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
            return Looked(
                document=document,
                lines=reader.read_lines(page.png),
                png=page.png,
                hashes=None if bits.blank else hashes,
            )

        for done, found in enumerate(in_order(look, documents, workers=readers), 1):
            if isinstance(found, Looked):
                looked.append(found)
            else:
                skipped.append(found)
            if on_document:
                on_document(done)
    return looked, skipped
