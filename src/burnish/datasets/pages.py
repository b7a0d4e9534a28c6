"""Pages as images: every kind of document becomes 8-bit PNG of the size that models read."""

from __future__ import annotations

import io
import struct
import threading
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from PIL import Image as pillow  # noqa: N813 - `Image` is the class
from PIL import ImageChops, ImageOps, UnidentifiedImageError
from PIL.Image import DecompressionBombError, Image, Resampling

from burnish.errors import UnreadableDocument

if TYPE_CHECKING:
    from pypdfium2 import PdfBitmap, PdfDocument, PdfPage

LONGEST_EDGE = 1568
SHORTEST_SIDE = 25
#: How far apart the colours of a pixel may be (of 255) on a page that counts as gray.
COLOUR_TOLERANCE = 12
PNG_COMPRESSION = 3  # both faster and smaller than Pillow's default of 6

# PDFium may be used by one thread at a time only.
_pdfium_lock = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class Rendering:
    """How pages become images: which of a document, and how large. The same for training and for testing."""

    pages: Literal["first", "all"] = "first"
    longest_edge: int = LONGEST_EDGE


DEFAULT_RENDERING = Rendering()


def render_pages(path: Path, rendering: Rendering = DEFAULT_RENDERING) -> Iterator[bytes]:
    """The pages of a document as PNG, upright, on white, gray where there is no colour, never enlarged.

    Raises `UnreadableDocument` naming the file and the reason.
    """
    with _readable(path):
        images = _pdf_pages if path.suffix.lower() == ".pdf" else _image_pages
        for image in images(path, rendering):
            yield _encoded(_shrunk(image, rendering.longest_edge))


def _image_pages(path: Path, rendering: Rendering) -> Iterator[Image]:
    # Given a path, Pillow maps an uncompressed TIFF that lies on its side into memory with its sides
    # exchanged, which scrambles it; given an open file, it reads it.
    with path.open("rb") as source, pillow.open(source) as file:
        _refuse_bomb(file)
        # Only TIFF holds pages; the frames of other formats are an animation.
        count = getattr(file, "n_frames", 1) if rendering.pages == "all" and file.format == "TIFF" else 1
        for number in range(count):
            file.seek(number)
            _refuse_bomb(file)
            if file.format == "JPEG":
                file.draft(None, (rendering.longest_edge, rendering.longest_edge))
            yield _plain(ImageOps.exif_transpose(file))


def _pdf_pages(path: Path, rendering: Rendering) -> Iterator[Image]:
    import pypdfium2

    with _pdfium_lock:
        document = pypdfium2.PdfDocument(path)
        document.init_forms()  # so that what was typed into a form is drawn
        count = len(document)
    try:
        for number in range(count if rendering.pages == "all" else 1):
            yield _pdf_page(document, number, rendering.longest_edge)
    finally:
        with _pdfium_lock:
            document.close()


def _pdf_page(document: PdfDocument, number: int, longest_edge: int) -> Image:
    with _pdfium_lock, closing(document[number]) as page, closing(_bitmap_of(page, longest_edge)) as bitmap:
        image: Image = bitmap.to_pil().copy()
    return image


def _bitmap_of(page: PdfPage, longest_edge: int) -> PdfBitmap:
    return page.render(scale=longest_edge / max(page.get_size()))


class _Refused(Exception):
    """A page that could be decoded but is not wanted."""


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Whatever a decoder says about a broken file comes out as `UnreadableDocument`."""
    from pypdfium2 import PdfiumError

    # The decoders have no error of their own: on a broken file Pillow raises any of these.
    broken = (
        OSError,
        SyntaxError,
        ValueError,
        TypeError,
        LookupError,
        ArithmeticError,
        EOFError,
        MemoryError,
    )
    try:
        yield
    except (*broken, struct.error, zlib.error, PdfiumError, DecompressionBombError, _Refused) as error:
        raise UnreadableDocument(str(path), _reason_in(error)) from error


def _reason_in(error: Exception) -> str:
    if isinstance(error, _Refused):
        return str(error)
    if isinstance(error, DecompressionBombError):
        return _TOO_LARGE
    if isinstance(error, UnidentifiedImageError):
        return "its content is not an image of a known kind"
    if "password" in str(error).lower():
        return "it is locked by a password"
    return f"it is broken or cut short ({error})"


_TOO_LARGE = "it has more pixels than any page needs, and may have been made to exhaust memory"


def _refuse_bomb(image: Image) -> None:
    limit = pillow.MAX_IMAGE_PIXELS
    if limit and image.width * image.height > limit:
        raise _Refused(_TOO_LARGE)


def _plain(image: Image) -> Image:
    """The image as 8-bit gray or RGB, with white behind what is transparent."""
    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        return _eight_bit(image)
    if image.has_transparency_data:
        return _on_white(image)
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def _eight_bit(image: Image) -> Image:
    """Wider samples brought to 8 bits, from the smallest usual full scale that holds them."""
    wide = image.convert("F")
    brightest = _brightest(wide)
    full = next((scale for scale in (1, 255, 4095, 65535) if brightest <= scale), brightest)
    return wide.point(lambda value: value * (255 / full)).convert("L")


def _on_white(image: Image) -> Image:
    layer = image.convert("RGBA")
    page = pillow.new("RGBA", layer.size, "white")
    page.alpha_composite(layer)
    return page.convert("RGB")


def _shrunk(image: Image, longest_edge: int) -> Image:
    share = min(1.0, longest_edge / max(image.size))
    size = (max(round(image.width * share), 1), max(round(image.height * share), 1))
    if min(size) < SHORTEST_SIDE:
        raise _Refused(f"at {size[0]} x {size[1]} pixels it is too small: a side needs {SHORTEST_SIDE}")
    return image if size == image.size else image.resize(size, Resampling.LANCZOS, reducing_gap=3.0)


def _encoded(image: Image) -> bytes:
    page = image.convert("L") if image.mode == "RGB" and _is_gray(image) else image
    buffer = io.BytesIO()
    page.save(buffer, "PNG", compress_level=PNG_COMPRESSION)
    return buffer.getvalue()


def _is_gray(image: Image) -> bool:
    red, green, blue = image.split()
    pairs = ((red, green), (green, blue), (red, blue))
    return all(_brightest(ImageChops.difference(*pair)) <= COLOUR_TOLERANCE for pair in pairs)


def _brightest(band: Image) -> float:
    _, brightest = cast("tuple[float, float]", band.getextrema())
    return brightest
