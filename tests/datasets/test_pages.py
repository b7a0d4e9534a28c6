import random
import struct
import zlib
from contextlib import suppress

import pytest
from page_files import opened, page, write_form_pdf, write_locked_pdf, write_page, written_page
from PIL import Image, ImageChops, ImageStat

from burnish.datasets.pages import Rendering, render_pages
from burnish.errors import UnreadableDocument

ALL = Rendering(pages="all")


def only_page(path, rendering=None):
    (png,) = render_pages(path, rendering or Rendering())
    return opened(png)


def is_upright(image):
    """The dark bar of the page is at its top left."""
    width, height = image.size
    gray = image.convert("L")
    return gray.getpixel((width // 8, height // 30)) < 128 and gray.getpixel((width // 8, height - 5)) > 240


@pytest.mark.parametrize(
    ("suffix", "mode", "options"),
    [
        (".png", "1", {}),
        (".png", "L", {}),
        (".png", "P", {}),
        (".png", "RGBA", {}),
        (".png", "LA", {}),
        (".jpg", "L", {}),
        (".jpg", "RGB", {}),
        (".jpg", "CMYK", {}),
        (".tif", "1", {"compression": "group4"}),
        (".tif", "L", {"compression": "tiff_lzw"}),
        (".tif", "RGB", {}),
        (".tif", "CMYK", {}),
        (".tif", "F", {}),
        (".tif", "I", {}),
        (".pdf", "RGB", {}),
    ],
)
def test_every_kind_of_gray_page_becomes_8_bit_gray(tmp_path, suffix, mode, options):
    path = tmp_path / f"page{suffix}"
    page(mode=mode).save(path, **options)
    image = only_page(path)
    assert image.mode == "L"
    assert is_upright(image)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".pdf"])
def test_a_page_with_colour_keeps_it(tmp_path, suffix):
    image = only_page(write_page(tmp_path / f"page{suffix}", "x", mode="RGB", colour=True))
    assert image.mode == "RGB"
    red, green, _ = image.getpixel((image.width // 8, image.height // 30))
    assert red > 200
    assert green < 60


@pytest.mark.parametrize("bits", [12, 16])
def test_wide_samples_are_brought_to_8_bits(tmp_path, bits):
    full = 2**bits - 1
    wide = page().point(lambda value: 1 if value > 128 else 0, "L")
    samples = struct.pack(f"<{wide.width * wide.height}H", *(full * value for value in wide.tobytes()))
    Image.frombytes("I;16", wide.size, samples).save(tmp_path / "wide.png")
    image = only_page(tmp_path / "wide.png")
    assert image.mode == "L"
    assert image.getextrema() == (0, 255)
    assert is_upright(image)


def test_what_is_transparent_becomes_white(tmp_path):
    clear = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    clear.save(tmp_path / "clear.png")
    assert only_page(tmp_path / "clear.png").getextrema() == (255, 255)
    palette = Image.new("P", (100, 100), 0)
    palette.save(tmp_path / "palette.png", transparency=0)
    assert only_page(tmp_path / "palette.png").getextrema() == (255, 255)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif"])
@pytest.mark.parametrize(
    ("orientation", "turn"),
    [(6, Image.Transpose.ROTATE_90), (8, Image.Transpose.ROTATE_270), (3, Image.Transpose.ROTATE_180)],
)
def test_a_page_photographed_on_its_side_is_turned_upright(tmp_path, suffix, orientation, turn):
    exif = Image.Exif()
    exif[0x0112] = orientation
    page().transpose(turn).save(tmp_path / f"turned{suffix}", exif=exif)
    image = only_page(tmp_path / f"turned{suffix}")
    assert image.size == (300, 400)
    assert is_upright(image)


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".pdf"])
def test_a_large_page_is_made_smaller_and_keeps_its_shape(tmp_path, suffix):
    image = only_page(
        write_page(tmp_path / f"large{suffix}", "x", size=(1500, 2000)), Rendering(longest_edge=1000)
    )
    assert image.size == (750, 1000)


def test_a_small_image_is_not_enlarged_but_a_pdf_is_drawn_to_size(tmp_path):
    assert only_page(write_page(tmp_path / "small.png", "x")).size == (300, 400)
    assert only_page(write_page(tmp_path / "small.pdf", "x")).size == (1176, 1568)


