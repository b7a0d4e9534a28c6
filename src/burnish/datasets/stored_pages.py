"""The pages of documents in S3, each rendered and uploaded once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from burnish.aws.clients import Client
from burnish.aws.objects import S3Uri, list_objects, upload_bytes
from burnish.datasets.documents import Document
from burnish.datasets.page_index import IndexedDocument, PageIndex
from burnish.datasets.pages import Rendering
from burnish.datasets.prepared import Destination
from burnish.datasets.render_pool import RenderPool
from burnish.datasets.writing import UPLOADS_AT_ONCE
from burnish.parallel import map_ordered


class StoredPages:
    """Renders documents and uploads their pages, except those that are indexed and uploaded already."""

    def __init__(
        self,
        s3: Client,
        destination: Destination,
        *,
        rendering: Rendering,
        readers: int,
        on_document: Callable[[int, int], None],
    ) -> None:
        self._s3 = s3
        self._destination = destination
        self._rendering = rendering
        self._count = readers
        self._on_document = on_document

    def of(self, documents: Sequence[Document]) -> dict[str, IndexedDocument]:
        """Ensure that all pages are in S3; the facts of each document, by its digest."""
        # One listing, and not a request for each of perhaps a hundred thousand pages.
        there = set(list_objects(self._s3, self._destination.folder.child("pages/")))
        index = PageIndex()
        known: dict[str, IndexedDocument] = {}

        def ready(document: Document) -> IndexedDocument:
            facts = index.find(document.digest, self._rendering)
            if facts is None or not self._all_there(document, facts, there):
                facts = self._read(renderers, document, there)
                index.store(document.digest, self._rendering, facts)
            return facts

        try:
            with RenderPool(self._count) as renderers:
                # More threads than processes: while some wait for a process, others upload.
                work = map_ordered(ready, documents, workers=self._count + UPLOADS_AT_ONCE)
                for done, (document, facts) in enumerate(zip(documents, work, strict=True), 1):
                    known[document.digest] = facts
                    self._on_document(done, len(documents))
        finally:
            index.close()
        return known

    def _all_there(self, document: Document, facts: IndexedDocument, there: set[S3Uri]) -> bool:
        return all(self._destination.place_of(document.label, page) in there for page in facts.pages)

    def _read(self, renderers: RenderPool, document: Document, there: set[S3Uri]) -> IndexedDocument:
        read = renderers.render(document, self._rendering)
        for page in read.pages:
            uri = self._destination.place_of(document.label, page.facts)
            if uri not in there:
                upload_bytes(self._s3, uri, page.png, content_type="image/png")
        facts = tuple(page.facts for page in read.pages)
        return IndexedDocument(pages=facts, reason=read.reason, is_final=read.is_final)
