"""Pages of documents on this machine as pictures, rendered by a process that may crash without harm."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from burnish.datasets.documents import Document
from burnish.datasets.pages import Rendering
from burnish.datasets.render_pool import RenderPool
from burnish.errors import NotFound, UnreadableDocument
from burnish.ui.page_pictures import LARGE, PagePictures


class DocumentPictures:
    """Pictures of the pages of files. Threads may share one."""

    def __init__(self, pictures: PagePictures) -> None:
        self._pictures = pictures

    @cached_property
    def _renderers(self) -> RenderPool:
        # Of one process: a person looks at one page at a time. It ends with this one, whose pipe it reads.
        return RenderPool(1)

    def picture(self, path: Path, page: int, longest_edge: int) -> bytes:
        """A page of a file as WebP, the first being 1.

        Raises `NotFound` where the file is gone, and `UnreadableDocument` where it cannot be rendered.
        """
        try:
            facts = path.stat()
        except OSError as error:
            raise NotFound(f"{path} is gone, or cannot be read: {error.strerror}") from error
        version = f"{path} {facts.st_mtime_ns} {facts.st_size} {page}"
        return self._pictures.picture(version, longest_edge, lambda: self._rendered(path, page))

    def _rendered(self, path: Path, page: int) -> bytes:
        document = Document(
            path=path, label="", digest="", name=path.name, extent=(page, page) if page > 1 else None
        )
        found = self._renderers.render(document, Rendering(longest_edge=LARGE))
        if not found.pages:
            raise UnreadableDocument(path.name, found.reason or "it has no such page")
        return found.pages[0].png
