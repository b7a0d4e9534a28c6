"""The rules for media that records refer to: images, videos and documents must be what the record says.

Client and server share them, as they share those of `burnish.checking`. The content decides, never the suffix
of a key: many a scanner's "Save as PNG" writes JPEG. Only images are decoded; the first bytes tell what a
video or a document is.
"""

from __future__ import annotations

import sys

from burnish.checking.record_parts import Medium
from burnish.errors import UnreadableImage
from burnish.families import DatasetRules
from burnish.pages.page_images import HEAD, content_kind, decoded_image, image_size

MIN_SIDE = 25

#: Containers of the same structure: which of the two names is used depends on the program that wrote them.
_CONTAINERS = ({"mp4", "mov"}, {"mkv", "webm"})
_QUICKTIME_ATOMS = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
_MATROSKA = b"\x1a\x45\xdf\xa3"


def bytes_needed(medium: Medium, rules: DatasetRules) -> int:
    """How many bytes `medium_problem` needs: a whole image, but only the beginning of other media."""
    if medium.kind == "image":
        return rules.max_image_bytes or sys.maxsize
    return HEAD


def medium_problem(medium: Medium, *, size: int, body: bytes, rules: DatasetRules) -> str | None:
    """What is wrong with a medium of ``size`` bytes; ``body`` is its beginning, of `bytes_needed`."""
    most = rules.max_bytes(medium.kind)
    if not size:
        return "is empty: upload it again"
    if most is not None and size > most:
        return f"has {size} bytes; at most {most} are allowed: make it smaller"
    wrong = _wrong_format(medium, body, rules)
    return wrong if wrong or medium.kind != "image" else _wrong_pixels(body, rules)


def _wrong_format(medium: Medium, body: bytes, rules: DatasetRules) -> str | None:
    formats = rules.formats(medium.kind)
    kind = _container_of(body) if medium.kind == "video" else content_kind(body[:HEAD])
    if medium.format not in (None, *formats):
        return None  # the rules of records have reported it
    if kind in _same_as(medium.format) or (medium.format is None and kind in formats):
        return None
    said = f", and its record says {medium.format}" if medium.format else ""
    remedy = f"it must be one of {', '.join(formats)}"
    if medium.format and kind in formats:
        remedy = f"write {kind} as its format, or convert the {medium.kind}"
    return f"is {kind or f'not a known kind of {medium.kind}'} by its content{said}: {remedy}"


def _same_as(said: str | None) -> set[str]:
    return next((formats for formats in _CONTAINERS if said in formats), {said} if said else set())


def _container_of(head: bytes) -> str | None:
    if head[4:8] in _QUICKTIME_ATOMS:
        return "mp4" if head[4:8] == b"ftyp" and head[8:12] != b"qt  " else "mov"
    if head.startswith(_MATROSKA):
        return "webm" if b"webm" in head[:HEAD] else "mkv"
    if head.startswith(b"RIFF") and head[8:12] == b"AVI ":
        return "avi"
    return content_kind(head)


def _wrong_pixels(body: bytes, rules: DatasetRules) -> str | None:
    least, most = rules.image_sides or (MIN_SIDE, sys.maxsize)
    try:
        sides = image_size(body)
        if max(sides) <= most:  # an image that is too large is refused without decoding it into memory
            sides = decoded_image(body).size
    except UnreadableImage as error:
        return f"cannot be decoded ({error.reason}): save it again"
    if min(sides) < least or max(sides) > most:
        bounds = f"{least} to {most}" if most < sys.maxsize else f"{least} at least"
        return f"has {sides[0]} x {sides[1]} pixels: a side must have {bounds}"
    return None
