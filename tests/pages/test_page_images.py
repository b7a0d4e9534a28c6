"""One decoder: whatever a file stores and however, the image is what a person sees."""

from __future__ import annotations

import errno
import io
import struct
import warnings
import zlib
from contextlib import suppress

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from image_bytes import Frame, png_of_samples, saved, tiff_of
from PIL import Image, ImageChops, ImageCms, ImageDraw, TiffImagePlugin

from burnish.errors import UnreadableImage
from burnish.pages.page_images import content_kind, decoded_image, decoded_pages, image_format, image_size

TURNS = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


def page(size: tuple[int, int] = (120, 160), *, ink: str = "black", ground: str = "white") -> Image.Image:
    """A page with a bar of ink at its top left."""
    image = Image.new("RGB", size, ground)
    ImageDraw.Draw(image).rectangle((0, 0, size[0] // 2, size[1] // 4), fill=ink)
    return image


def ink_on_nothing(mode: str = "RGBA") -> Image.Image:
    """The page as a layer: black ink, and black that is fully transparent everywhere else."""
    layer = Image.new("RGBA", (120, 160), (0, 0, 0, 0))
    ImageDraw.Draw(layer).rectangle((0, 0, 60, 40), fill="black")
    return layer.convert(mode)


def shows_the_page(image: Image.Image) -> bool:
    """Dark at the top left, white in the other three corners."""
    gray = image.convert("L")
    right, bottom = gray.width * 7 // 8, gray.height * 7 // 8
    ground = [gray.getpixel(place) for place in ((right, 5), (5, bottom), (right, bottom))]
    return gray.getpixel((5, 5)) < 40 and min(ground) > 215


def in_mode(image: Image.Image, mode: str) -> Image.Image:
    """The image in a mode, those too that Pillow does not convert to directly."""
    if mode == "LAB":
        profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        return ImageCms.profileToProfile(image, *profiles, outputMode="LAB")
    if mode == "I;16":
        samples = struct.pack(
            f"<{image.width * image.height}H", *(257 * one for one in image.convert("L").tobytes())
        )
        return Image.frombytes("I;16", image.size, samples)
    return image.convert(mode)


KINDS = {
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    "JPEG": ("L", "RGB", "CMYK", "YCbCr"),
    "TIFF": ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I;16", "I", "F"),
    "WEBP": ("RGB", "RGBA"),
    "GIF": ("1", "L", "P"),
    "BMP": ("1", "L", "P", "RGB"),
}
KINDS_AND_MODES = [(kind, mode) for kind, modes in KINDS.items() for mode in modes]


@pytest.mark.parametrize(("kind", "mode"), KINDS_AND_MODES)
def test_a_page_is_the_same_in_every_mode_of_every_kind(kind, mode):
    image = decoded_image(saved(in_mode(page(), mode), kind))
    assert (image.mode, image.size) == ("L", (120, 160))
    assert shows_the_page(image)


@settings(deadline=None, max_examples=150)
@given(
    kind_and_mode=st.sampled_from([one for one in KINDS_AND_MODES if one[0] in ("PNG", "JPEG", "TIFF")]),
    orientation=st.sampled_from(list(TURNS)),
    densities=st.sampled_from([(1, 1), (300, 300), (204, 98), (98, 204), (204, 196), (200, 100), (204, 391)]),
    longest_edge=st.sampled_from([None, 100, 1000]),
)
def test_a_page_is_the_same_however_it_lies_and_whatever_the_shape_of_its_pixels(
    kind_and_mode, orientation, densities, longest_edge
):
    kind, mode = kind_and_mode
    stored = page((240, 320)).resize((240, round(320 * densities[1] / densities[0])))
    stored = stored if TURNS[orientation] is None else stored.transpose(TURNS[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    dpi = densities[::-1] if orientation >= 5 else densities
    image = decoded_image(saved(in_mode(stored, mode), kind, exif=exif, dpi=dpi), longest_edge=longest_edge)
    assert shows_the_page(image)
    assert image.height / image.width == pytest.approx(320 / 240, rel=0.03)
    assert max(image.size) <= (longest_edge or 1000)


@pytest.mark.parametrize(
    "body",
    [
        saved(ink_on_nothing(), "PNG"),
        saved(ink_on_nothing("LA"), "PNG"),
        saved(ink_on_nothing().quantize(16), "PNG"),
        saved(Image.eval(page().convert("L"), lambda value: 10 if value else 0), "PNG", transparency=10),
        saved(page(ground="navy"), "PNG", transparency=(0, 0, 128)),
        saved(ink_on_nothing(), "WEBP", lossless=True),
        saved(ink_on_nothing(), "GIF"),
        saved(ink_on_nothing(), "TIFF"),
        saved(ink_on_nothing("LA"), "TIFF"),
        tiff_of(Frame(page(), ink_on_nothing().tobytes(), bands=4, tags={338: 1})),  # premultiplied
        tiff_of(Frame(page(), ink_on_nothing("LA").tobytes(), bands=2, tags={338: 1})),
        tiff_of(
            Frame(
                page(),
                b"".join(bytes((0, one)) for one in ink_on_nothing().tobytes()),
                bits=16,
                bands=4,
                tags={338: 2},
            )
        ),
    ],
)
def test_what_is_transparent_is_white(body):
    assert shows_the_page(decoded_image(body))


@pytest.mark.parametrize(
    ("bits", "colour_type", "ink", "nothing", "clear"),
    [
        (16, 2, b"\0" * 6, b"\x12\x34\x56\x78\x9a\xbc", b"\x12\x34\x56\x78\x9a\xbc"),
        (16, 0, b"\0\0", b"\x12\x34", b"\x12\x34"),
        (8, 0, b"\0", b"\x12", b"\0\x12"),
        (4, 0, b"\0", b"\x33", b"\0\x03"),
        (2, 0, b"\0", b"\x55", b"\0\x01"),
    ],
)
def test_a_colour_that_stands_for_nothing_is_white_whatever_its_depth(bits, colour_type, ink, nothing, clear):
    per_byte = max(8 // bits, 1)
    size = (80 * per_byte, 100)
    rows = [ink * 40 + nothing * 40] * 25 + [nothing * 80] * 75
    assert shows_the_page(
        decoded_image(png_of_samples(size, rows, bits=bits, colour_type=colour_type, clear=clear))
    )


def test_what_is_half_transparent_is_half_white():
    layer = Image.new("RGBA", (60, 60), (0, 0, 0, 128))
    assert decoded_image(saved(layer, "PNG")).getpixel((5, 5)) == pytest.approx(127, abs=1)


def test_colour_stays_where_there_is_any():
    image = decoded_image(saved(page(ink="red"), "PNG"))
    assert (image.mode, image.getpixel((5, 5))) == ("RGB", (255, 0, 0))


@pytest.mark.parametrize("bits", [1, 8, 16])
def test_white_may_be_the_lowest_value(bits):
    inverted = ImageChops.invert(page().convert("L"))
    if bits == 1:
        frame = Frame(page(), inverted.convert("1").tobytes(), bits=1, tags={262: 0})
    elif bits == 16:
        frame = Frame(page(), in_mode(inverted.convert("RGB"), "I;16").tobytes(), bits=16, tags={262: 0})
    else:
        frame = Frame(page(), inverted.tobytes(), tags={262: 0})
    assert shows_the_page(decoded_image(tiff_of(frame)))


def without_adobes_marker(jpeg: bytes) -> bytes:
    start = jpeg.index(b"\xff\xee")
    return jpeg[:start] + jpeg[start + 2 + int.from_bytes(jpeg[start + 2 : start + 4], "big") :]


def test_only_adobe_stores_cmyk_inverted():
    ours = saved(page().convert("CMYK"), "JPEG")
    assert shows_the_page(decoded_image(ours))
    plain = without_adobes_marker(saved(ImageChops.invert(page().convert("CMYK")), "JPEG"))
    assert shows_the_page(decoded_image(plain))


@pytest.mark.parametrize("full", [1.0, 1.01, 255, 256.5, 4095, 65535])
def test_samples_of_any_scale_give_the_same_page(full):
    wide = page().convert("F").point(lambda value: value * (full / 255))
    assert shows_the_page(decoded_image(saved(wide, "TIFF")))


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -5.0])
def test_samples_that_are_no_brightness_are_refused(value):
    wide = Image.new("F", (60, 60), 0.5)
    wide.putpixel((3, 3), value)
    with pytest.raises(UnreadableImage, match="not brightness values"):
        decoded_image(saved(wide, "TIFF"))


PAGE, SECOND, SMALL, MASK = page(), page((120, 200)), page((30, 40)), page((120, 160))


def frame(image: Image.Image, kind: int | None = None, **options) -> Frame:
    return Frame(image.convert("L"), tags={} if kind is None else {254: kind}, **options)


@pytest.mark.parametrize(
    ("frames", "sizes"),
    [
        ([frame(SMALL, 1), frame(PAGE, 0)], [PAGE.size]),
        ([frame(PAGE, 0), frame(SMALL, 1)], [PAGE.size]),
        ([frame(SMALL, 1), frame(PAGE)], [PAGE.size]),
        ([frame(SMALL, 3), frame(PAGE, 2)], [PAGE.size]),
        ([frame(SMALL, 1), frame(PAGE, 2), frame(SMALL, 1), frame(SECOND, 2)], [PAGE.size, SECOND.size]),
        ([frame(PAGE), frame(MASK, 4), frame(SECOND)], [PAGE.size, SECOND.size]),
        ([frame(MASK, 5), frame(PAGE)], [PAGE.size]),
        ([Frame(SMALL.convert("L"), tags={255: 2}), Frame(PAGE.convert("L"), tags={255: 1})], [PAGE.size]),
        (
            [Frame(PAGE.convert("L"), tags={255: 3}), Frame(SECOND.convert("L"), tags={255: 3})],
            [PAGE.size, SECOND.size],
        ),
        ([frame(SMALL, 1, children=[frame(PAGE, 0)])], [PAGE.size]),
        ([frame(PAGE, 1)], [PAGE.size]),
        ([frame(SMALL, 1), frame(PAGE, 1)], [PAGE.size]),
    ],
)
def test_the_pages_of_a_tiff_are_its_frames_of_full_resolution(frames, sizes):
    body = tiff_of(*frames)
    assert [image.size for image in decoded_pages(body)] == sizes
    assert all(map(shows_the_page, decoded_pages(body)))
    assert decoded_image(body).size == sizes[0]


def test_masks_alone_are_no_page():
    with pytest.raises(UnreadableImage, match="masks only"):
        decoded_image(tiff_of(frame(MASK, 4)))


def fax(densities: tuple[int, int], unit: int) -> bytes:
    """A page of 864 x 539 dots, as a fax machine of standard resolution sends it."""
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[282], tags[283], tags[296] = *densities, unit
    return saved(
        page((864, 1122)).resize((864, 539)).convert("1"), "TIFF", compression="group4", tiffinfo=tags
    )


@pytest.mark.parametrize(("densities", "unit"), [((204, 98), 2), ((204, 98), 1), ((80, 38), 3)])
def test_a_fax_is_stretched_to_the_shape_of_its_paper_and_loses_no_row(densities, unit):
    image = decoded_image(fax(densities, unit))
    assert image.width == 864
    assert image.height == pytest.approx(1122, rel=0.02)
    assert shows_the_page(image)


@pytest.mark.parametrize(
    "densities", [(0, 0), (0, 98), (204, 0), (72, 7200), (1, 300), (2**31, 3), (300, 299)]
)
def test_a_resolution_that_cannot_be_meant_changes_nothing(densities):
    assert decoded_image(fax(densities, 2)).size == (864, 539)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_pixels_without_a_unit_have_a_shape_too(kind):
    body = saved(page((200, 100)), kind, dpi=(200, 100))
    if kind == "JPEG":
        place = body.index(b"JFIF\0") + 7
        body = body[:place] + b"\0" + body[place + 1 :]
    else:
        place = body.index(b"pHYs") + 12
        chunk = body[place - 8 : place] + b"\0"
        body = body[: place - 8] + chunk + struct.pack(">I", zlib.crc32(b"pHYs" + chunk)) + body[place + 5 :]
    assert decoded_image(body).size == (200, 200)


def test_only_the_first_frame_of_an_animation_is_the_page():
    other = page(ground="black")
    frames = {"save_all": True, "append_images": [other, other], "duration": 100}
    for kind in ("GIF", "PNG", "WEBP"):
        body = saved(page(), kind, **frames)
        assert [shows_the_page(image) for image in decoded_pages(body)] == [True], kind


def test_a_first_frame_smaller_than_its_canvas_stands_on_white():
    body = bytearray(saved(Image.new("L", (60, 40)), "GIF"))
    struct.pack_into("<HH", body, 6, 120, 160)
    assert shows_the_page(decoded_image(bytes(body)))


def test_the_second_image_of_a_phones_photo_is_not_a_page():
    body = saved(page(), "MPO", save_all=True, append_images=[page((40, 40), ground="black")])
    assert [image.size for image in decoded_pages(body)] == [(120, 160)]
    assert shows_the_page(decoded_image(body, longest_edge=80))


ORIENTATION_IN_LETTERS = struct.pack("<4sIHHHI4sI", b"II*\0", 8, 1, 0x0112, 2, 2, b"x", 0)


@pytest.mark.parametrize("exif", [b"II*\0\xff\xff\xff\x7f", b"no TIFF at all", b"", ORIENTATION_IN_LETTERS])
@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_a_page_whose_exif_is_broken_is_shown_as_it_lies(exif):
    assert shows_the_page(decoded_image(saved(page(), "JPEG", exif=b"Exif\0\0" + exif)))


def test_an_open_file_is_decoded_like_its_bytes(tmp_path):
    (tmp_path / "page.tif").write_bytes(saved(page(), "TIFF"))
    with (tmp_path / "page.tif").open("rb") as file:
        assert decoded_image(file).tobytes() == decoded_image(saved(page(), "TIFF")).tobytes()
        assert not file.closed


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (saved(page(), "PNG"), "png"),
        (saved(page(), "JPEG"), "jpeg"),
        (saved(page(), "MPO"), "jpeg"),
        (saved(page(), "GIF"), "gif"),
        (saved(page(), "WEBP"), "webp"),
    ],
)
def test_formats_have_bedrocks_names(body, kind):
    assert content_kind(body) == image_format(body) == kind


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (saved(page(), "TIFF"), "tiff"),
        (saved(page(), "BMP"), "bmp"),
        (b"%PDF-1.7 ...", "pdf"),
        (b"\r\n" + b"x" * 600 + b"%PDF-1.4", "pdf"),
        (b"\xef\xbb\xbf\n<!DOCTYPE HTML><html>", "html or xml"),
        (b"PK\x03\x04....", "zip (as Word, Excel and PowerPoint write it)"),
        (b"\0\0\0\x18ftypheic", "heic"),
        (b"version https://git-lfs.github.com/spec/v1", "a Git LFS pointer (run `git lfs pull`)"),
        (b"", None),
        (b"RIFF....WAVE", None),
        (b"a letter", None),
    ],
)
def test_what_bedrock_does_not_take_as_an_image_has_no_format(body, kind):
    assert content_kind(body) == kind
    assert image_format(body) is None


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "it is not an image of a known kind"),
        (b"%PDF-1.7", "it is not an image but pdf"),
        (b"<html>", "it is not an image but html or xml"),
        (saved(page(), "PNG")[:80], "it is damaged or incomplete"),
        (saved(page(), "JPEG")[:300], "it is damaged or incomplete"),
        (saved(page(), "GIF")[:40], "it is damaged or incomplete"),
        (saved(page(), "WEBP")[:60], "it is damaged or incomplete"),
        (saved(page(), "TIFF")[:60], "it is damaged or incomplete"),
        (saved(Image.new("1", (12_000, 12_000)), "PNG"), "more pixels than any page needs"),
    ],
)
@pytest.mark.filterwarnings("ignore:Truncated File Read", "ignore:Image size")
def test_what_cannot_be_decoded_is_refused_with_the_reason(body, reason):
    with pytest.raises(UnreadableImage, match=reason) as caught:
        decoded_image(body)
    assert caught.value.reason in str(caught.value)


