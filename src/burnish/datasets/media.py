"""The media that records name, looked at one by one: there, small enough, and what they are said to be."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import msgspec
from PIL import Image

from burnish.aws.clients import Client
from burnish.aws.objects import S3Uri, read_bytes
from burnish.checking.problems import Problem
from burnish.checking.record_rules import media_uris
from burnish.datasets.fanning import in_order
from burnish.errors import ServiceError
from burnish.families import DatasetRules

READS_AT_ONCE = 8
SHORTEST_SIDE = 25
_FORMATS = {"PNG": "png", "JPEG": "jpeg", "GIF": "gif", "WEBP": "webp"}


@dataclass(frozen=True)
class _Named:
    """A medium, the first line that names it, and the format that it is said to have."""

    uri: str
    line: int
    said: str


def media_problems(
    lines: Iterable[bytes],
    *,
    rules: DatasetRules,
    where: str,
    s3: Client,
    on_media: Callable[[int], None] | None = None,
) -> Iterator[Problem]:
    """What is wrong with the images of the records, each read once; ``on_media`` hears how many are done."""

    def look(named: _Named) -> Problem | None:
        text = _wrong_with(named, rules, s3)
        return Problem(where=where, line=named.line, text=f"{named.uri} {text}") if text else None

    for done, problem in enumerate(in_order(look, _images(lines), workers=READS_AT_ONCE), 1):
        if on_media:
            on_media(done)
        if problem:
            yield problem


def _images(lines: Iterable[bytes]) -> Iterator[_Named]:
    seen: set[str] = set()
    for number, line in enumerate(lines, 1):
        try:
            record = msgspec.json.decode(line)
        except msgspec.DecodeError:
            continue  # the rules of records have said so
        for uri in media_uris(record):
            if uri.startswith("s3://") and uri not in seen:
                seen.add(uri)
                yield _Named(uri=uri, line=number, said=uri.rpartition(".")[2].lower())


def _wrong_with(named: _Named, rules: DatasetRules, s3: Client) -> str | None:
    try:
        body = read_bytes(s3, S3Uri.parse(named.uri))
    except ServiceError as error:
        return f"cannot be read: {error}"
    if rules.max_image_bytes is not None and len(body) > rules.max_image_bytes:
        return f"has {len(body)} bytes; {rules.max_image_bytes} are the most: make it smaller"
    try:
        with Image.open(io.BytesIO(body)) as image:
            kind, sides = image.format or "", image.size
            image.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        return f"cannot be decoded ({error}): make it anew"
    if _FORMATS.get(kind) is None:
        return f"is {kind}: it must be one of {', '.join(_FORMATS.values())}"
    least, most = rules.image_sides or (SHORTEST_SIDE, 2**31)
    if min(sides) < least or max(sides) > most:
        return f"has {sides[0]} x {sides[1]} pixels: a side must have {least} to {most}"
    return None
