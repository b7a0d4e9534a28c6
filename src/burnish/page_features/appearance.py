"""The appearance of a page: how long its runs of ink and of paper are, and its texture.

Run lengths tell print from handwriting, columns from tables and photographs from text, without reading a
word (Gordo, Perronnin and Valveny 2013). They are counted for the whole page, for its quarters and for its
sixteenths. Texture is the local binary patterns of the gray values (Ojala, Pietikäinen and Mäenpää 2002).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image

from burnish.errors import InvalidInput, UnreadableImage
from burnish.pages.page_images import decoded_image

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Gray = NDArray[np.uint8]
    Floats = NDArray[np.float64]

#: Pixels of the longest edge at which a page is measured. A smaller one stays as it is.
LONGEST_EDGE = 1000
#: The page is cut into so many parts down and across: whole, in quarters, in sixteenths.
PYRAMID = (1, 2, 4)
#: The shortest length of each class of runs, in pixels; a class reaches up to the next.
RUN_LENGTHS = (1, 2, 3, 5, 9, 17, 33, 65, 129)
#: How many numbers there are: for each part, runs across and down, of paper and of ink, by length.
RUN_COUNTS = sum(parts**2 for parts in PYRAMID) * 2 * 2 * len(RUN_LENGTHS)
PATTERNS = 256
#: Bytes of an appearance.
SIZE = RUN_COUNTS + PATTERNS
#: The darkest gray value that may be paper.
_LIGHTEST_INK = 200
#: By how many gray values a neighbour must be lighter to count: less is the noise of a scan.
_CONTRAST = 8


def appearance_of(image: bytes) -> bytes:
    """The appearance of a page image. Raises `InvalidInput` where it is none."""
    try:
        return page_appearance(decoded_image(image))
    except UnreadableImage as error:
        raise InvalidInput(f"A page image of {len(image)} bytes cannot be read: {error.reason}") from error


def page_appearance(page: Image.Image) -> bytes:
    """The appearance of a page: `SIZE` numbers from 0 to 1, one byte each."""
    import numpy as np

    gray = _measurable(page)
    measured = np.concatenate([_run_lengths(_ink(gray)), _texture(gray)])
    return np.round(255 * measured).astype(np.uint8).tobytes()


def run_lengths(appearance: bytes) -> Floats:
    """The square roots of the shares of runs, (RUN_COUNTS,); not numbers where the appearance is unknown."""
    return _numbers(appearance)[:RUN_COUNTS]


def texture(appearance: bytes) -> Floats:
    """The square roots of the shares of patterns, (PATTERNS,); not numbers where they are unknown."""
    return _numbers(appearance)[RUN_COUNTS:]


def _numbers(appearance: bytes) -> Floats:
    import numpy as np

    if not appearance:
        return np.full(SIZE, np.nan)
    return np.frombuffer(appearance, dtype=np.uint8) / 255


def _measurable(page: Image.Image) -> Gray:
    import cv2
    import numpy as np

    gray = np.asarray(page.convert("L"))
    scale = LONGEST_EDGE / max(gray.shape)
    # A run or a pattern needs two pixels and three: of a smaller image there is nothing to measure.
    height, width = (max(3, round(side * min(scale, 1))) for side in gray.shape)
    return np.asarray(cv2.resize(gray, (width, height), interpolation=cv2.INTER_AREA))


def _ink(gray: Gray) -> NDArray[np.bool_]:
    """Where there is ink, by Otsu's threshold."""
    import cv2
    import numpy as np

    threshold, _ = cv2.threshold(gray, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return np.asarray(gray <= min(threshold, _LIGHTEST_INK))


def _run_lengths(ink: NDArray[np.bool_]) -> Floats:
    """The shares of run lengths in each part of the pyramid, among the runs of a direction and a colour."""
    import numpy as np

    across, down = _counted_runs(ink), _counted_runs(ink.T).swapaxes(0, 1)
    finest = np.stack([across, down], axis=2)
    levels = []
    for parts in PYRAMID:
        size = PYRAMID[-1] // parts
        counts = finest.reshape(parts, size, parts, size, *finest.shape[2:]).sum(axis=(1, 3))
        levels.append(np.sqrt(counts / np.maximum(counts.sum(axis=-1, keepdims=True), 1)).ravel())
    return np.concatenate(levels)


def _counted_runs(ink: NDArray[np.bool_]) -> NDArray[np.int_]:
    """How many runs there are along the rows, (parts down, parts across, paper and ink, lengths)."""
    import numpy as np

    height, width = ink.shape
    # A run begins where the colour changes; the column behind the last ends the last run of each row.
    begins = np.ones((height, width + 1), dtype=bool)
    begins[:, 1:width] = ink[:, 1:] != ink[:, :-1]
    rows, columns = np.nonzero(begins)
    is_run = rows[:-1] == rows[1:]
    row, first, length = rows[:-1][is_run], columns[:-1][is_run], np.diff(columns)[is_run]
    parts = PYRAMID[-1]
    place = (
        row * parts // height,
        (first + length // 2) * parts // width,
        ink[row, first].astype(int),
        np.searchsorted(RUN_LENGTHS, length, side="right") - 1,
    )
    shape = (parts, parts, 2, len(RUN_LENGTHS))
    counts = np.bincount(np.ravel_multi_index(place, shape), minlength=int(np.prod(shape)))
    return counts.reshape(shape)


def _texture(gray: Gray) -> Floats:
    """The share of each pattern: which of the eight neighbours are lighter than a pixel."""
    import numpy as np

    wide = gray.astype(np.int16)
    height, width = wide.shape
    centre = wide[1:-1, 1:-1] + _CONTRAST
    steps = ((0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0))
    pattern = np.zeros(centre.shape, dtype=np.uint8)
    for bit, (down, across) in enumerate(steps):
        neighbour = wide[down : height - 2 + down, across : width - 2 + across]
        pattern |= (neighbour > centre).astype(np.uint8) << np.uint8(bit)
    return np.sqrt(np.bincount(pattern.ravel(), minlength=PATTERNS) / pattern.size)
