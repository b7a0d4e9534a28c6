"""What a scanner or a fax machine makes of a clean page: uneven, speckled, still readable."""

from __future__ import annotations

import io
import random
import threading
from contextlib import closing
from enum import StrEnum

import pypdfium2
from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFilter

#: The longer side of a scanned page in pixels: about 110 dots per inch.
SHORTEST, LONGEST = 1120, 1300
PAPER = 252

# PDFium may be used by one thread at a time only.
_pdfium_lock = threading.Lock()


class Format(StrEnum):
    """The kinds of file that documents come in."""

    PDF = "pdf"
    PNG = "png"
    GRAY_TIFF = "gray tiff"
    FAX_TIFF = "fax tiff"

    @property
    def suffix(self) -> str:
        """The end of the file's name."""
        return ".tif" if self in (Format.GRAY_TIFF, Format.FAX_TIFF) else f".{self.value}"


def file_of(pdf: bytes, form: Format, rng: random.Random) -> bytes:
    """The file of a page: the PDF itself, or an image as if scanned."""
    if form is Format.PDF:
        return pdf
    if form is Format.FAX_TIFF:
        return _encoded(_faxed(_rendered(pdf, LONGEST), rng), "TIFF", compression="group4")
    page = _scanned(_rendered(pdf, rng.randint(SHORTEST, LONGEST)), rng)
    if form is Format.PNG:
        return _encoded(page, "PNG", compress_level=6)
    return _encoded(page, "TIFF", compression="tiff_lzw")


def _rendered(pdf: bytes, long_side: int) -> Image.Image:
    with (
        _pdfium_lock,
        closing(pypdfium2.PdfDocument(pdf)) as document,
        closing(document[0]) as page,
        closing(page.render(scale=long_side / max(page.get_size()), grayscale=True)) as bitmap,
    ):
        image: Image.Image = bitmap.to_pil().convert("L").copy()
    return image


def _scanned(page: Image.Image, rng: random.Random) -> Image.Image:
    page = _turned(page, rng.uniform(-1.5, 1.5))
    page = page.filter(ImageFilter.GaussianBlur(rng.uniform(0.2, 0.65)))
    page = ImageEnhance.Contrast(page).enhance(rng.uniform(0.75, 1.05))
    page = ImageChops.multiply(page, _light(page.size, rng))
    page = _grained(page, rng, strength=rng.uniform(0.02, 0.09))
    page = _speckled(page, rng, spots=rng.randint(0, 60))
    if rng.random() < 0.4:
        page = _edge_shadow(page, rng)
    return _compressed(page, quality=rng.randint(45, 85))


def _faxed(page: Image.Image, rng: random.Random) -> Image.Image:
    page = _turned(page, rng.uniform(-0.8, 0.8))
    page = _speckled(page, rng, spots=rng.randint(20, 160))
    # Dark enough that no thin stroke breaks, light enough that no letter fills up.
    threshold = rng.randint(165, 190)
    return page.point([255 if level > threshold else 0 for level in range(256)]).convert(
        "1", dither=Image.Dither.NONE
    )


def _turned(page: Image.Image, degrees: float) -> Image.Image:
    return page.rotate(degrees, resample=Image.Resampling.BICUBIC, fillcolor=PAPER)


def _light(size: tuple[int, int], rng: random.Random) -> Image.Image:
    """Brightness that changes softly over the page."""
    darkest = rng.randint(205, 240)
    coarse = Image.frombytes("L", (3, 4), bytes(rng.randint(darkest, 255) for _ in range(12)))
    return coarse.resize(size, Image.Resampling.BICUBIC)


def _grained(page: Image.Image, rng: random.Random, *, strength: float) -> Image.Image:
    grain = Image.frombytes("L", page.size, rng.randbytes(page.width * page.height))
    return Image.blend(page, grain.filter(ImageFilter.GaussianBlur(0.5)), strength)


def _speckled(page: Image.Image, rng: random.Random, *, spots: int) -> Image.Image:
    page, width, height = page.copy(), page.width, page.height
    pen = ImageDraw.Draw(page)
    for _ in range(spots):
        x, y, radius = rng.randrange(width), rng.randrange(height), rng.choice((0, 0, 0, 1))
        pen.ellipse((x, y, x + radius, y + radius), fill=rng.randint(30, 140))
    return page


def _edge_shadow(page: Image.Image, rng: random.Random) -> Image.Image:
    """A shadow along the left or right edge, as from the fold of a book or an open lid."""
    reach, depth = rng.randint(10, 32), rng.randint(60, 130)
    levels = bytes(min(255, 255 - depth + depth * x // reach) for x in range(page.width))
    shadow = Image.frombytes("L", (page.width, 1), levels).resize(page.size)
    return ImageChops.multiply(
        page, shadow if rng.random() < 0.5 else shadow.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    )


def _compressed(page: Image.Image, *, quality: int) -> Image.Image:
    with Image.open(io.BytesIO(_encoded(page, "JPEG", quality=quality))) as worn:
        return worn.convert("L")


def _encoded(page: Image.Image, name: str, **options: object) -> bytes:
    file = io.BytesIO()
    page.save(file, name, **options)
    return file.getvalue()
