"""Pages as models are given them: read once for a model, and as far as that model asks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from burnish.page_features.brightness import brightness_of
from burnish.reading import Extent, Line, TextReader, text_of
from burnish.text_readers import text_reader

FOR_LANGUAGE_MODELS = Extent()


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a model is given of each page: its text up to an extent, its brightness, its image."""

    text: Extent | None = FOR_LANGUAGE_MODELS
    brightness: bool = False
    image: bool = False


@dataclass(frozen=True, kw_only=True)
class Page:
    """A page as it was read. What its `Reading` does not ask for is empty."""

    lines: tuple[Line, ...] = ()
    #: A grid of gray values: `burnish.page_features.brightness`.
    brightness: bytes = b""
    #: As it came: PNG, JPEG, GIF or WebP.
    image: bytes = b""

    @property
    def text(self) -> str:
        """The recognized text, line by line."""
        return text_of(self.lines)


def page_of_text(text: str) -> Page:
    """A page of which only the text is known, without where its lines stand."""
    return Page(lines=tuple(Line(line, 0.0, 0.0, 0.0, 0.0) for line in text.split("\n")))


class PageReader:
    """Reads page images as models ask for them. Threads may share one."""

    def __init__(self, readers: Callable[[Extent], TextReader] = text_reader) -> None:
        self._make = readers
        self._readers: dict[Extent, TextReader] = {}
        self._making = threading.Lock()

    def read(self, image: bytes, reading: Reading) -> Page:
        """A page. Raises `InvalidInput` where the image is none."""
        lines = self._reader(reading.text).read_lines(image) if reading.text else ()
        return Page(
            lines=lines,
            brightness=brightness_of(image) if reading.brightness else b"",
            image=image if reading.image else b"",
        )

    def _reader(self, extent: Extent) -> TextReader:
        with self._making:
            if extent not in self._readers:
                self._readers[extent] = self._make(extent)
            return self._readers[extent]
