"""A look at documents before anything is paid for: one page of each type."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from html import escape

from burnish.datasets.documents import Documents
from burnish.datasets.pages import Rendering, render_pages
from burnish.errors import UnreadableDocument

_LONGEST_EDGE = 480
_SHOWN_WIDTH = 170


@dataclass(frozen=True, kw_only=True)
class PagePreview:
    """The first page of a document, small, as PNG."""

    label: str
    name: str
    png: bytes


@dataclass(frozen=True)
class PagePreviews:
    """Pages with their labels. A notebook shows the images."""

    pages: tuple[PagePreview, ...]

    def _repr_html_(self) -> str:
        return f'<div style="display:flex;flex-wrap:wrap;gap:12px">{"".join(map(_figure, self.pages))}</div>'


def preview_pages(found: Documents, *, most: int = 24) -> PagePreviews:
    """The first readable page of each type, of at most so many types."""
    pages: dict[str, PagePreview] = {}
    for one in found.documents:
        if one.label in pages or len(pages) == most:
            continue
        try:
            png = next(render_pages(one.path, Rendering(longest_edge=_LONGEST_EDGE)))
        except UnreadableDocument:  # preparing the data set lists it with the reason
            continue
        pages[one.label] = PagePreview(label=one.label, name=one.name, png=png)
    return PagePreviews(tuple(pages.values()))


def _figure(page: PagePreview) -> str:
    image = f"data:image/png;base64,{b64encode(page.png).decode()}"
    style = f"width:{_SHOWN_WIDTH}px;border:1px solid #9aa3b2"
    name = escape(page.name, quote=True)
    return (
        f'<figure style="margin:0"><img src="{image}" style="{style}" alt="{name}" title="{name}">'
        f"<figcaption>{escape(page.label)}</figcaption></figure>"
    )
