"""Reading pages: what is drawn is read, once, and no page is a reason to fall over."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
import reportlab
from PIL import Image, ImageDraw, ImageFont

from burnish import reading
from burnish.datasets.pages import render_pages
from burnish.errors import InvalidInput
from burnish.reading import Line, PageReader, Reading

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
def reader(tmp_path_factory) -> PageReader:
    """A reader that several tests use, because its models take a while to load."""
    return PageReader(tmp_path_factory.mktemp("texts"))


def broken(reader: PageReader) -> PageReader:
    """The reader, unable to recognise anything from now on."""

    def fail(image: bytes) -> str:
        raise AssertionError("this page has been recognised again")

    reader._recognised = fail
    return reader


def saying(text: str) -> list[Line]:
    """What is recognised on a page of this one line."""
    return [Line(text, 0.1, 0.1, 0.9, 0.2)]


def words(text: str) -> list[str]:
    """Lines without their spaces, which recognition sometimes loses."""
    return [line.replace(" ", "").lower() for line in text.splitlines()]


def test_a_page_is_read_from_the_top_a_line_for_each_line(reader):
    assert words(reader.read(page(*LINES))) == words("\n".join(LINES))


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "GIF"])
def test_other_kinds_of_image_are_read_as_well(reader, kind):
    assert words(reader.read(page(LINES[0], kind=kind))) == words(LINES[0])


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
    assert words(reader.read(file.getvalue())) == words("\n".join(LINES))


@pytest.mark.parametrize("made", [on_its_side, squashed])
def test_a_page_is_read_as_a_person_sees_it(reader, made):
    assert words(reader.read(made(page(*LINES)))) == words("\n".join(LINES))


@pytest.mark.parametrize("made", [lambda body: body, on_its_side, squashed])
def test_a_file_that_was_prepared_and_one_that_was_not_say_the_same(reader, tmp_path, made):
    path = tmp_path / "page.png"
    path.write_bytes(made(page(*LINES)))
    (prepared,) = render_pages(path)
    assert reader.read(prepared) == reader.read(path.read_bytes()) != ""


def test_texts_that_another_decoder_led_to_are_not_used(reader, tmp_path, monkeypatch):
    first = PageReader(tmp_path)
    first._recogniser = reader._recogniser
    first.read(page(LINES[0]))
    monkeypatch.setattr(reading, "DECODER", reading.DECODER + 1)
    with pytest.raises(AssertionError, match="recognised again"):
        broken(PageReader(tmp_path)).read(page(LINES[0]))


def test_an_empty_page_has_no_text(reader):
    assert reader.read(page()) == ""


def test_a_page_is_recognised_once(reader, tmp_path):
    first = PageReader(tmp_path)
    first._recogniser = reader._recogniser
    text = first.read(page(*LINES))
    empty = first.read(page())
    again = broken(PageReader(tmp_path))
    assert again.read(page(*LINES)) == text
    assert again.read(page()) == empty
    with pytest.raises(AssertionError, match="recognised again"):
        again.read(page("another page"))


def test_another_way_of_reading_is_another_text(reader, tmp_path):
    first = PageReader(tmp_path, Reading(text_width=12))
    first._recogniser = reader._recogniser
    assert words(first.read(page(*LINES))) == words("\n".join(LINES[:2]))
    second = PageReader(tmp_path, Reading(text_width=1))
    second._recogniser = reader._recogniser
    assert words(second.read(page(*LINES))) == words(LINES[0])


def test_nothing_half_written_is_left_beside_the_texts(reader, tmp_path):
    first = PageReader(tmp_path)
    first._recogniser = reader._recogniser
    first.read(page(LINES[0]))
    assert [path.suffix for path in tmp_path.rglob("*.*") if path.is_file()] == [".txt"]


@pytest.mark.parametrize("image", [b"", b"no image at all", page("cut")[:60], b"%PDF-1.7\n"])
def test_what_is_no_image_is_refused(reader, image):
    with pytest.raises(InvalidInput, match=f"A page image of {len(image)} bytes cannot be read: it is "):
        reader.read(image)


def test_many_pages_are_read_in_their_order(reader, tmp_path):
    many = PageReader(tmp_path)
    many._recognised = lambda image: saying(f"page {image.decode()}")
    done: list[int] = []
    images = [str(number).encode() for number in range(20)]
    assert many.read_all(images, threads=4, on_page=done.append) == [f"page {n}" for n in range(20)]
    assert done == list(range(1, 21))


def test_a_page_that_cannot_be_read_ends_the_reading_of_the_rest(tmp_path):
    def recognised(image: bytes) -> list[Line]:
        if image == b"bad":
            raise InvalidInput("bad page")
        return saying("text")

    many = PageReader(tmp_path)
    many._recognised = recognised
    with pytest.raises(InvalidInput, match="bad page"):
        many.read_all([b"good", b"bad", b"other"], threads=1)


def test_a_listener_that_raises_ends_the_reading(tmp_path):
    many = PageReader(tmp_path)
    many._recognised = lambda image: saying("text")

    class StopAsked(Exception):
        pass

    def stop(done: int) -> None:
        raise StopAsked

    with pytest.raises(StopAsked):
        many.read_all([b"one", b"two"], threads=1, on_page=stop)


def test_lines_come_with_where_they_stand_and_are_read_once(tmp_path):
    first = PageReader(tmp_path)
    lines = first.read_lines(page(*LINES))
    assert words("\n".join(one.text for one in lines)) == words("\n".join(LINES))
    assert all(0 < one.left < one.right < 1 and 0 < one.top < one.bottom < 1 for one in lines)
    assert [one.top for one in lines] == sorted(one.top for one in lines)
    assert lines[0].left == pytest.approx(40 / 640, abs=0.02)
    assert broken(PageReader(tmp_path)).read_lines(page(*LINES)) == lines


def test_lines_below_what_is_read_are_there_without_their_text(tmp_path):
    lines = PageReader(tmp_path, Reading(text_width=1)).read_lines(page(*LINES))
    assert [bool(one.text) for one in lines] == [True, False, False, False]
    assert len({one.top for one in lines}) == len(LINES)
