"""Decoding of page images as a viewer shows them: one decoder for all of Burnish.

What a file stores is often not what a person sees: thumbnails beside the page, EXIF rotation, transparency,
the non-square pixels of a fax. All of that is normalized here, so that preparing, auditing, training and
inference see the same page. Colour profiles are not applied: they change shades, never what a page says.
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any, BinaryIO, cast

from PIL import Image as pillow  # noqa: N813 - `Image` is the class
from PIL import ImageChops, ImageMath, TiffImagePlugin
from PIL.Image import DecompressionBombError, Image, Resampling, Transpose
from PIL.ImageFile import ImageFile

from burnish.errors import TooManyPixels, UnreadableImage

#: Part of cache keys. Increase it whenever some file decodes to other pixels than before.
DECODER = 2

#: The largest difference between colour channels (of 255) in a page that counts as gray: scanners add colour
#: noise.
COLOUR_TOLERANCE = 12
#: How many bytes from its beginning tell what a file is. A PDF may have that much before its header.
HEAD = 1024

#: Magic numbers and their offsets. Names are Bedrock's where it has one.
_SIGNATURES: tuple[tuple[str, int, bytes], ...] = (
    ("png", 0, b"\x89PNG\r\n\x1a\n"),
    ("jpeg", 0, b"\xff\xd8\xff"),
    ("gif", 0, b"GIF87a"),
    ("gif", 0, b"GIF89a"),
    ("webp", 8, b"WEBP"),
    ("tiff", 0, b"II*\0"),
    ("tiff", 0, b"MM\0*"),
    ("tiff", 0, b"II+\0"),
    ("tiff", 0, b"MM\0+"),
    ("bmp", 0, b"BM"),
    ("jpeg2000", 0, b"\0\0\0\x0cjP  "),
    ("jpeg2000", 0, b"\xff\x4f\xff\x51"),
    ("avif", 4, b"ftypavif"),
    ("heic", 4, b"ftyphei"),
    ("heic", 4, b"ftypmif1"),
    ("zip (as Word, Excel and PowerPoint write it)", 0, b"PK\x03\x04"),
    ("an old Office document", 0, b"\xd0\xcf\x11\xe0"),
    ("rtf", 0, b"{\\rtf"),
    ("postscript", 0, b"%!PS"),
    ("a Git LFS pointer (run `git lfs pull`)", 0, b"version https://git-lfs"),
)
_MARKUP = (b"<!doctype html", b"<html", b"<head", b"<body", b"<svg", b"<?xml")
#: Pillow's name for the decoder of each kind of image.
DECODERS = {
    "png": "PNG",
    "jpeg": "JPEG",
    "gif": "GIF",
    "webp": "WEBP",
    "tiff": "TIFF",
    "bmp": "BMP",
    "jpeg2000": "JPEG2000",
    "avif": "AVIF",
}
_BEDROCK_FORMATS = frozenset({"png", "jpeg", "gif", "webp"})

#: No page needs more pixels: an A1 sheet at 300 dpi has 70 million. In colour this many take a quarter of a
#: gigabyte. Not Pillow's own limit, which is a global variable that any library may change.
MAX_PIXELS = 89_478_485

# Tags of TIFF and EXIF, and two of their values.
_WIDTH, _HEIGHT, _CHILDREN = 256, 257, 330
_SUBFILE, _OLD_SUBFILE, _PHOTOMETRIC, _ORIENTATION = 254, 255, 262, 274
_X_RESOLUTION, _Y_RESOLUTION = 282, 283
_OLD_REDUCED = 2
_WHITE_IS_ZERO = 0

_TRANSPOSES = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
_TURNED_BY_90 = range(5, 9)

#: Resolutions with a more extreme pixel aspect ratio are mistakes in the file. The most extreme in use is
#: that of faxes, 204 x 98 dpi.
_MAX_PIXEL_ASPECT = 4.0
#: Pixels with a smaller deviation count as square, so that rounded resolutions cause no resampling.
_SQUARE_TOLERANCE = 0.01

# Pillow's decoders have no exception of their own: broken files raise any of these.
_DECODER_ERRORS = (
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    EOFError,
    struct.error,
    zlib.error,
)


def content_kind(head: bytes) -> str | None:
    """What a file is by its first bytes (`HEAD` of them): ``png``, ``pdf``, ``html`` …; None if not known."""
    for name, place, signature in _SIGNATURES:
        if head.startswith(signature, place):
            return name
    head = head[:HEAD]
    if b"%PDF-" in head:
        return "pdf"
    return "html or xml" if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_MARKUP) else None


def image_format(body: bytes) -> str | None:
    """Bedrock's name for the format that an image has, by its content; None when it takes no such format."""
    kind = content_kind(body[:HEAD])
    return kind if kind in _BEDROCK_FORMATS else None


