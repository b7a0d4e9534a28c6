"""Reading pages by optical character recognition, with RapidOCR.

Recognition costs time by the width of what is recognized, so no more is recognized than is asked for.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from burnish.errors import InvalidInput, UnreadableImage
from burnish.page_images import DECODER, decoded_image
from burnish.reading import Extent, FoundLine, FoundPage

#: Below this score a recognized line is more often noise than text (RapidOCR's own default).
SURE = 0.5
#: Pixels of the longest edge at which lines are looked for; they are recognized at full size. At 736 a fifth
#: of the text of scanned pages is not found, at 608 a third, and the rest tells labels apart less well.
DETECTION_EDGE = 960
#: Of everything below that decides what a page says: it goes up whenever that changes.
RECIPE = 4


class OcrReader:
    """Reads pages with a recognizer for each thread."""

    def __init__(self) -> None:
        self._local = threading.local()

    @property
    def name(self) -> str:
        return f"rapidocr-{version('rapidocr')}-recipe{RECIPE}-decoder{DECODER}"

    def read(self, image: bytes, extent: Extent, *, begun: FoundPage | None = None) -> FoundPage:
        pixels = _decoded(image)
        page = begun or self._found(pixels)
        places = page.unread(extent)
        return page.with_texts(self._texts(pixels, page, places)) if places else page

    def _found(self, pixels: Any) -> FoundPage:
        from rapidocr.main import RapidOCRError

        height, width = pixels.shape[:2]
        try:
            _, found = self._recognizer().detect_and_crop(pixels, {})
        except RapidOCRError:  # how this library says that a page has no text
            return FoundPage(width=width, height=height)
        lines = [FoundLine(corners=tuple((float(x), float(y)) for x, y in box)) for box in found.boxes]
        return FoundPage(width=width, height=height, lines=tuple(lines))

    def _texts(self, pixels: Any, page: FoundPage, places: Sequence[int]) -> dict[int, str]:
        import numpy as np

        recognizer = self._recognizer()
        boxes = np.array([page.lines[place].corners for place in places], dtype=np.float32)
        found = recognizer.recognize_txt(recognizer.crop_text_regions(pixels, boxes))
        return {
            place: text if score >= SURE and text.strip() else ""
            for place, text, score in zip(places, found.txts, found.scores, strict=True)
        }

    def _recognizer(self) -> Any:
        if not hasattr(self._local, "recognizer"):
            from rapidocr import RapidOCR

            threads = "EngineConfig.onnxruntime"
            self._local.recognizer = RapidOCR(
                params={
                    f"{threads}.intra_op_num_threads": 1,
                    f"{threads}.inter_op_num_threads": 1,
                    "Global.log_level": "error",
                    # It would shift what is found on low, wide images.
                    "Global.use_vertical_padding": False,
                    "Det.limit_type": "max",
                    "Det.limit_side_len": DETECTION_EDGE,
                    # Each line by itself, and not padded to the usual 320 pixels or to the width of others:
                    # its text depends on no other line, and on one thread that is no slower.
                    "Rec.rec_batch_num": 1,
                    "Rec.rec_img_shape": [3, 48, 32],
                }
            )
        return self._local.recognizer


def _decoded(image: bytes) -> Any:
    """The page in blue, green and red, as the recognizer takes it, (height, width, 3)."""
    import numpy as np

    try:
        page = decoded_image(image)
    except UnreadableImage as error:
        raise InvalidInput(f"A page image of {len(image)} bytes cannot be read: {error.reason}") from error
    if page.mode == "L":  # a third of the memory that the way over RGB takes
        return np.repeat(np.asarray(page)[:, :, None], 3, axis=2)
    return np.ascontiguousarray(np.asarray(page)[:, :, ::-1])
