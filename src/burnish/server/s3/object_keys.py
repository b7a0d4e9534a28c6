"""Keys that the S3 server cannot keep as they are: it keeps objects as files, and a path has one form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from urllib.parse import unquote_to_bytes

from starlette.requests import Request

#: More than a request to delete 1,000 objects, the most that S3 takes, can have.
LONGEST_LIST = 4 * 2**20

_KEY = re.compile(rb"<Key>(.*?)</Key>", re.DOTALL)


def is_kept_as_another(place: bytes) -> bool:
    """Whether what is at a place, key and all, would lie where another lies: ``a//b`` is kept as ``a/b``."""
    steps = place.removesuffix(b"/").split(b"/")
    return bool(place) and (b"\\" in place or any(step in (b"", b".", b"..") for step in steps))


async def places_in(request: Request) -> list[bytes]:
    """What a request names: by its path, as the source of a copy, and in a list of objects to delete."""
    paths = [request.scope["raw_path"], request.headers.get("x-amz-copy-source", "").encode()]
    places = [unquote_to_bytes(path.partition(b"?")[0].removeprefix(b"/")) for path in paths]
    return [*places, *_listed(await request.body())] if _is_list(request) else places


def is_folder_with_content(request: Request) -> bool:
    """Whether bytes are sent for a key that ends in a slash: that is kept as a folder, and loses them."""
    _, _, key = request.scope["raw_path"].removeprefix(b"/").partition(b"/")
    sent = request.headers.get("x-amz-decoded-content-length") or request.headers.get("content-length")
    return request.method == "PUT" and key.endswith((b"/", b"%2F", b"%2f")) and sent not in (None, "0")


def is_list_too_long(request: Request) -> bool:
    """Whether a list of objects to delete has more bytes than S3 takes, or does not say how many."""
    length = request.headers.get("content-length", "")
    return _is_list(request) and not (length.isdecimal() and int(length) <= LONGEST_LIST)


def _is_list(request: Request) -> bool:
    return request.method == "POST" and "delete" in request.query_params


def _listed(body: bytes) -> Iterator[bytes]:
    for key in _KEY.findall(body):
        yield unescape(key.decode(errors="replace")).encode()