def image_size(body: bytes) -> tuple[int, int]:
    """Width and height in pixels as an image states them at its beginning. Raises `UnreadableImage`.

    Nothing is decoded. An animation has the size of its canvas.
    """
    with _translated_errors(), _opened(io.BytesIO(body)) as file:
        return file.size


def decoded_image(source: bytes | BinaryIO, *, longest_edge: int | None = None) -> Image:
    """The first page of an image as `decoded_pages` gives it. Raises `UnreadableImage`."""
    return next(decoded_pages(source, longest_edge=longest_edge))


def decoded_pages(source: bytes | BinaryIO, *, longest_edge: int | None = None) -> Iterator[Image]:
    """The pages of an image, 8-bit gray or, with colour, RGB: upright, on white, with square pixels.

    Only TIFF holds several; of an animation it is the first frame, and thumbnails are not pages. A page that
    is larger than ``longest_edge`` is made smaller. Raises `UnreadableImage` at the page that cannot be read.
    """
    with _translated_errors():
        stream = io.BytesIO(source) if isinstance(source, bytes) else source
        with _opened(stream) as file:
            frames = _tiff_pages(file) if isinstance(file, TiffImagePlugin.TiffImageFile) else iter((file,))
            for frame in frames:
                yield _page(frame, longest_edge)


def page_of(image: Image) -> Image:
    """An image that is open already, as `decoded_pages` would give it. Raises `UnreadableImage`."""
    with _translated_errors():
        return _page(image, None)


def gray_if_colourless(image: Image) -> Image:
    """An RGB image as gray, if it has no colour."""
    return image.convert("L") if image.mode == "RGB" and _is_gray(image) else image


def resized(image: Image, size: tuple[int, int]) -> Image:
    """The image at another size."""
    return image if size == image.size else image.resize(size, Resampling.LANCZOS, reducing_gap=3.0)


@contextmanager
def _translated_errors() -> Iterator[None]:
    """Translate a decoder's errors about a broken image to `UnreadableImage`."""
    try:
        yield
    except DecompressionBombError as error:
        raise TooManyPixels from error
    except OSError as error:
        if error.errno:  # an error of the disk, not of the image
            raise
        raise UnreadableImage("it is damaged or incomplete") from error
    except _DECODER_ERRORS as error:
        if isinstance(error, UnreadableImage):
            raise
        raise UnreadableImage("it is damaged or incomplete") from error


def _opened(stream: BinaryIO) -> ImageFile:
    """An opened image. Only through here, so that content decides which one of Pillow's decoders runs."""
    return pillow.open(stream, formats=[_decoder_of(stream)])


def _decoder_of(stream: BinaryIO) -> str:
    head = stream.read(HEAD)
    stream.seek(0)
    kind = content_kind(head)
    if kind in DECODERS:
        return DECODERS[kind]
    raise UnreadableImage(f"it is not an image but {kind}" if kind else "it is not an image of a known kind")


def _require_few_pixels(size: tuple[int, int]) -> None:
    if size[0] * size[1] > MAX_PIXELS:
        raise TooManyPixels


