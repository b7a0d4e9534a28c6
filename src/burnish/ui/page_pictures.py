"""Pages as pictures for a browser, and what is written on them.

A picture is made anew of the pixels of an image, by the one decoder of Burnish: no byte that somebody else
has chosen reaches the browser, whatever the file claims to be.
"""

from __future__ import annotations

import hashlib
import io
import threading
from collections import OrderedDict
from collections.abc import Callable

from burnish.aws.clients import Client
from burnish.aws.objects import S3Uri, read_bytes
from burnish.errors import InvalidRecords
from burnish.pages.page_images import decoded_image

#: Longest edges in pixels: on a card, and large enough to be read.
SMALL, LARGE = 640, 1800
_QUALITY = 78
_KEPT = 200


class PagePictures:
    """Pictures of pages in S3, the latest of which are kept in memory. Threads may share one."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: OrderedDict[tuple[str, int], bytes] = OrderedDict()

    def picture(self, digest: str, longest_edge: int, read: Callable[[], bytes]) -> bytes:
        """A page as WebP, of the image of this digest, which ``read`` gives. Raises `UnreadableImage`."""
        wanted = (digest, longest_edge)
        with self._lock:
            if kept := self._made.get(wanted):
                self._made.move_to_end(wanted)
                return kept
        made = picture_of(read(), longest_edge)
        with self._lock:
            self._made[wanted] = made
            while len(self._made) > _KEPT:
                self._made.popitem(last=False)
        return made


def picture_of(image: bytes, longest_edge: int) -> bytes:
    """An image of a page as WebP, not larger than it is. Raises `UnreadableImage`."""
    buffer = io.BytesIO()
    decoded_image(image, longest_edge=longest_edge).save(buffer, format="WEBP", quality=_QUALITY, method=2)
    return buffer.getvalue()


def page_body(s3: Client, uri: str, digest: str) -> bytes:
    """The image of a page as it lies in S3. Raises `InvalidRecords` where it was written over."""
    body = read_bytes(s3, S3Uri.parse(uri))
    if hashlib.sha256(body).hexdigest() != digest:
        raise InvalidRecords(f"{uri} is not the page that was asked about: it was written over since")
    return body


def text_on(image: bytes) -> str:
    """What is written on a page, as models of one's own server read it. It is read once and cached."""
    from burnish.pages.reading import WHOLE_PAGE, text_of
    from burnish.pages.text_readers import text_reader

    return text_of(text_reader().read_lines(image, WHOLE_PAGE))
