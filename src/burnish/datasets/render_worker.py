"""A process that renders documents as page images, so that a hostile file can crash nothing but this process.

Run as ``python -m burnish.datasets.render_worker``. A request is a line of JSON on standard input; the
answer, a `RenderedDocument` as MessagePack, follows its length in eight bytes on standard output. The process
ends when standard input is closed, as it is when the client dies, even in the middle of a document.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
import threading
from hashlib import sha256
from pathlib import Path
from queue import SimpleQueue

import msgspec
from PIL import Image

from burnish.datasets.pages import Rendering, render_pages, text_on_first_page
from burnish.datasets.perceptual_hash import is_blank, page_hash
from burnish.errors import UnreadableDocument
from burnish.pages.reading import Line

#: No page needs more memory than this: 200 million pixels in colour.
MEMORY_BYTES = 3 * 2**30


class Request(msgspec.Struct, frozen=True):
    """A document to render. Its path is bytes, as the system has it: it need not be valid UTF-8.

    The process is killed where rendering takes longer than ``seconds``.
    """

    path: bytes
    rendering: Rendering
    seconds: float = 300.0
    #: Whether the text layer of the first page is wanted, too.
    with_text: bool = False


class PageFacts(msgspec.Struct, frozen=True):
    """What is kept of a page without its pixels. Hashes are hexadecimal, width and height in pixels."""

    digest: str
    width: int
    height: int
    size: int
    upright: str
    turned: tuple[str, ...]
    blank: bool


class RenderedPage(msgspec.Struct, frozen=True):
    """A page as PNG."""

    facts: PageFacts
    png: bytes


class RenderedDocument(msgspec.Struct, frozen=True):
    """The pages of a document, or why there are none.

    ``is_final`` is False where another attempt may succeed: memory was short, a process was killed, or it
    timed out.
    """

    pages: list[RenderedPage] = []
    #: What a PDF says is written on its first page, where that was asked for.
    text: tuple[Line, ...] = ()
    reason: str | None = None
    is_final: bool = True


def render_document(request: Request) -> RenderedDocument:
    """Render the pages of a document and compute their facts."""
    path = Path(os.fsdecode(request.path))
    try:
        pages = [rendered_page(png) for png in render_pages(path, request.rendering)]
        return RenderedDocument(pages=pages, text=text_on_first_page(path) if request.with_text else ())
    except UnreadableDocument as error:
        return RenderedDocument(reason=error.reason, is_final=error.is_final)


def rendered_page(png: bytes) -> RenderedPage:
    """A page with its facts, from its PNG."""
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
    return RenderedPage(facts=facts, png=png)


def _limit_memory() -> None:
    # macOS and Windows refuse such limits. That costs protection there, and no function.
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def _limit_time(seconds: float) -> None:
    # Killed by the kernel: code that never returns to the interpreter lets no thread of ours run.
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _receive(requests: SimpleQueue[bytes]) -> None:
    """Queue the requests. When there are no more, end the process, whatever the main thread is busy with."""
    for line in sys.stdin.buffer:
        requests.put(line)
    # Not an exception: the main thread may be stuck in a document, and nobody waits for its answer any more.
    os._exit(0)


def main() -> None:
    """Answer requests until there are no more."""
    _limit_memory()
    received: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_receive, args=(received,), daemon=True).start()
    requests = msgspec.json.Decoder(Request)
    answers = msgspec.msgpack.Encoder()
    out = sys.stdout.buffer
    while True:
        request = requests.decode(received.get())
        _limit_time(request.seconds)
        body = answers.encode(render_document(request))
        _limit_time(0)
        # The length first: pixels hold any byte, so nothing could mark the end.
        out.write(len(body).to_bytes(8, "big"))
        out.write(body)
        out.flush()


if __name__ == "__main__":
    main()