def _tiff_pages(file: TiffImagePlugin.TiffImageFile) -> Iterator[ImageFile]:
    """The frames that are pages: neither smaller copies of others nor masks.

    Where all are said to be smaller copies, the page is what they were made from, kept as a child of one of
    them; where it is not in the file, it is the largest.
    """
    smaller: list[tuple[int, int]] = []
    found = False
    for number in count():
        try:
            file.seek(number)
        except EOFError:
            break
        kind = _subfile_kind(file)
        if kind == "page":
            found = True
            yield file
        elif kind == "smaller":
            smaller.append((file.width * file.height, number))
    if found:
        return
    if not smaller:
        raise UnreadableImage("it holds masks only, and no page")
    file.seek(max(smaller, key=lambda one: one[0])[1])
    _require_few_pixels_in_children(file)
    children = [one for one in file.get_child_images() if _subfile_kind(one) == "page"]
    yield from children or [file]


def _require_few_pixels_in_children(file: TiffImagePlugin.TiffImageFile) -> None:
    """Refuse a frame whose children have too many pixels in all: Pillow decodes them when it lists them."""
    stream = cast("BinaryIO", file.fp)
    stated = file.tag_v2.get(_CHILDREN, ())
    pixels = 0
    for place in stated if isinstance(stated, tuple) else (stated,):
        stream.seek(0)
        header = stream.read(16)
        is_big = header[2:3] == b"+"
        directory = TiffImagePlugin.ImageFileDirectory_v2(header if is_big else header[:8])
        stream.seek(place)
        directory.load(stream)
        pixels += directory.get(_WIDTH, 0) * directory.get(_HEIGHT, 0)
    _require_few_pixels((pixels, 1))


def _subfile_kind(frame: ImageFile) -> str:
    tags = getattr(frame, "tag_v2", {})
    kind = tags.get(_SUBFILE)
    if not isinstance(kind, int):
        return "smaller" if tags.get(_OLD_SUBFILE) == _OLD_REDUCED else "page"
    return "mask" if kind & 4 else "smaller" if kind & 1 else "page"


def _page(frame: Image, longest_edge: int | None) -> Image:
    _require_few_pixels(frame.size)
    _scale_transparent_colour(frame)
    wide, high = _resolution(frame)
    if longest_edge and frame.format in ("JPEG", "MPO"):
        frame.draft(None, (longest_edge, longest_edge))
    orientation = _orientation(frame)
    if orientation in _TURNED_BY_90:
        wide, high = high, wide
    # Pillow's TIFF decoder applies the orientation itself.
    turn = None if isinstance(frame, TiffImagePlugin.TiffImageFile) else _TRANSPOSES.get(orientation)
    stored = _stored(frame)
    plain = _flattened(frame)
    if frame.format == "GIF" and stored and stored.extents:
        plain = _on_white_canvas(plain, stored.extents)
    image = plain.transpose(turn) if turn is not None else plain
    return gray_if_colourless(resized(image, _displayed_size(image.size, wide / high, longest_edge)))


def _stored(frame: Image) -> Any:  # noqa: ANN401 - Pillow's own tuple
    """Where in the image the samples of a file go, and of which form they are; None once they are read."""
    return next(iter(getattr(frame, "tile", ())), None)


def _orientation(frame: Image) -> int:
    try:
        return int(frame.getexif().get(_ORIENTATION, 1))
    except (*_DECODER_ERRORS, OSError):  # as viewers do, which ignore broken EXIF data
        return 1


def _resolution(frame: Image) -> tuple[float, float]:
    """The horizontal and the vertical resolution, in any unit: only their ratio matters."""
    stated: tuple[Any, Any]
    if isinstance(frame, TiffImagePlugin.TiffImageFile):
        stated = (frame.tag_v2.get(_X_RESOLUTION), frame.tag_v2.get(_Y_RESOLUTION))
    else:
        kinds = ("jfif_density",) if frame.format in ("JPEG", "MPO") else ("dpi", "aspect")
        stated = next((frame.info[kind] for kind in kinds if kind in frame.info), (1, 1))
    try:
        wide, high = (float(one) for one in stated)
    except (TypeError, ValueError, ArithmeticError):
        return 1.0, 1.0
    plausible = wide > 0 and high > 0 and 1 / _MAX_PIXEL_ASPECT <= wide / high <= _MAX_PIXEL_ASPECT
    return (wide, high) if plausible and abs(wide / high - 1) > _SQUARE_TOLERANCE else (1.0, 1.0)


