"""A process that turns documents into pages: what a hostile file can break is this process, and it alone.

Run as ``python -m burnish.datasets.render_worker``. A request is a line of JSON on standard input; the
answer, a `ReadDocument` as MessagePack, follows its length in eight bytes on standard output.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from hashlib import sha256
from pathlib import Path

import msgspec
from PIL import Image

from burnish.datasets.pages import Rendering, render_pages
from burnish.datasets.perceptual_hash import is_blank, page_hash
from burnish.errors import UnreadableDocument

#: More memory than this no page needs: 200 million pixels in colour.
MEMORY_BYTES = 3 * 2**30


class Request(msgspec.Struct, frozen=True):
    """A document to read. Its path is bytes, as it is to the system: it need not be text."""

    path: bytes
    rendering: Rendering


class PageFacts(msgspec.Struct, frozen=True):
    """What is known of a page without its pixels. Hashes are hexadecimal; sides are in pixels."""

    digest: str
    width: int
    height: int
    size: int
    upright: str
    turned: tuple[str, ...]
    blank: bool


class ReadPage(msgspec.Struct, frozen=True):
    """A page as PNG."""

    facts: PageFacts
    png: bytes


class ReadDocument(msgspec.Struct, frozen=True):
    """The pages of a document, or why there are none.

    ``is_final``: another attempt would give the same. It might not where memory was short, a process was
    killed, or time ran out.
    """

    pages: list[ReadPage] = []
    reason: str | None = None
    is_final: bool = True


def read_document(request: Request) -> ReadDocument:
    """The pages of a document with what is known of them."""
    path = Path(os.fsdecode(request.path))
    try:
        return ReadDocument(pages=[_page(png) for png in render_pages(path, request.rendering)])
    except UnreadableDocument as error:
        return ReadDocument(reason=error.reason, is_final=error.is_final)


def _page(png: bytes) -> ReadPage:
    with Image.open(io.BytesIO(png)) as image:
        hashes, blank = page_hash(image), is_blank(image)
        width, height = image.size
    facts = PageFacts(
        digest=sha256(png).hexdigest(),
        width=width,
        height=height,
        size=len(png),
        upright=f"{hashes.upright:064x}",
        turned=tuple(f"{one:064x}" for one in hashes.turned),
        blank=blank,
    )
    return ReadPage(facts=facts, png=png)


def _limit_memory() -> None:
    # Not every system knows limits, and where the memory is, it need not be limited.
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def main() -> None:
    """Answer requests until there are no more."""
    _limit_memory()
    requests = msgspec.json.Decoder(Request)
    answers = msgspec.msgpack.Encoder()
    out = sys.stdout.buffer
    for line in sys.stdin.buffer:
        body = answers.encode(read_document(requests.decode(line)))
        out.write(len(body).to_bytes(8, "big"))
        out.write(body)
        out.flush()


if __name__ == "__main__":
    main()
