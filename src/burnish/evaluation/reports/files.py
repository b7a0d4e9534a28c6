"""The files of a report: whole or not there, named for their models, with small images of pages."""

from __future__ import annotations

import io
import os
import re
import tempfile
from pathlib import Path

from burnish.errors import InvalidInput, UnreadableImage
from burnish.evaluation.predicting import Page

_THUMBNAIL_SIZE = (360, 480)


def file_stem(name: str) -> str:
    """A model's name as part of a file's name."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-.").lower() or "model"


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


def replace_file(path: Path, content: bytes) -> None:
    """Write a file that is always the old one or the new one, whatever happens meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
