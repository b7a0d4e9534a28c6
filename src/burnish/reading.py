"""Reading pages: the text of a page image, by optical character recognition, cached by the image's hash.

Models that see only text read pages this way, in training and in answering alike. Recognition costs time
by the width of what is recognised, so no more is recognised than a model will read.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from burnish.cache import private_folder
from burnish.errors import InvalidInput, UnreadableImage
from burnish.page_images import DECODER, decoded_image
from burnish.parallel import interruptible_pool

#: Below this score a recognised line is more often noise than text (RapidOCR's own default).
SURE = 0.5


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How a page is read. Part of the cache's key: another way of reading is another text."""

    #: How much of the page is read, from the top: widths of lines over their heights, summed. A letter is
    #: about half as wide as its line is high, and a cell of a table costs less than a line of prose.
    text_width: int = 300
    #: Pixels of the longest edge at which lines are looked for; they are read at full size.
    longest_edge: int = 608

    @property
    def name(self) -> str:
        """What tells texts read in different ways apart."""
        from importlib.metadata import version

        return f"rapidocr-{version('rapidocr')}-{self.text_width}-{self.longest_edge}-decoder{DECODER}"


@dataclass(frozen=True)
class Line:
    """A line of a page, and where it stands: edges as shares of the page's width and height."""

    #: Empty where no more of the page is read than what stands above.
    text: str
    left: float
    top: float
    right: float
    bottom: float


def text_of(lines: Iterable[Line]) -> str:
    """What lines say, one below the other."""
    return "\n".join(line.text for line in lines if line.text)


class PageReader:
    """Reads pages with a recogniser for each thread, and never the same page twice."""

    def __init__(self, cache: Path, reading: Reading | None = None) -> None:
        self._reading = reading or Reading()
        self._folder = private_folder(cache / self._reading.name)
        self._local = threading.local()

    def read(self, image: bytes) -> str:
        """The text of a page, a line for each line. Raises `InvalidInput` when it is no image."""
        return self._kept(image, ".txt", lambda: text_of(self._recognised(image)))

    def read_lines(self, image: bytes) -> tuple[Line, ...]:
        """The lines of a page and where they stand, those that are not read too. Raises `InvalidInput`."""
        kept = self._kept(image, ".json", lambda: json.dumps(list(map(astuple, self._recognised(image)))))
        return tuple(Line(*values) for values in json.loads(kept))

    def _kept(self, image: bytes, suffix: str, recognise: Callable[[], str]) -> str:
        """What is in the cache for this page, else what recognition gives, kept there."""
        kept = self._folder / f"{hashlib.sha256(image).hexdigest()}{suffix}"
        if kept.exists():
            return kept.read_text(encoding="utf-8")
        found = recognise()
        fresh = kept.with_suffix(f".{os.getpid()}-{threading.get_ident()}.new")
        fresh.write_text(found, encoding="utf-8")
        fresh.replace(kept)
        return found

    def read_all(
        self, images: Sequence[bytes], *, threads: int = 2, on_page: Callable[[int], None] | None = None
    ) -> list[str]:
        """The texts of many pages, in their order; ``on_page`` hears how many are done."""
        texts = []
        with interruptible_pool(threads, name="reading") as pool:
            for number, text in enumerate(pool.map(self.read, images), start=1):
                texts.append(text)
                if on_page:
                    on_page(number)
        return texts

    def _recognised(self, image: bytes) -> list[Line]:
        from rapidocr.main import RapidOCRError

        pixels = _decoded(image)
        recogniser = self._recogniser()
        try:
            crops, detected = recogniser.detect_and_crop(pixels, {})
            found = recogniser.recognize_txt(_first_of(crops, self._reading.text_width))
        except RapidOCRError:  # how this library says that a page has no text
            return []
        read = zip(found.txts, found.scores, detected.boxes, strict=False)
        lines = [
            _line(text, box, pixels.shape) for text, score, box in read if score >= SURE and text.strip()
        ]
        return [*lines, *(_line("", box, pixels.shape) for box in detected.boxes[len(found.txts) :])]

    def _recogniser(self) -> Any:
        if not hasattr(self._local, "recogniser"):
            from rapidocr import RapidOCR

            threads = "EngineConfig.onnxruntime"
            self._local.recogniser = RapidOCR(
                params={
                    f"{threads}.intra_op_num_threads": 1,
                    f"{threads}.inter_op_num_threads": 1,
                    "Global.log_level": "error",
                    "Det.limit_type": "max",
                    "Det.limit_side_len": self._reading.longest_edge,
                    # Lines of like width together and none padded to the usual 320 pixels: a third less time.
                    "Rec.rec_batch_num": 2,
                    "Rec.rec_img_shape": [3, 48, 32],
                }
            )
        return self._local.recogniser


def _first_of(lines: Sequence[Any], width: float) -> list[Any]:
    """The images of lines, (height, width, 3), from the first up to and with the one that fills the width."""
    taken, filled = [], 0.0
    for line in lines:
        if filled >= width:
            break
        taken.append(line)
        filled += line.shape[1] / line.shape[0]
    return taken


def _line(text: str, box: Any, shape: tuple[int, ...]) -> Line:
    """A line from the corners of its box in pixels, (4, 2), on a page of that height and width."""
    height, width = shape[:2]
    (left, top), (right, bottom) = box.min(axis=0), box.max(axis=0)
    edges = (left / width, top / height, right / width, bottom / height)
    return Line(text, *(round(float(edge), 4) for edge in edges))


def _decoded(image: bytes) -> Any:
    """The page in blue, green and red, as the recogniser takes it, (height, width, 3)."""
    import numpy as np

    try:
        page = decoded_image(image)
    except UnreadableImage as error:
        raise InvalidInput(f"A page image of {len(image)} bytes cannot be read: {error.reason}") from error
    if page.mode == "L":  # a third of the memory that the way over RGB takes
        return np.repeat(np.asarray(page)[:, :, None], 3, axis=2)
    return np.ascontiguousarray(np.asarray(page)[:, :, ::-1])
