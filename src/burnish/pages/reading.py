"""Reading pages: what a reader of page images promises, and the cache that reads no page twice.

Models that see only text read pages this way, in training and in answering alike, and so does an audit. Which
reader that is, `burnish.pages.text_readers` decides, for all of Burnish.

A line is recognized by itself, and the lines of a page are always found in the same way. So a page that was
read further than is asked for says what it would have said, and one that was not is read on from where it
ends.
"""

from __future__ import annotations

import hashlib
import math
import os
import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import msgspec

from burnish.cache import private_folder

#: What a token of text takes of a page at most, in heights of its line. Each of 44 scanned pages that go on
#: below 128 tokens of this width has the 430 letters that those are; at 1.6, three of 50 have fewer.
WIDTH_OF_TOKEN = 2.0
#: How wide a letter is over the height of its line.
LETTER_WIDTH = 0.375


@dataclass(frozen=True, kw_only=True)
class Extent:
    """How much of a page is read."""

    #: In reading order: widths of lines over their heights, summed. A cell of a table costs less than a line
    #: of prose.
    text_width: int = 300


#: Small print included.
WHOLE_PAGE = Extent(text_width=100_000)


def extent_for_tokens(tokens: int) -> Extent:
    """How far to read for so many tokens of a language model."""
    return Extent(text_width=math.ceil(tokens * WIDTH_OF_TOKEN))


@dataclass(frozen=True)
class Line:
    """A line of a page, and where it stands on the upright page: edges as shares of its width and height."""

    #: Empty where no more of the page is read than what stands before.
    text: str
    left: float
    top: float
    right: float
    bottom: float


def lines_within(lines: Iterable[Line], extent: Extent) -> tuple[Line, ...]:
    """The lines of a page as a reader of this extent gives them: those further down without their text.

    Widths are counted in letters, for the page's proportions are not known here.
    """
    found, filled = [], 0.0
    for line in lines:
        found.append(line if filled < extent.text_width else replace(line, text=""))
        filled += len(line.text) * LETTER_WIDTH
    return tuple(found)


def text_of(lines: Iterable[Line]) -> str:
    """What lines say, one below the other."""
    return "\n".join(line.text for line in lines if line.text)


@dataclass(frozen=True, kw_only=True)
class FoundLine:
    """A line that was found on a page, recognized or not."""

    #: x and y in pixels, clockwise from where the line begins.
    corners: tuple[tuple[float, float], ...]
    #: None for as long as it is not recognized; empty where it turned out to be none.
    text: str | None = None

    @property
    def width(self) -> float:
        """Its width over its height."""
        one, two, three, four = self.corners
        height = max(math.dist(one, four), math.dist(two, three), 1.0)
        return max(math.dist(one, two), math.dist(three, four)) / height


@dataclass(frozen=True, kw_only=True)
class FoundPage:
    """A page on which lines were found, of which the first are recognized."""

    #: By how many quarters of a circle the image was turned for the page to be upright, counterclockwise.
    turns: int = 0
    #: In pixels, of the upright page.
    width: int
    height: int
    #: In reading order.
    lines: tuple[FoundLine, ...] = ()

    def count_within(self, extent: Extent) -> int:
        """How many lines an extent comprises: up to and with the one that fills it."""
        filled = 0.0
        for count, line in enumerate(self.lines):
            if filled >= extent.text_width:
                return count
            filled += line.width
        return len(self.lines)

    def unread(self, extent: Extent) -> list[int]:
        """The places of the lines within an extent that are not recognized."""
        lines = self.lines[: self.count_within(extent)]
        return [place for place, line in enumerate(lines) if line.text is None]

    def with_texts(self, texts: dict[int, str]) -> FoundPage:
        """The page with the texts of lines, by their places."""
        lines = [
            replace(line, text=texts[place]) if place in texts else line
            for place, line in enumerate(self.lines)
        ]
        return replace(self, lines=tuple(lines))

    def read_to(self, extent: Extent) -> tuple[Line, ...]:
        """The lines of the page; those beyond the extent without their text."""
        count = self.count_within(extent)
        read = [self._line(line, line.text) for line in self.lines[:count] if line.text]
        return (*read, *(self._line(line, "") for line in self.lines[count:]))

    def _line(self, line: FoundLine, text: str) -> Line:
        across, down = zip(*line.corners, strict=True)
        edges = (
            min(across) / self.width,
            min(down) / self.height,
            max(across) / self.width,
            max(down) / self.height,
        )
        return Line(text, *(round(edge, 4) for edge in edges))


class TextReader(Protocol):
    """A way of reading pages. Threads may share one."""

    @property
    def name(self) -> str:
        """What tells its texts from those of other readers, versions and settings; fit for a folder's name.

        Texts are cached under it: it must change whenever a page may be read differently.
        """

    def read(self, image: bytes, extent: Extent, *, begun: FoundPage | None = None) -> FoundPage:
        """A page with the lines of an extent recognized. Raises `InvalidInput` if it is no image.

        A page that was ``begun`` is read on. What a line says depends neither on that nor on the extent.
        """


class CachedReader:
    """Reads pages with another reader, and never the same line twice."""

    def __init__(self, reader: TextReader, cache: Path) -> None:
        self._reader = reader
        self._folder = private_folder(cache / reader.name)

    @property
    def name(self) -> str:
        """The other reader's."""
        return self._reader.name

    def read_lines(self, image: bytes, extent: Extent) -> tuple[Line, ...]:
        """The lines of a page in reading order, none for an empty one. Raises `InvalidInput`.

        Lines beyond the extent come as well, without their text.
        """
        kept = self._folder / f"{hashlib.sha256(image).hexdigest()}.json"
        page = _page_in(kept)
        if page is None or page.unread(extent):
            page = self._reader.read(image, extent, begun=page)
            self._keep(page, kept)
        return page.read_to(extent)

    def _keep(self, page: FoundPage, kept: Path) -> None:
        # Threads and processes share the folder: whoever looks finds a whole file or none.
        # Again: whoever clears the cache of a server that runs must not stop it from reading.
        private_folder(self._folder)
        fresh = kept.with_suffix(f".{os.getpid()}-{threading.get_ident()}.new")
        fresh.write_bytes(msgspec.json.encode(page))
        fresh.replace(kept)


def _page_in(kept: Path) -> FoundPage | None:
    try:
        return msgspec.json.decode(kept.read_bytes(), type=FoundPage)
    except FileNotFoundError:
        return None
