"""Reading pages with OCR: what is drawn is read, and no page is a reason to fall over."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import reportlab
from PIL import Image, ImageDraw, ImageFont

from burnish.datasets.pages import render_pages
from burnish.errors import InvalidInput
from burnish.pages import ocr
from burnish.pages.ocr import OcrReader
from burnish.pages.reading import WHOLE_PAGE, Extent, Line, text_of

FONT = Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"
LINES = ("Invoice number 4711", "Amount due", "Payable within thirty days", "With kind regards")


def page(*lines: str, kind: str = "PNG") -> bytes:
    """A page image with these lines, one below the other."""
    image = Image.new("RGB", (640, 80 + 60 * len(lines)), "white")
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((40, 40 + 60 * number), line, fill="black", font=ImageFont.truetype(str(FONT), 28))
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


@pytest.fixture(scope="module")
def reader() -> OcrReader:
    """A reader that several tests use, because its models take a while to load."""
    return OcrReader()


def lines_on(image: bytes, reader: OcrReader, extent: Extent = WHOLE_PAGE) -> tuple[Line, ...]:
    return reader.read(image, extent).read_to(extent)


def text_on(image: bytes, reader: OcrReader, extent: Extent = WHOLE_PAGE) -> str:
    return text_of(lines_on(image, reader, extent))


def words(text: str) -> list[str]:
    """Lines without their spaces, which recognition sometimes loses."""
    return [line.replace(" ", "").lower() for line in text.splitlines()]


def test_a_page_is_read_from_the_top_a_line_for_each_line(reader):
    assert words(text_on(page(*LINES), reader)) == words("\n".join(LINES))


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "GIF"])
def test_other_kinds_of_image_are_read_as_well(reader, kind):
    assert words(text_on(page(LINES[0], kind=kind), reader)) == words(LINES[0])


def ink_alone(body: bytes) -> Image.Image:
    """The page as a layer: black ink, and black that is fully transparent where the page is white."""
    gray = Image.open(io.BytesIO(body)).convert("L")
    layer = Image.new("RGB", gray.size, "black")
    layer.putalpha(gray.point(lambda value: 255 - value))
    return layer


def on_its_side(body: bytes) -> bytes:
    """The page as a telephone takes it."""
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    Image.open(io.BytesIO(body)).transpose(Image.Transpose.ROTATE_90).save(file, "PNG", exif=exif)
    return file.getvalue()


def squashed(body: bytes) -> bytes:
    """The page as a fax of standard resolution."""
    image = Image.open(io.BytesIO(body))
    file = io.BytesIO()
    image.resize((image.width, image.height // 2)).save(file, "PNG", dpi=(200, 100))
    return file.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "GIF", "palette"])
def test_ink_on_nothing_is_read_as_ink_on_white(reader, kind):
    layer, file = ink_alone(page(*LINES)), io.BytesIO()
    if kind == "palette":
        layer.quantize(16).save(file, "PNG")
    else:
        layer.save(file, kind, lossless=True)
    assert words(text_on(file.getvalue(), reader)) == words("\n".join(LINES))


@pytest.mark.parametrize("made", [on_its_side, squashed])
def test_a_page_is_read_as_a_person_sees_it(reader, made):
    assert words(text_on(made(page(*LINES)), reader)) == words("\n".join(LINES))


@pytest.mark.parametrize("made", [lambda body: body, on_its_side, squashed])
def test_a_file_that_was_prepared_and_one_that_was_not_say_the_same(reader, tmp_path, made):
    path = tmp_path / "page.png"
    path.write_bytes(made(page(*LINES)))
    (prepared,) = render_pages(path)
    assert text_on(prepared, reader) == text_on(path.read_bytes(), reader) != ""


def test_a_reader_is_named_for_everything_that_its_texts_depend_on(monkeypatch):
    names = [OcrReader().name]
    monkeypatch.setattr(ocr, "DECODER", ocr.DECODER + 1)
    names.append(OcrReader().name)
    monkeypatch.setattr(ocr, "RECIPE", ocr.RECIPE + 1)
    names.append(OcrReader().name)
    monkeypatch.setattr(ocr, "version", lambda _: "99.0")
    names.append(OcrReader().name)
    assert len(set(names)) == len(names)


def turned(body: bytes, quarters: int) -> bytes:
    """The page as it lay in the scanner."""
    file = io.BytesIO()
    Image.open(io.BytesIO(body)).rotate(90 * quarters, expand=True).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize("quarters", [1, 2, 3])
@pytest.mark.parametrize("extent", [WHOLE_PAGE, Extent(text_width=12)])
def test_a_page_that_was_scanned_sideways_or_upside_down_is_turned(reader, quarters, extent):
    scanned = turned(page(*LINES), quarters)
    assert reader.read(scanned, extent).turns == 4 - quarters
    lines, upright = lines_on(scanned, reader, extent), lines_on(page(*LINES), reader, extent)
    assert words(text_of(lines)) == words(text_of(upright))
    for one, other in zip(lines, upright, strict=True):
        edges = (one.left, one.top, one.right, one.bottom)
        assert edges == pytest.approx((other.left, other.top, other.right, other.bottom), abs=0.03)


def test_a_page_that_was_turned_is_read_on_as_it_was_begun(reader):
    scanned = turned(page(*LINES), 1)
    begun = reader.read(scanned, Extent(text_width=1))
    assert reader.read(scanned, WHOLE_PAGE, begun=begun) == reader.read(scanned, WHOLE_PAGE)


def test_a_page_with_a_label_along_its_edge_stays_as_it_is(reader):
    image = Image.open(io.BytesIO(page(*LINES))).convert("RGB")
    label = Image.open(io.BytesIO(turned(page("4711 0815"), 1))).convert("RGB")
    image.paste(label.crop((20, 360, 100, 640)), (560, 20))
    file = io.BytesIO()
    image.save(file, "PNG")
    assert reader.read(file.getvalue(), WHOLE_PAGE).turns == 0


def test_columns_are_read_one_by_one(reader):
    left = [f"the first column, line {number}" for number in range(6)]
    right = [f"and the second, line {number}" for number in range(6)]
    image = Image.new("RGB", (900, 400), "white")
    draw = ImageDraw.Draw(image)
    for place, column in ((40, left), (480, right)):
        for number, line in enumerate(column):
            draw.text((place, 30 + 50 * number), line, fill="black", font=ImageFont.truetype(str(FONT), 28))
    file = io.BytesIO()
    image.save(file, "PNG")
    assert words(text_on(file.getvalue(), reader)) == words("\n".join(left + right))


def test_an_empty_page_has_no_lines(reader):
    assert lines_on(page(), reader) == ()


@pytest.mark.parametrize(("text_width", "read"), [(12, 2), (1, 1)])
def test_no_more_is_read_than_was_asked_for(reader, text_width, read):
    text = text_on(page(*LINES), reader, Extent(text_width=text_width))
    assert words(text) == words("\n".join(LINES[:read]))


@pytest.mark.parametrize("text_width", [1, 12, 25])
def test_a_page_that_is_read_on_says_what_it_says_when_it_is_read_at_once(reader, text_width):
    begun = reader.read(page(*LINES), Extent(text_width=text_width))
    at_once = reader.read(page(*LINES), WHOLE_PAGE)
    assert begun != at_once
    assert reader.read(page(*LINES), WHOLE_PAGE, begun=begun) == at_once


def test_what_a_line_says_does_not_depend_on_the_lines_around_it(reader):
    whole = {line.corners: line.text for line in reader.read(page(*LINES), WHOLE_PAGE).lines}
    first = reader.read(page(*LINES), Extent(text_width=1)).lines[0]
    assert whole[first.corners] == first.text


def test_a_low_and_wide_image_is_read_where_its_text_stands(reader):
    image = Image.new("RGB", (900, 60), "white")
    ImageDraw.Draw(image).text((20, 12), LINES[0], fill="black", font=ImageFont.truetype(str(FONT), 28))
    file = io.BytesIO()
    image.save(file, "PNG")
    (line,) = lines_on(file.getvalue(), reader)
    assert words(line.text) == words(LINES[0])
    assert (line.top, line.bottom) == (pytest.approx(12 / 60, abs=0.2), pytest.approx(44 / 60, abs=0.2))


@pytest.mark.parametrize("image", [b"", b"no image at all", page("cut")[:60], b"%PDF-1.7\n"])
def test_what_is_no_image_is_refused(reader, image):
    with pytest.raises(InvalidInput, match=f"A page image of {len(image)} bytes cannot be read: it is "):
        reader.read(image, WHOLE_PAGE)


def test_lines_come_with_where_they_stand(reader):
    lines = lines_on(page(*LINES), reader)
    assert words(text_of(lines)) == words("\n".join(LINES))
    assert all(0 < one.left < one.right < 1 and 0 < one.top < one.bottom < 1 for one in lines)
    assert [one.top for one in lines] == sorted(one.top for one in lines)
    assert lines[0].left == pytest.approx(40 / 640, abs=0.02)


def test_lines_below_what_is_read_are_there_without_their_text(reader):
    lines = lines_on(page(*LINES), reader, Extent(text_width=1))
    assert [bool(one.text) for one in lines] == [True, False, False, False]
    assert len({one.top for one in lines}) == len(LINES)
