"""Reading pages: what a reader of page images promises, and the cache that reads no page twice.

Models that see only text read pages this way, in training and in answering alike. Which reader that is,
`burnish.text_readers` decides, for all of Burnish.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Iterable
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Protocol

from burnish.cache import private_folder

#: How wide a letter is over the height of its line.
LETTER_WIDTH = 0.5


@dataclass(frozen=True, kw_only=True)
class Extent:
    """How much of a page is read, and how closely."""

    #: How much of the page is read, from the top: widths of lines over their heights, summed. A letter is
    #: about half as wide as its line is high, and a cell of a table costs less than a line of prose.
    text_width: int = 300
    #: Pixels of the longest edge at which lines are looked for; they are read at full size.
    longest_edge: int = 608


#: The whole page, small print included: half as slow again as the reading for a model, and it tells more.
WHOLE_PAGE = Extent(text_width=100_000, longest_edge=960)


@dataclass(frozen=True)
class Line:
    """A line of a page, and where it stands: edges as shares of the page's width and height."""

    #: Empty where no more of the page is read than what stands above.
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


class TextReader(Protocol):
    """A way of reading pages. Threads may share one."""

    @property
    def name(self) -> str:
        """What tells its texts from those of other readers, versions and settings; fit for a folder's name.

        Texts are cached under it: it must change whenever a page may be read differently.
        """

    def read_lines(self, image: bytes) -> tuple[Line, ...]:
        """The lines of a page from its top, none for an empty one. Raises `InvalidInput` if it is no image.

        Lines below what is read come as well, without their text.
        """


class CachedReader:
    """Reads pages with another reader, and never the same page twice."""

    def __init__(self, reader: TextReader, cache: Path) -> None:
        self._reader = reader
        self._folder = private_folder(cache / reader.name)

    @property
    def name(self) -> str:
        return self._reader.name

    def read_lines(self, image: bytes) -> tuple[Line, ...]:
        kept = self._folder / f"{hashlib.sha256(image).hexdigest()}.json"
        if kept.exists():
            return tuple(Line(*values) for values in json.loads(kept.read_text(encoding="utf-8")))
        lines = self._reader.read_lines(image)
        # Threads and processes share the folder: whoever looks finds a whole file or none.
        # Again: whoever clears the cache of a server that runs must not stop it from reading.
        private_folder(self._folder)
        fresh = kept.with_suffix(f".{os.getpid()}-{threading.get_ident()}.new")
        fresh.write_text(json.dumps(list(map(astuple, lines))), encoding="utf-8")
        fresh.replace(kept)
        return lines
