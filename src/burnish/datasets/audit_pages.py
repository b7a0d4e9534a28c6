"""The pages of an audit at full size, as files beside its sheet, which opens them."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image

from burnish.datasets.document_features import RENDERING
from burnish.datasets.documents import Document
from burnish.datasets.render_pool import RenderPool
from burnish.disk import replace_file
from burnish.parallel import map_ordered

FOLDER = "pages"
#: WebP at this quality is a fifth of the size of PNG, and small print is as readable.
QUALITY = 80
_OURS = re.compile(r"[0-9a-f]{64}\.webp")


def write_pages(documents: Sequence[Document], folder: Path, *, renderers: int = 2) -> Mapping[str, str]:
    """Write the first pages of documents beside the sheet in ``folder``; their relative paths by digest.

    A document that cannot be rendered any more has none. Pages of an earlier audit are removed.
    """
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    with RenderPool(renderers) as pool:

        def write(document: Document) -> str | None:
            rendered = pool.render(document, RENDERING)
            if not rendered.pages:
                return None
            name = f"{FOLDER}/{document.digest}.webp"
            replace_file(folder / name, _webp(rendered.pages[0].png))
            return name

        paths = map_ordered(write, documents, workers=renderers)
        found = {one.digest: path for one, path in zip(documents, paths, strict=True) if path}
    for file in (folder / FOLDER).iterdir():
        if _OURS.fullmatch(file.name) and f"{FOLDER}/{file.name}" not in found.values():
            file.unlink()
    return found


def _webp(png: bytes) -> bytes:
    body = io.BytesIO()
    with Image.open(io.BytesIO(png)) as page:
        page.save(body, "WEBP", quality=QUALITY)
    return body.getvalue()
