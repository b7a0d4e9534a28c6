"""Image files of kinds that Pillow reads and does not write, made on the spot."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from PIL import Image


def saved(image: Image.Image, kind: str, **options) -> bytes:
    """The image as a file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def png_of_samples(
    size: tuple[int, int], rows: Sequence[bytes], *, bits: int, colour_type: int, clear: bytes = b""
) -> bytes:
    """A PNG of these samples; ``clear`` is the colour that stands for nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", *size, bits, colour_type, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", header),
            chunk(b"tRNS", clear) if clear else b"",
            chunk(b"IDAT", pixels),
            chunk(b"IEND", b""),
        )
    )


@dataclass
class Frame:
    """A directory of a TIFF: samples of 1, 8 or 16 bits, its further tags, and its children."""

    image: Image.Image
    samples: bytes = b""
    bits: int = 8
    bands: int = 1
    tags: dict[int, int] = field(default_factory=dict)
    children: Sequence[Frame] = ()


def tiff_of(*frames: Frame) -> bytes:
    """A TIFF of these frames, one after the other, not compressed."""
    body = bytearray(b"II*\0\0\0\0\0")
    places = [_written(body, frame) for frame in frames]
    struct.pack_into("<I", body, 4, places[0][0])
    for (_, link), (following, _) in pairwise(places):
        struct.pack_into("<I", body, link, following)
    return bytes(body)


def _written(body: bytearray, frame: Frame) -> tuple[int, int]:
    """Append a frame; where its directory is, and where the place of the next one goes."""
    children = [_written(body, child)[0] for child in frame.children]
    samples = frame.samples or frame.image.tobytes()
    data, bits = len(body), len(body) + len(samples)
    body += samples + struct.pack("<4H", *[frame.bits] * 4)
    long, short = 4, 3
    tags = {
        256: (long, 1, frame.image.width),
        257: (long, 1, frame.image.height),
        258: (short, frame.bands, bits if frame.bands > 2 else frame.bits | frame.bits << 16),
        259: (short, 1, 1),
        262: (short, 1, 2 if frame.bands > 2 else 1),
        273: (long, 1, data),
        277: (short, 1, frame.bands),
        278: (long, 1, frame.image.height),
        279: (long, 1, len(samples)),
        **{tag: (long if tag == 254 else short, 1, value) for tag, value in frame.tags.items()},
    }
    if children:
        assert len(children) == 1
        tags[330] = (long, 1, children[0])
    body += b"\0" * (len(body) % 2)
    place = len(body)
    body += struct.pack("<H", len(tags))
    for tag, (kind, count, value) in sorted(tags.items()):
        body += struct.pack("<HHII", tag, kind, count, value)
    body += b"\0\0\0\0"
    return place, len(body) - 4
