"""The files of a report: named for their models, with small images of pages."""

from __future__ import annotations

import hashlib
import io
import re

from burnish.errors import InvalidInput, UnreadableImage
from burnish.evaluation.predicting import Page

#: In bytes: most file systems take 255, and something stands before and after it.
LONGEST_STEM = 160
_THUMBNAIL_SIZE = (360, 480)


def file_stem(name: str) -> str:
    """A model's name as part of a file's name, which no file system finds too long."""
    stem = re.sub(r"[^\w.-]+", "-", name).strip("-.").lower() or "model"
    if len(stem.encode()) <= LONGEST_STEM:
        return stem
    digest = hashlib.sha256(name.encode()).hexdigest()[:12]
    return f"{stem.encode()[: LONGEST_STEM - 13].decode(errors='ignore')}-{digest}"


def thumbnail(page: Page) -> bytes:
    """A page as a small JPEG image. Raises `InvalidInput` when it is no image."""
    from burnish.page_images import decoded_image

    try:
        image = decoded_image(page.png)
    except UnreadableImage as error:
        raise InvalidInput(f"The page {page.name!r} cannot be read: {error.reason}") from error
    image.thumbnail(_THUMBNAIL_SIZE)
    buffer = io.BytesIO()
    image.save(buffer, format="JPEG", quality=82, optimize=True)
    return buffer.getvalue()
