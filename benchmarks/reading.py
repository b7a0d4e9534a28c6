"""What reading a page costs and finds, against RapidOCR as it comes and against Burnish as it read before.

    python benchmarks/reading.py FOLDER [--pages 24]

FOLDER holds page images in any subfolders; every n-th is taken. Each page is read in every way, in turns, on
one thread; what is timed is the processor time of the process, so other work on the machine counts little.
Nothing is cached. Fragments are four letters or digits in a row. Recall is the share of those that RapidOCR
finds, as it comes, that are found; precision is the share of those found that it finds too.
"""

from __future__ import annotations

import io
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from options import parser_with
from PIL import Image

from burnish.pages.ocr import OcrReader
from burnish.pages.reading import WHOLE_PAGE, Extent, extent_for_tokens, text_of

SUFFIXES = {".png", ".jpg", ".jpeg"}
ONE_THREAD = {
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    "Global.log_level": "error",
}
#: How Burnish read until a page came to be read once: lines two at a time, for a model and for an audit.
TWO_AT_A_TIME = {"Rec.rec_batch_num": 2, "Rec.rec_img_shape": [3, 48, 32], "Det.limit_type": "max"}

#: Texts on a page.
Read = Callable[[bytes], str]


@dataclass
class Way:
    """A way of reading, the seconds that it took and what it found."""

    name: str
    read: Read
    seconds: float = 0.0
    found: list[Counter[str]] = field(default_factory=list)

    def take(self, image: bytes) -> None:
        """Read a page, timed."""
        begun = time.process_time()
        text = self.read(image)
        self.seconds += time.process_time() - begun
        self.found.append(_fragments(text))


def as_it_comes() -> Read:
    """RapidOCR with its own settings, on one thread."""
    from rapidocr import RapidOCR

    reader = RapidOCR(params=ONE_THREAD)
    return lambda image: "\n".join(reader(_pixels(image)).txts or ())


def before(*, edge: int, text_width: float) -> Read:
    """Burnish before: lines found at ``edge``, and two recognized at a time until the width is filled."""
    from rapidocr import RapidOCR
    from rapidocr.main import RapidOCRError

    reader = RapidOCR(params={**ONE_THREAD, **TWO_AT_A_TIME, "Det.limit_side_len": edge})

    def read(image: bytes) -> str:
        try:
            crops, _ = reader.detect_and_crop(_pixels(image), {})
            found = reader.recognize_txt(_first_of(crops, text_width))
        except RapidOCRError:
            return ""
        return "\n".join(text for text, score in zip(found.txts, found.scores, strict=True) if score >= 0.5)

    return read


def now(extent: Extent) -> Read:
    """Burnish as it is."""
    reader = OcrReader()
    return lambda image: text_of(reader.read(image, extent).read_to(extent))


def _first_of(crops: Sequence[Any], width: float) -> list[Any]:
    taken, filled = [], 0.0
    for crop in crops:
        if filled >= width:
            break
        taken.append(crop)
        filled += crop.shape[1] / crop.shape[0]
    return taken


def _pixels(image: bytes) -> Any:
    with Image.open(io.BytesIO(image)) as page:
        return np.ascontiguousarray(np.asarray(page.convert("RGB"))[:, :, ::-1])


def _fragments(text: str) -> Counter[str]:
    lines = [re.sub(r"\W", "", line.lower()) for line in text.splitlines()]
    return Counter(line[place : place + 4] for line in lines for place in range(len(line) - 3))


def _shared(found: Iterable[Counter[str]], wanted: Iterable[Counter[str]]) -> int:
    return sum((one & other).total() for one, other in zip(found, wanted, strict=True))


def _row(way: Way, reference: Way) -> str:
    pages = len(way.found)
    shared = _shared(way.found, reference.found)
    recall = shared / max(sum(one.total() for one in reference.found), 1)
    precision = shared / max(sum(one.total() for one in way.found), 1)
    seconds, ratio = way.seconds / pages, reference.seconds / way.seconds
    return f"{way.name:<44}{seconds:>8.2f}{ratio:>8.2f}{recall:>8.2f}{precision:>11.2f}"


def main() -> None:
    """Read pages in every way, and print what each took and found."""
    parser = parser_with(__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pages", type=int, default=24)
    given = parser.parse_args()
    paths = sorted(path for path in given.folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    paths = paths[:: max(len(paths) // given.pages, 1)][: given.pages]
    ways = [
        Way("RapidOCR as it comes", as_it_comes()),
        Way("before, for an audit", before(edge=960, text_width=100_000)),
        Way("before, for a model of 128 tokens", before(edge=608, text_width=300)),
        Way("now, the whole page", now(WHOLE_PAGE)),
        Way("now, for a model of 128 tokens", now(extent_for_tokens(128))),
    ]
    for way in ways:  # models are loaded at the first page
        way.read(paths[0].read_bytes())
    for number, path in enumerate(paths):
        for way in ways[number % len(ways) :] + ways[: number % len(ways)]:
            way.take(path.read_bytes())
    print(f"{len(paths)} pages{'':<34}CPU-s a page  faster  recall  precision")
    for way in ways:
        print(_row(way, ways[0]))


if __name__ == "__main__":
    main()
