"""A PDF's text layer is taken where it says what stands on the page; otherwise the page is recognized."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import reportlab
from pdf_files import LETTER, write_page_pdf
from PIL import Image, ImageDraw, ImageFont
from reportlab.pdfgen.canvas import Canvas

from burnish.datasets import document_features
from burnish.datasets.document_features import extract_features
from burnish.datasets.documents import Document
from burnish.datasets.pages import text_on_first_page
from burnish.pages.reading import WHOLE_PAGE, CachedReader, Extent, Line, text_of
from burnish.pages.text_layers import is_good

WRITTEN = [f"Line {number} of an invoice that a program wrote" for number in range(12)]


def written(path: Path, lines: list[str]) -> Path:
    """A page that a program wrote."""
    canvas = Canvas(str(path), pagesize=(612, 792))
    _write(canvas, lines)
    canvas.save()
    return path


def scanned(path: Path, lines: list[str], layer: list[str]) -> Path:
    """A picture of lines, with a text layer that is not seen."""
    picture = Image.new("L", (1224, 1584), "white")
    draw = ImageDraw.Draw(picture)
    font = ImageFont.truetype(str(Path(reportlab.__file__).parent / "fonts" / "Vera.ttf"), 28)
    for row, line in enumerate(lines):
        draw.text((144, 150 + 60 * row), line, fill="black", font=font)
    canvas = Canvas(str(path), pagesize=(612, 792))
    canvas.drawInlineImage(picture, 0, 0, 612, 792)
    _write(canvas, layer, mode=3)
    canvas.save()
    return path


def _write(canvas: Canvas, lines: list[str], *, mode: int = 0) -> None:
    writing = canvas.beginText(72, 700)
    writing.setTextRenderMode(mode)
    writing.setFont("Helvetica", 14, leading=30)
    for line in lines:
        writing.textLine(line)
    canvas.drawText(writing)


def document(path: Path) -> Document:
    return Document(path=path, label="invoice", digest=path.name, name=path.name)


@pytest.fixture
def read(monkeypatch, tmp_path) -> list[Extent]:
    """How far pages are read while a test runs."""
    monkeypatch.setenv("BURNISH_CACHE", str(tmp_path / "cache"))
    extents: list[Extent] = []
    read_lines = CachedReader.read_lines

    def watched(self: CachedReader, image: bytes, extent: Extent) -> tuple[Line, ...]:
        extents.append(extent)
        return read_lines(self, image, extent)

    monkeypatch.setattr(CachedReader, "read_lines", watched)
    return extents


def text_in(path: Path) -> str:
    (features,), skipped = extract_features([document(path)], renderers=1)
    assert not skipped
    return features.text


def test_a_text_layer_has_its_lines_and_where_they_stand(tmp_path):
    lines = text_on_first_page(written(tmp_path / "one.pdf", WRITTEN))
    assert [line.text for line in lines] == WRITTEN
    assert lines[0].left == pytest.approx(72 / 612, abs=0.01)
    assert lines[0].top == pytest.approx((792 - 700 - 11) / 792, abs=0.01)
    assert all(line.top < line.bottom and line.left < line.right for line in lines)


def test_a_pdf_without_text_and_an_image_have_no_text_layer(tmp_path):
    assert text_on_first_page(write_page_pdf(tmp_path / "bar.pdf", page=LETTER)) == ()
    (tmp_path / "one.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert text_on_first_page(tmp_path / "one.png") == ()


def test_what_a_program_wrote_is_not_recognized(tmp_path, read):
    assert text_in(written(tmp_path / "one.pdf", WRITTEN)).split("\n") == WRITTEN
    assert read == [document_features.SAMPLE]


@pytest.mark.parametrize("layer", [["Quite another text, poorly recognized"] * 12, WRITTEN[:1]])
def test_a_scan_whose_layer_says_something_else_or_little_is_recognized(tmp_path, read, layer):
    path = scanned(tmp_path / "one.pdf", WRITTEN, layer)
    assert [line.text for line in text_on_first_page(path)] == layer
    seen = [line.replace(" ", "").lower() for line in text_in(path).split("\n")]
    assert seen == [line.replace(" ", "").lower() for line in WRITTEN]
    assert read == [document_features.SAMPLE, WHOLE_PAGE]


def test_a_page_that_shows_nothing_says_nothing(tmp_path, read):
    assert text_in(scanned(tmp_path / "one.pdf", [], WRITTEN)) == ""


LAYER = [Line(text, 0.1, 0.1 + 0.05 * row, 0.7, 0.12 + 0.05 * row) for row, text in enumerate(WRITTEN)]


def sampled(count: int) -> list[Line]:
    """The lines as they are found on the page, some of them recognized, without spaces."""
    return [
        replace(line, text=line.text.replace(" ", "") if row < count else "")
        for row, line in enumerate(LAYER)
    ]


def test_a_layer_that_says_what_is_recognized_is_good():
    assert is_good(LAYER, sampled(3))


def test_a_layer_that_nothing_speaks_for_is_not():
    assert not is_good(LAYER, sampled(0))
    assert not is_good(LAYER, [])


def test_a_layer_for_a_stamp_on_a_picture_of_a_text_is_not():
    assert not is_good(LAYER[:3], sampled(3))


def test_a_layer_of_other_words_is_not():
    other = [replace(line, text="the words of a scanner that errs") for line in LAYER]
    assert not is_good(other, sampled(3))


def test_text_is_what_the_lines_say():
    assert text_of(LAYER).split("\n") == WRITTEN