@settings(deadline=None, max_examples=200)
@given(
    kind=st.sampled_from(["PNG", "JPEG", "TIFF", "GIF", "WEBP", "BMP"]),
    hits=st.lists(st.tuples(st.integers(8, 400), st.integers(0, 255)), min_size=1, max_size=6),
)
def test_damage_anywhere_is_survived_or_named(kind, hits):
    body = bytearray(saved(page((30, 40)), kind))
    for place, value in hits:
        assume(place < len(body))
        body[place] = value
    with suppress(UnreadableImage), warnings.catch_warnings(action="ignore"):
        assert decoded_image(bytes(body), longest_edge=100).mode in ("L", "RGB")


def bits(width: int, height: int) -> Image.Image:
    return Image.new("1", (width, height))


@pytest.mark.attack(
    "Images and documents",
    "a page of more than 89 million pixels, in any format, also as a later frame or a hidden child of a TIFF",
    "refused by name before it is decoded, whatever limits other libraries have set",
)
@pytest.mark.parametrize(
    "body",
    [
        saved(bits(9_500, 9_500), "PNG"),
        saved(bits(9_500, 9_500), "TIFF", compression="group4"),
        tiff_of(Frame(page(), tags={254: 1}, children=[Frame(bits(9_500, 9_500), b"\0", bits=1)])),
        tiff_of(Frame(bits(9_500, 9_500), b"\0", bits=1, tags={254: 1})),
    ],
)
@pytest.mark.parametrize("limit", [None, 1, 10**9])
@pytest.mark.filterwarnings("ignore:Image size")
def test_the_limit_of_pixels_is_our_own(monkeypatch, body, limit):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", limit)
    with pytest.raises(UnreadableImage, match="more pixels than any page needs"):
        decoded_image(body)


