"""Reading pages by optical character recognition, with RapidOCR.

Recognition costs time by the width of what is recognized, so no more is recognized than is asked for.
"""

from __future__ import annotations

import threading
from importlib.metadata import version
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from burnish.errors import InvalidInput, UnreadableImage
from burnish.pages.page_images import DECODER, decoded_image
from burnish.pages.reading import Extent, FoundLine, FoundPage
from burnish.pages.reading_order import Box, reading_order

Pixels: TypeAlias = NDArray[np.uint8]
Boxes: TypeAlias = NDArray[np.float32]

#: Below this score a recognized line is more often noise than text (RapidOCR's own default).
SURE = 0.5
#: Above this mean score lines are not tried upside down as well: of 34 scanned pages, the lines of the 3 that
#: are upside down have at most 0.79, and those of all above 0.9 at most 0.71 when they are turned.
LEGIBLE = 0.9
#: Pixels of the longest edge at which lines are looked for; they are recognized at full size. At 736 a fifth
#: of the text of scanned pages is not found, at 608 a third, and the rest tells labels apart less well.
DETECTION_EDGE = 960
#: Of everything below that decides what a page says: it goes up whenever that changes.
RECIPE = 5
#: A line is so many times as long as it is high; what is not may be a number or a smudge. With fewer lines on
#: a page, nothing is turned: a label may be written along the edge of a page that is upright.
_LONG, _MIN_LINES = 1.5, 3
#: How many lines tell whether a page is upside down, and how the classifier says that one is.
_TRIED_LINES, _UPSIDE_DOWN = 5, "180"


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
        if not places:
            return page
        boxes = np.array([page.lines[place].corners for place in places], dtype=np.float32)
        texts = self._texts(_turned(pixels, page.turns), boxes)
        return page.with_texts(dict(zip(places, texts, strict=True)))

    def _found(self, pixels: Pixels) -> FoundPage:
        boxes = self._boxes(pixels)
        if turns := self._turns(pixels, boxes):
            pixels = _turned(pixels, turns)
            boxes = self._boxes(pixels)
        height, width = pixels.shape[:2]
        order = reading_order([_edges(box) for box in boxes])
        lines = [FoundLine(corners=tuple((float(x), float(y)) for x, y in boxes[place])) for place in order]
        return FoundPage(turns=turns, width=width, height=height, lines=tuple(lines))

    def _boxes(self, pixels: Pixels) -> Boxes:
        """The corners of each line, (lines, 4, 2): x and y, clockwise from the upper left."""
        from rapidocr.main import RapidOCRError

        try:
            return np.asarray(self._recognizer().detect_and_crop(pixels, {})[1].boxes)
        except RapidOCRError:  # how this library says that a page has no text
            return np.zeros((0, 4, 2), dtype=np.float32)

    def _turns(self, pixels: Pixels, boxes: Boxes) -> int:
        """By how many quarters of a circle the page is to be turned to be upright, counterclockwise."""
        quarters = 0
        if _are_on_their_side(boxes):
            quarters, pixels = 1, _turned(pixels, 1)
            boxes = self._boxes(pixels)
        return quarters + 2 if self._is_upside_down(pixels, boxes) else quarters

    def _is_upside_down(self, pixels: Pixels, boxes: Boxes) -> bool:
        """Whether the widest lines are recognized better upside down.

        That is tried only where a small classifier, which is quick and wrong on every fifth page, says so.
        """
        if len(boxes) < _MIN_LINES:
            return False
        recognizer = self._recognizer()
        widest = np.argsort(-_proportions(boxes), kind="stable")[:_TRIED_LINES]
        # Copies: the classifier turns what it is given.
        crops = recognizer.crop_text_regions(pixels, boxes[widest])
        _, classified = recognizer.cls_and_rotate([crop.copy() for crop in crops])
        if sum(label == _UPSIDE_DOWN for label, _ in classified.cls_res) < len(crops) / 2:
            return False
        upright = np.mean(recognizer.recognize_txt([crop.copy() for crop in crops]).scores)
        if upright > LEGIBLE:
            return False
        turned = np.mean(recognizer.recognize_txt([_turned(crop, 2) for crop in crops]).scores)
        return bool(turned > max(upright, SURE))

    def _texts(self, pixels: Pixels, boxes: Boxes) -> list[str]:
        recognizer = self._recognizer()
        found = recognizer.recognize_txt(recognizer.crop_text_regions(pixels, boxes))
        return [
            text if score >= SURE and text.strip() else ""
            for text, score in zip(found.txts, found.scores, strict=True)
        ]

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


def _proportions(boxes: Boxes) -> NDArray[np.floating]:
    """The width of each line over its height, as it stands on the page."""
    sides = np.maximum(np.ptp(boxes, axis=1), 1.0)
    return np.asarray(sides[:, 0] / sides[:, 1])


def _are_on_their_side(boxes: Boxes) -> bool:
    wide, tall = (int((shares > _LONG).sum()) for shares in (_proportions(boxes), 1 / _proportions(boxes)))
    return tall > wide and tall >= _MIN_LINES


def _edges(box: Boxes) -> Box:
    (left, top), (right, bottom) = box.min(axis=0).tolist(), box.max(axis=0).tolist()
    return Box(left=left, top=top, right=right, bottom=bottom)


def _turned(pixels: Pixels, turns: int) -> Pixels:
    return np.ascontiguousarray(np.rot90(pixels, turns))


def _decoded(image: bytes) -> Pixels:
    """The page in blue, green and red, as the recognizer takes it, (height, width, 3)."""
    try:
        page = decoded_image(image)
    except UnreadableImage as error:
        raise InvalidInput(f"A page image of {len(image)} bytes cannot be read: {error.reason}") from error
    if page.mode == "L":  # a third of the memory that the way over RGB takes
        return np.repeat(np.asarray(page)[:, :, None], 3, axis=2)
    return np.ascontiguousarray(np.asarray(page)[:, :, ::-1])