def _displayed_size(size: tuple[int, int], aspect: float, longest_edge: int | None) -> tuple[int, int]:
    """The size with square pixels: more along the side that has few, so that no detail is lost."""
    width, height = size[0] * max(1.0, 1 / aspect), size[1] * max(1.0, aspect)
    share = min(1.0, longest_edge / max(width, height)) if longest_edge else 1.0
    if aspect != 1.0:
        share = min(share, (MAX_PIXELS / (width * height)) ** 0.5)
    return max(round(width * share), 1), max(round(height * share), 1)


def _flattened(image: Image) -> Image:
    """The image as 8-bit gray or RGB, with white behind what is transparent."""
    if image.mode in ("I", "F") or image.mode.startswith("I;"):
        return _eight_bit(image)
    if image.mode == "CMYK" and image.format in ("JPEG", "MPO") and "adobe" not in image.info:
        # Pillow takes all of them for Adobe's, which are inverted.
        return ImageChops.invert(image).convert("RGB")
    if image.has_transparency_data:
        return _on_white(image)
    return image.convert("L" if image.mode in ("1", "L") else "RGB")


def _on_white_canvas(image: Image, place: tuple[int, int, int, int]) -> Image:
    """The image, white around the place that its first frame fills."""
    if place == (0, 0, *image.size):
        return image
    page = pillow.new(image.mode, image.size, "white")
    page.paste(image.crop(place), place)
    return page


def _scale_transparent_colour(frame: Image) -> None:
    """Bring the colour that stands for nothing to 8 bits: PNG gives it as the file's samples are."""
    colour = frame.info.get("transparency")
    stored = _stored(frame)
    if frame.format != "PNG" or not stored or colour is None:
        return
    samples = str(stored.args)
    if samples == "RGB;16B" and isinstance(colour, tuple):
        frame.info["transparency"] = tuple(one >> 8 for one in colour)
    if samples in ("L;2", "L;4") and isinstance(colour, int):
        frame.info["transparency"] = colour * (85 if samples == "L;2" else 17)


def _eight_bit(image: Image) -> Image:
    """Wider samples brought to 8 bits, from the smallest usual full scale that holds them."""
    wide = image.convert("F")
    darkest, brightest = _extremes(wide)
    # Computed samples (a mean, a sharpened edge) may exceed their scale slightly.
    full = next((scale for scale in (1, 255, 4095, 65535) if brightest <= scale * 1.02), brightest)
    if not (-0.02 * full <= darkest <= brightest < float("inf") and _are_numbers(wide)):
        raise UnreadableImage(
            "its samples are not brightness values: they are negative, infinite or not numbers"
        )
    page = wide.point(lambda value: value * (255 / full)).convert("L")
    if getattr(image, "tag_v2", {}).get(_PHOTOMETRIC) == _WHITE_IS_ZERO:
        page = ImageChops.invert(page)
    clear = image.info.get("transparency")
    if isinstance(clear, int):
        nothing = ImageMath.lambda_eval(lambda found: found["one"] == clear, one=image.convert("I"))
        page.paste(255, mask=nothing.convert("L").point(lambda value: 255 * value))
    return page


def _are_numbers(wide: Image) -> bool:
    same = ImageMath.lambda_eval(lambda found: found["one"] == found["one"], one=wide)  # as NaN is not
    return _extremes(same)[0] == 1


def _on_white(image: Image) -> Image:
    whole = {"La": "LA", "RGBa": "RGBA"}.get(image.mode)
    layer = (image.convert(whole) if whole else image).convert("RGBA")
    page = pillow.new("RGBA", layer.size, "white")
    page.alpha_composite(layer)
    return page.convert("RGB")


def _is_gray(image: Image) -> bool:
    red, green, blue = image.split()
    pairs = ((red, green), (green, blue), (red, blue))
    return all(_extremes(ImageChops.difference(*pair))[1] <= COLOUR_TOLERANCE for pair in pairs)


def _extremes(band: Image) -> tuple[float, float]:
    return cast("tuple[float, float]", band.getextrema())