def test_the_second_page_has_the_same_limit_as_the_first():
    pages = decoded_pages(tiff_of(Frame(page()), Frame(bits(9_500, 9_500), b"\0", bits=1)))
    assert next(pages).size == (120, 160)
    with pytest.raises(UnreadableImage, match="more pixels than any page needs"):
        next(pages)


@pytest.mark.parametrize("kind", KINDS)
def test_the_size_of_an_image_is_known_without_its_pixels(kind):
    body = saved(page((123, 45)), kind)
    assert image_size(body) == (123, 45)
    with pytest.raises(UnreadableImage):
        image_size(body[:7])


def with_chunk(kind: bytes, data: bytes) -> bytes:
    """A PNG of a page with a chunk more, right after its header."""
    body = saved(page(), "PNG")
    chunk = struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return body[:33] + chunk + body[33:]


@pytest.mark.attack(
    "Images and documents",
    "a PNG whose colour profile or text unpacks to a gigabyte",
    "it is not unpacked: the page is read without it, or refused by name",
)
@pytest.mark.parametrize(
    ("kind", "before"), [(b"iCCP", b"profile\0\0"), (b"zTXt", b"key\0\0"), (b"iTXt", b"key\0\1\0\0\0")]
)
def test_what_is_packed_beside_the_pixels_is_not_unpacked_at_any_size(kind, before):
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(bytes(2**20)) for _ in range(1024)) + packer.flush()
    body = with_chunk(kind, before + packed)
    resource = pytest.importorskip("resource")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with suppress(UnreadableImage):
        assert shows_the_page(decoded_image(body))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < most + 100_000


def test_a_disk_that_fails_is_not_taken_for_a_broken_image():
    class FailingDisk(io.BytesIO):
        def read(self, count: int | None = -1) -> bytes:
            raise OSError(errno.EIO, "Input/output error")

    with pytest.raises(OSError, match="Input/output error"):
        decoded_image(FailingDisk())
