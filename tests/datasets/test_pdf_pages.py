"""PDFs: the page that a person sees, or a reason in a person's words."""

import subprocess
import sys

import pytest
from page_files import opened, page
from pdf_files import (
    ATTACHED,
    ATTACHMENT,
    BAR,
    FONT,
    LETTER,
    stream,
    text,
    write_packed_pdf,
    write_page_pdf,
    write_pdf,
)

from burnish.datasets.pages import Rendering, render_pages
from burnish.errors import UnreadableDocument

ALL = Rendering(pages="all", longest_edge=400)
SMALL = Rendering(longest_edge=400)


def only_page(path):
    (png,) = render_pages(path, SMALL)
    return opened(png).convert("L")


def dark_quarters(path):
    """Which quarters of the only page are dark, row by row."""
    image = only_page(path)
    places = [(x, y) for y in (1, 3) for x in (1, 3)]
    middles = [image.getpixel((image.width * x // 4, image.height * y // 4)) for x, y in places]
    return [value < 128 for value in middles]


def reason_for(path):
    with pytest.raises(UnreadableDocument) as caught:
        list(render_pages(path, ALL))
    assert caught.value.is_final
    return caught.value.reason


UPPER_LEFT = [True, False, False, False]
NOTICE = text(
    "Please wait...",
    "If this message is not eventually replaced by the proper contents",
    "of the document, your PDF viewer may not be able to display it.",
)


def form(config):
    """Entries of a catalogue, and the object they name: a form in XML."""
    packets = b"<xdp:xdp xmlns:xdp='http://ns.adobe.com/xdp/'>%s<template/></xdp:xdp>" % config
    return b"/AcroForm << /Fields [] /XFA 6 0 R >>", (stream(packets),)


@pytest.mark.parametrize("config", [b"", b"<config/>"])
@pytest.mark.parametrize("content", [NOTICE, text("Bitte warten"), b""])
def test_a_form_that_acrobat_makes_the_pages_of_is_named(tmp_path, config, content):
    entries, packets = form(config)
    path = write_page_pdf(
        tmp_path / "form.pdf", content, catalogue=b"/NeedsRendering true " + entries, more=packets
    )
    assert "XFA form" in reason_for(path)


def test_a_form_that_says_only_in_its_xml_that_it_is_dynamic_is_named(tmp_path):
    entries, packets = form(b"<config><dynamicRender>required</dynamicRender></config>")
    assert "XFA form" in reason_for(write_page_pdf(tmp_path / "form.pdf", catalogue=entries, more=packets))


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (NOTICE, "XFA form"),
        (text("To view this document you need a later version of the PDF viewer."), "XFA form"),
        (
            text("For the best experience, open this PDF portfolio in", "Acrobat X or Adobe Reader X."),
            "portfolio",
        ),
    ],
)
def test_a_notice_whose_document_is_gone_is_named(tmp_path, content, kind):
    assert kind in reason_for(write_page_pdf(tmp_path / "notice.pdf", content))


def test_an_article_that_quotes_a_notice_is_read(tmp_path):
    article = NOTICE + text(*["This is what people see who open such a form elsewhere."] * 30, top=600)
    assert only_page(write_page_pdf(tmp_path / "article.pdf", article))


def test_a_form_whose_pages_are_in_the_file_is_read_and_the_library_says_nothing(tmp_path):
    entries, packets = form(b"<config><dynamicRender>forbidden</dynamicRender></config>")
    path = write_page_pdf(tmp_path / "form.pdf", catalogue=entries, more=packets)
    assert dark_quarters(path) == UPPER_LEFT
    # In a process of its own: pytest takes for itself what a library logs.
    reading = "import pathlib, sys; from burnish.datasets.pages import render_pages as pages; "
    reading += "next(pages(pathlib.Path(sys.argv[1])))"
    done = subprocess.run(
        [sys.executable, "-c", reading, str(path)], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""


@pytest.mark.parametrize("write", [write_packed_pdf, write_page_pdf])
def test_a_portfolio_is_named_and_other_attachments_are_nobodys_business(tmp_path, write):
    def made(name, entries):
        return write(tmp_path / name, catalogue=entries, more=ATTACHMENT)

    assert "portfolio" in reason_for(made("portfolio.pdf", ATTACHED + b"/Collection << /View /D >>"))
    assert dark_quarters(made("invoice.pdf", ATTACHED)) == UPPER_LEFT


@pytest.mark.parametrize(
    ("boxes", "quarters", "shape"),
    [
        (LETTER, UPPER_LEFT, 792 / 612),
        (b"/MediaBox [612 792 0 0]", UPPER_LEFT, 792 / 612),
        (b"/MediaBox [0 0 0 0]", UPPER_LEFT, 792 / 612),
        (b"/MediaBox [0 0 612 792] /Rotate 90", [False, True, False, False], 612 / 792),
        (b"/MediaBox [0 0 612 792] /Rotate 180", [False, False, False, True], 792 / 612),
        (b"/MediaBox [0 0 612 792] /Rotate -90", [False, False, True, False], 612 / 792),
        (b"/MediaBox [0 0 612 792] /UserUnit 100", UPPER_LEFT, 792 / 612),
        (b"/MediaBox [0 0 612 792] /CropBox [5000 5000 6000 6000]", UPPER_LEFT, 792 / 612),
        (b"/MediaBox [0 0 612 792] /CropBox [0 0 612 594]", UPPER_LEFT, 594 / 612),
        (b"/MediaBox [0 0 612 792] /CropBox [-600 -600 1200 1200]", UPPER_LEFT, 792 / 612),
        (b"/MediaBox [0 0 14400 14400]", [False] * 4, 1.0),
    ],
)
def test_a_page_has_the_shape_that_viewers_give_it(tmp_path, boxes, quarters, shape):
    path = write_page_pdf(tmp_path / "page.pdf", page=boxes)
    assert dark_quarters(path) == quarters
    image = only_page(path)
    assert image.height / image.width == pytest.approx(shape, rel=0.01)


def test_a_strip_is_named_with_its_size(tmp_path):
    path = write_page_pdf(tmp_path / "strip.pdf", page=b"/MediaBox [0 0 20 1400]")
    assert (
        reason_for(path) == "at 6 x 400 pixels it is too small: a side needs 25; take a larger longest edge"
    )


def test_a_hidden_layer_is_not_drawn_and_an_annotation_is(tmp_path):
    hidden = b"/OCProperties << /OCGs [6 0 R] /D << /OFF [6 0 R] >> >>"
    layer = b"<< /Type /OCG /Name (hidden) >>"
    content = b"/OC /L1 BDC 0 0 0 rg 306 396 306 396 re f EMC\n" + BAR
    path = write_page_pdf(
        tmp_path / "layers.pdf",
        content,
        catalogue=hidden,
        resources=b"/Properties << /L1 6 0 R >>",
        more=[layer],
    )
    assert dark_quarters(path) == UPPER_LEFT
    stamp = b"<< /Type /Annot /Subtype /Stamp /F 4 /Rect [306 0 612 396] /AP << /N 7 0 R >> >>"
    look = stream(b"0 0 0 rg 0 0 306 396 re f", b"/Type /XObject /Subtype /Form /BBox [0 0 306 396]")
    path = write_page_pdf(tmp_path / "stamp.pdf", page=LETTER + b" /Annots [6 0 R]", more=[stamp, look])
    assert dark_quarters(path) == [True, False, False, True]


def test_a_blank_page_is_a_page(tmp_path):
    assert only_page(write_page_pdf(tmp_path / "blank.pdf", b"")).getextrema() == (255, 255)


@pytest.mark.parametrize("filtered", [b"/DCTDecode", b"/JPXDecode"])
def test_a_scan_that_cannot_be_decoded_is_not_a_blank_page(tmp_path, filtered):
    entries = (
        b"/Type /XObject /Subtype /Image /Width 60 /Height 80 /ColorSpace /DeviceRGB /BitsPerComponent 8"
    )
    path = write_page_pdf(
        tmp_path / "scan.pdf",
        b"612 0 0 792 0 0 cm /I1 Do",
        resources=b"/XObject << /I1 6 0 R >>",
        more=[stream(b"no image at all", entries + b" /Filter " + filtered)],
    )
    assert "an image on it is damaged" in reason_for(path)


def test_a_document_without_pages_says_so(tmp_path):
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [] /Count 0 >>"]
    assert reason_for(write_pdf(tmp_path / "none.pdf", objects)) == "it has no pages"


def test_a_document_of_which_one_page_cannot_be_read_is_refused_and_the_page_named(tmp_path):
    whole = b"<< /Type /Page /Parent 2 0 R /Contents 5 0 R %s >>" % LETTER
    strip = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 20 1400] >>"
    path = write_pdf(
        tmp_path / "two.pdf",
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 2 >>",
            whole,
            strip,
            stream(BAR),
            FONT,
        ],
    )
    assert reason_for(path).startswith("page 2: at 6 x 400 pixels")
    assert len(list(render_pages(path, SMALL))) == 1


