"""Rendering: every kind of document becomes 8-bit PNG pages of the size that models read."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Literal

from PIL.Image import Image

from burnish.errors import UnreadableDocument, UnreadableImage
from burnish.pages.page_images import DECODERS, HEAD, content_kind, decoded_pages
from burnish.pages.pdf_pages import pdf_pages, pdf_text
from burnish.pages.reading import Line

LONGEST_EDGE = 1568
MIN_SIDE = 25
PNG_COMPRESSION = 3  # both faster and smaller than Pillow's default of 6


@dataclass(frozen=True, kw_only=True)
class Rendering:
    """How pages become images: which of a document, and how large. The same for training and for testing."""

    pages: Literal["first", "all"] = "first"
    longest_edge: int = LONGEST_EDGE


DEFAULT_RENDERING = Rendering()


def usual_rendering(*, extracts: bool) -> Rendering:
    """How pages become images unless somebody says otherwise; ``extracts``: fields are read off them."""
    # A type shows on the first page; a field may stand on any.
    return Rendering(pages="all") if extracts else DEFAULT_RENDERING


def render_pages(path: Path, rendering: Rendering = DEFAULT_RENDERING) -> Iterator[bytes]:
    """The pages of a document as PNG, upright, on white, gray where there is no colour, never enlarged.

    What kind of document it is, its content decides and not its name. Raises `UnreadableDocument` naming the
    file and the reason: of a document with one page that cannot be read, the others are not used either.
    """
    count = 1 if rendering.pages == "first" else None
    done = 0
    with _readable(path):
        try:
            for image in islice(_images(path, rendering.longest_edge), count):
                _require_legible(image, rendering.longest_edge)
                yield _encoded(image)
                done += 1
        except UnreadableImage as error:
            where = f"page {done + 1}: " if done else ""
            raise UnreadableDocument(str(path), f"{where}{error.reason}") from error


def text_on_first_page(path: Path) -> tuple[Line, ...]:
    """What a PDF says is written on its first page; nothing of any other document, or one that is broken."""
    with _readable(path):
        with path.open("rb") as file:
            kind = content_kind(file.read(HEAD))
        try:
            return pdf_text(path) if kind == "pdf" else ()
        except UnreadableImage:
            return ()


def _images(path: Path, longest_edge: int) -> Iterator[Image]:
    # An open file, not a path: given a path, Pillow memory-maps an uncompressed rotated TIFF with width and
    # height exchanged, which scrambles it.
    with path.open("rb") as file:
        kind = content_kind(file.read(HEAD))
        file.seek(0)
        if kind == "pdf":
            yield from pdf_pages(path, longest_edge=longest_edge)
        elif kind in DECODERS:
            yield from decoded_pages(file, longest_edge=longest_edge)
        else:
            what = f"but {kind}" if kind else "of a known kind"
            raise UnreadableImage(f"its content is neither a PDF nor an image {what}")


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Translate failures of this machine, not of the document, to a non-final `UnreadableDocument`."""
    try:
        yield
    except MemoryError as error:
        reason = "there was too little memory to read it"
        raise UnreadableDocument(str(path), reason, is_final=False) from error
    except OSError as error:
        reason = f"its file could not be read ({error.strerror or error})"
        raise UnreadableDocument(str(path), reason, is_final=False) from error


def _require_legible(image: Image, longest_edge: int) -> None:
    width, height = image.size
    if min(width, height) < MIN_SIDE:
        remedy = "; take a larger longest edge" if max(width, height) >= longest_edge else ""
        raise UnreadableImage(
            f"at {width} x {height} pixels it is too small: a side needs {MIN_SIDE}{remedy}"
        )


def _encoded(image: Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=PNG_COMPRESSION)
    return buffer.getvalue()
