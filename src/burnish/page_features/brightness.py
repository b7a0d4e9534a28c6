"""The brightness of a page: a small grid of gray values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PIL import Image

from burnish.errors import InvalidInput, UnreadableImage
from burnish.page_images import decoded_image

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Cells, width and height.
GRID = (24, 32)


def brightness_of(image: bytes) -> bytes:
    """The brightness of a page image. Raises `InvalidInput` where it is none."""
    try:
        return brightness_grid(decoded_image(image))
    except UnreadableImage as error:
        raise InvalidInput(f"A page image of {len(image)} bytes cannot be read: {error.reason}") from error


def brightness_grid(page: Image.Image) -> bytes:
    """A 24 x 32 grid of gray values, row by row, one byte each."""
    return page.convert("L").resize(GRID, Image.Resampling.BOX).tobytes()


def darkness(grid: bytes) -> NDArray[np.float64]:
    """The grid as shares of black, (768,)."""
    import numpy as np

    return np.asarray(1 - np.frombuffer(grid, dtype=np.uint8) / 255)