@pytest.mark.parametrize("broken", ["catalogue", "trailer", "nothing but a header"])
def test_no_reason_is_in_the_words_of_a_library(tmp_path, broken):
    whole = write_page_pdf(tmp_path / "whole.pdf").read_bytes()
    body = {
        "catalogue": whole.replace(b"/Type /Catalog", b"/Type /Nothing").replace(b"/Pages 2 0 R", b""),
        "trailer": whole[:200],
        "nothing but a header": b"%PDF-1.7\n",
    }[broken]
    (tmp_path / "broken.pdf").write_bytes(body)
    assert reason_for(tmp_path / "broken.pdf") == "it is damaged or incomplete"


def test_content_decides_what_a_file_is(tmp_path):
    page().save(tmp_path / "photo.jpg")
    (tmp_path / "photo.jpg").rename(tmp_path / "photo.pdf")
    assert only_page(tmp_path / "photo.pdf").size == (300, 400)
    write_page_pdf(tmp_path / "page.pdf").rename(tmp_path / "page.png")
    assert dark_quarters(tmp_path / "page.png") == UPPER_LEFT
    body = (tmp_path / "page.png").read_bytes()
    (tmp_path / "mailed.pdf").write_bytes(b"Content-Type: application/pdf\r\n\r\n" + body)
    assert dark_quarters(tmp_path / "mailed.pdf") == UPPER_LEFT
