"""Pages as models are given them: read once for a model, and as far as that model asks."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from burnish.page_features.appearance import appearance_of
from burnish.pages.reading import Extent, Line, extent_for_tokens, lines_within, text_of
from burnish.pages.text_readers import text_reader

#: For models that were not trained to be given more (`language_model.page_tokens`).
FOR_LANGUAGE_MODELS = extent_for_tokens(128)


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a model is given of each page: its text up to an extent, its appearance, its image."""

    text: Extent | None = FOR_LANGUAGE_MODELS
    appearance: bool = False
    image: bool = False


def united(readings: Sequence[Reading]) -> Reading:
    """All that any of these readings asks for, so that a page is read once for several models."""
    extents = [reading.text for reading in readings if reading.text]
    return Reading(
        text=max(extents, key=lambda extent: extent.text_width, default=None),
        appearance=any(reading.appearance for reading in readings),
        image=any(reading.image for reading in readings),
    )


@dataclass(frozen=True, kw_only=True)
class PageContent:
    """A page as it was read. What its `Reading` does not ask for is empty."""

    lines: tuple[Line, ...] = ()
    #: `burnish.page_features.appearance`.
    appearance: bytes = b""
    #: As it came: PNG, JPEG, GIF or WebP.
    image: bytes = b""

    @property
    def text(self) -> str:
        """The recognized text, line by line."""
        return text_of(self.lines)

    def within(self, reading: Reading) -> PageContent:
        """The page as a model sees it that asks for less than was read."""
        return PageContent(
            lines=lines_within(self.lines, reading.text) if reading.text else (),
            appearance=self.appearance if reading.appearance else b"",
            image=self.image if reading.image else b"",
        )


def page_of_text(text: str) -> PageContent:
    """A page of which only the text is known, without where its lines stand."""
    return PageContent(lines=tuple(Line(line, 0.0, 0.0, 0.0, 0.0) for line in text.split("\n")))


class LineReader(Protocol):
    """Reads the lines of pages. Threads may share one."""

    def read_lines(self, image: bytes, extent: Extent) -> tuple[Line, ...]:
        """`burnish.pages.reading.CachedReader.read_lines`."""


class PageReader:
    """Reads page images as models ask for them. Threads may share one."""

    def __init__(self, make: Callable[[], LineReader] = text_reader) -> None:
        self._make = make
        self._lines: LineReader | None = None
        self._making = threading.Lock()

    def read(self, image: bytes, reading: Reading) -> PageContent:
        """A page. Raises `InvalidInput` where the image is none."""
        lines = self._reader().read_lines(image, reading.text) if reading.text else ()
        return PageContent(
            lines=lines,
            appearance=appearance_of(image) if reading.appearance else b"",
            image=image if reading.image else b"",
        )

    def _reader(self) -> LineReader:
        # Not before it is needed: it makes a folder, and the disk may be full.
        with self._making:
            self._lines = self._lines or self._make()
            return self._lines
