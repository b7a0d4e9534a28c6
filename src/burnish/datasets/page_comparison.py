"""Whether two pages are the same page, scanned, scaled or saved again, or only look alike from afar.

Forms of one layout differ in a few words, which a perceptual hash cannot see. So every inked patch of one
page is looked for near its place on the other: a copy has all of them, a form with other values has not.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: The pixels of a page that is compared, width and height: enough to tell one word from another.
DETAIL = (900, 1200)

#: A patch holds a short word in small print, (height, width) in pixels, and overlaps the next by half.
_PATCH = (24, 36)
#: How far a patch may have moved in any direction: at the edge of a page that is turned by a degree.
_REACH = 16
#: Scanners leave black edges, and turned pages lose their corners: this share of each side is not compared.
_MARGIN = 0.05
#: The standard deviation of gray values above which a patch has ink.
_INKED = 20.0
#: The correlation below which a patch is not what it was. In nearly all copies of scanned pages two patches
#: at most fall below it; where a name or a number was exchanged, three or more do (benchmarks/README.md).
_SAME = 0.7
#: As many patches may be lost to dirt and folds. A single word that is exchanged costs more.
_MAX_LOST = 2


def page_detail(page: Image.Image) -> bytes:
    """What is kept of a page to compare it with others: gray, small, as WebP."""
    small = page.convert("L")
    small.thumbnail(DETAIL, Image.Resampling.LANCZOS)
    body = io.BytesIO()
    small.save(body, "WEBP", quality=70)
    return body.getvalue()


def is_same_page(one: bytes, other: bytes) -> bool:
    """Whether the details of two pages show the same page."""
    import cv2

    first, second = _decoded(one), _decoded(other)
    second = cv2.resize(second, first.shape[::-1])
    # Both ways: what was written into an empty field is on one of them only.
    return _has_ink_of(first, second) and _has_ink_of(second, first)


def _has_ink_of(page: NDArray[np.float32], other: NDArray[np.float32]) -> bool:
    """Whether the patches of a page are on the other as well, near the same places."""
    import numpy as np

    around = np.pad(other, _REACH, constant_values=255)
    lost = 0
    for top, left in _inked_patches(page):
        lost += _correlation(page, around, top, left) < _SAME
        if lost > _MAX_LOST:
            return False
    return True


def _inked_patches(page: NDArray[np.float32]) -> Iterator[tuple[int, int]]:
    """The top and the left of each patch with ink, the margins left out."""
    height, width = _PATCH
    down, across = (round(side * _MARGIN) for side in page.shape)
    for top in range(down, page.shape[0] - down - height, height // 2):
        for left in range(across, page.shape[1] - across - width, width // 2):
            if page[top : top + height, left : left + width].std() >= _INKED:
                yield top, left


def _correlation(page: NDArray[np.float32], around: NDArray[np.float32], top: int, left: int) -> float:
    """The normalized correlation of a patch with the best place within its reach."""
    import cv2

    height, width = _PATCH
    patch = page[top : top + height, left : left + width]
    near = around[top : top + height + 2 * _REACH, left : left + width + 2 * _REACH]
    return float(cv2.matchTemplate(near, patch, cv2.TM_CCOEFF_NORMED).max())


def _decoded(detail: bytes) -> NDArray[np.float32]:
    """The gray values, a little blurred: what is sharper than a scan is noise."""
    import cv2
    import numpy as np

    with Image.open(io.BytesIO(detail)) as image:
        gray = np.asarray(image.convert("L"), dtype=np.float32)
    return np.asarray(cv2.GaussianBlur(gray, (0, 0), 0.8))