@pytest.mark.parametrize("suffix", [".tif", ".pdf"])
def test_all_pages_are_given_in_order_or_only_the_first(tmp_path, suffix):
    sheets = [page(size=(300, 400 + 100 * number)) for number in range(3)]
    sheets[0].save(tmp_path / f"many{suffix}", save_all=True, append_images=sheets[1:])
    heights = [
        opened(png).height / opened(png).width for png in render_pages(tmp_path / f"many{suffix}", ALL)
    ]
    assert heights == pytest.approx([400 / 300, 500 / 300, 600 / 300], rel=0.01)
    assert len(list(render_pages(tmp_path / f"many{suffix}"))) == 1


def test_what_was_typed_into_a_form_is_drawn(tmp_path):
    empty = only_page(write_form_pdf(tmp_path / "empty.pdf", ""))
    filled = only_page(write_form_pdf(tmp_path / "filled.pdf", "WORDS"))
    assert filled.tobytes() != empty.tobytes()


def bomb() -> bytes:
    """A PNG that says it is 20,000 by 20,000 pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b""))
        + chunk(b"IEND", b"")
    )


def unreadable(folder):
    """Files that cannot be read, and a word of the reason."""
    write_page(folder / "good.png", "x" * 30, mode="RGB")
    write_page(folder / "good.jpg", "x" * 30)
    write_page(folder / "good.tif", "x" * 30)
    write_page(folder / "good.pdf", "x" * 30)
    for kind in ("png", "jpg", "tif", "pdf"):
        whole = (folder / f"good.{kind}").read_bytes()
        (folder / f"cut.{kind}").write_bytes(whole[: len(whole) // 3])
        yield folder / f"cut.{kind}", "damaged or incomplete"
    for kind in ("png", "pdf"):
        (folder / f"empty.{kind}").write_bytes(b"")
        yield folder / f"empty.{kind}", "neither a PDF nor an image of a known kind"
        (folder / f"text.{kind}").write_bytes(b"this is a letter, not an image")
        yield folder / f"text.{kind}", "neither a PDF nor an image of a known kind"
        (folder / f"login.{kind}").write_bytes(b"\n\n<html>Please log in</html>")
        yield folder / f"login.{kind}", "neither a PDF nor an image but html or xml"
    (folder / "bomb.png").write_bytes(bomb())
    yield folder / "bomb.png", "pixels"
    yield write_locked_pdf(folder / "locked.pdf"), "password"
    yield write_page(folder / "tiny.png", "", size=(10, 400)), "too small"
    yield write_page(folder / "strip.png", "", size=(5000, 30)), "at 1568 x 9 pixels .* a larger longest edge"


def test_what_cannot_be_read_is_named_with_the_reason(tmp_path):
    for path, reason in unreadable(tmp_path):
        with pytest.raises(UnreadableDocument, match=reason) as caught:
            list(render_pages(path))
        assert str(path) in str(caught.value)
        assert caught.value.reason in str(caught.value)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".pdf"])
def test_damage_anywhere_is_either_survived_or_named(tmp_path, suffix):
    whole = write_page(tmp_path / f"whole{suffix}", "some text", mode="RGB", size=(60, 80)).read_bytes()
    dice = random.Random(0)
    for _ in range(150):
        broken = bytearray(whole)
        for _ in range(dice.randint(1, 6)):
            broken[dice.randrange(len(broken))] = dice.randrange(256)
        (tmp_path / f"broken{suffix}").write_bytes(broken)
        with suppress(UnreadableDocument):
            list(render_pages(tmp_path / f"broken{suffix}", Rendering(longest_edge=100)))


def test_the_same_document_gives_the_same_bytes(tmp_path):
    path = write_page(tmp_path / "a.pdf", "x")
    assert list(render_pages(path)) == list(render_pages(path))


@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg"])
def test_pixels_are_those_that_pillow_gives_for_the_size(tmp_path, suffix):
    path = tmp_path / f"page{suffix}"
    written_page("x", size=(1200, 1600)).save(path)
    made = only_page(path, Rendering(longest_edge=500))
    with Image.open(path) as whole:
        plain = whole.convert("L").resize(made.size, Image.Resampling.LANCZOS)
    # Whole numbers of pixels are averaged first, and JPEG decoded smaller: hardly to be told apart.
    difference = ImageStat.Stat(ImageChops.difference(made, plain))
    assert difference.mean[0] < 1.5
    with Image.open(path) as whole:
        whole.draft(None, (500, 500))
        same = whole.convert("L").resize(made.size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    assert made.tobytes() == same.tobytes()
