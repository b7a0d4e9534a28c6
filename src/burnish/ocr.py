"""Reading pages by optical character recognition, with RapidOCR.

Recognition costs time by the width of what is recognised, so no more is recognised than is asked for.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from burnish.errors import InvalidInput, UnreadableImage
from burnish.page_images import DECODER, decoded_image
from burnish.reading import Extent, Line

#: Below this score a recognised line is more often noise than text (RapidOCR's own default).
SURE = 0.5


class OcrReader:
    """Reads pages with a recogniser for each thread."""

    def __init__(self, extent: Extent) -> None:
        self._extent = extent
        self._local = threading.local()

    @property
    def name(self) -> str:
        extent = self._extent
        return f"rapidocr-{version('rapidocr')}-{extent.text_width}-{extent.longest_edge}-decoder{DECODER}"

    def read_lines(self, image: bytes) -> tuple[Line, ...]:
        from rapidocr.main import RapidOCRError

        pixels = _decoded(image)
        recogniser = self._recogniser()
        try:
            crops, detected = recogniser.detect_and_crop(pixels, {})
            found = recogniser.recognize_txt(_first_of(crops, self._extent.text_width))
        except RapidOCRError:  # how this library says that a page has no text
            return ()
        read = zip(found.txts, found.scores, detected.boxes, strict=False)
        lines = [
            _line(text, box, pixels.shape) for text, score, box in read if score >= SURE and text.strip()
        ]
        return (*lines, *(_line("", box, pixels.shape) for box in detected.boxes[len(found.txts) :]))

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
                    "Det.limit_side_len": self._extent.longest_edge,
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
