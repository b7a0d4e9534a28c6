"""The pages of a PDF as images, and which PDFs do not hold the document that a person would see."""

from __future__ import annotations

import ctypes
import logging
import re
import threading
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from PIL.Image import Image

from burnish.errors import UnreadableImage
from burnish.pages.page_images import gray_if_colourless
from burnish.pages.reading import Line
from burnish.pages.text_layers import text_layer

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage

# PDFium may be used by one thread at a time only.
_pdfium_lock = threading.Lock()
# It says on standard error what it was built without.
_NOBODY = logging.NullHandler()

BROKEN = "it is damaged or incomplete"
XFA = "it is an XFA form, of which only a notice can be drawn: print it to PDF with Adobe Acrobat"
PORTFOLIO = "it is a portfolio, a cover to which the documents are attached: take them out and use them"

#: What a page says in the place of a document that only Acrobat shows.
_NOTICES = {
    "if this message is not eventually replaced": XFA,
    "you need a later version of the pdf viewer": XFA,
    "for the best experience, open this pdf portfolio": PORTFOLIO,
}
#: A page that says more than this is more than such a notice, and may quote one.
_MAX_NOTICE_LENGTH = 1500

_PASSWORD, _SECURITY = 4, 5  # FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY
_FORM_THAT_IS_XFA = 2  # FORMTYPE_XFA_FULL
_DYNAMIC = re.compile(rb"<dynamicRender[^>]*>\s*required\s*<")
_NO_KIDS = re.compile(rb"/Kids\s*\[\s*\]")
_OBJECT_STREAM = re.compile(rb"/ObjStm\b.*?stream\r?\n", re.DOTALL)


def pdf_pages(pdf: Path | bytes, *, longest_edge: int) -> Iterator[Image]:
    """The pages of a PDF, each drawn so that its longest edge has so many pixels.

    Annotations and forms are drawn as they are filled in. Raises `UnreadableImage` at what cannot be drawn,
    and where the file holds a notice or a cover in the place of a document.
    """
    with _opened(pdf) as document:
        for number in range(_count(document)):
            yield _page(document, number, longest_edge)


def pdf_text(path: Path) -> tuple[Line, ...]:
    """The lines of the text layer of a PDF's first page, none where it has none. Raises `UnreadableImage`."""
    with _opened(path) as document:
        _count(document)
        with _pdfium_lock, closing(_with_size(document, 0)) as page:
            return text_layer(page)


@contextmanager
def _opened(pdf: Path | bytes) -> Iterator[PdfDocument]:
    import pypdfium2

    try:
        with _pdfium_lock:
            document = pypdfium2.PdfDocument(pdf)
    except pypdfium2.PdfiumError as error:
        raise UnreadableImage(_why_not_opened(error.err_code, pdf)) from error
    try:
        with _pdfium_lock:
            _require_document(document, pdf)
            logging.getLogger("pypdfium2").addHandler(_NOBODY)
            document.init_forms()  # so that what was typed into a form is drawn
        yield document
    except pypdfium2.PdfiumError as error:
        raise UnreadableImage(BROKEN) from error
    finally:
        with _pdfium_lock:
            document.close()


def _why_not_opened(code: int | None, pdf: Path | bytes) -> str:
    if code == _PASSWORD:
        return "it is locked by a password"
    if code == _SECURITY:
        return "it is protected in a way that only some programs can open"
    return "it has no pages" if _NO_KIDS.search(_body(pdf)) else BROKEN


def _body(pdf: Path | bytes) -> bytes:
    return pdf if isinstance(pdf, bytes) else pdf.read_bytes()


def _count(document: PdfDocument) -> int:
    with _pdfium_lock:
        count = len(document)
    if not count:
        raise UnreadableImage("it has no pages")
    return count


def _require_document(document: PdfDocument, pdf: Path | bytes) -> None:
    if _is_dynamic_form(document):
        raise UnreadableImage(XFA)
    if document.count_attachments() and _is_collection(_body(pdf)):
        raise UnreadableImage(PORTFOLIO)


def _is_dynamic_form(document: PdfDocument) -> bool:
    """Whether the pages are made by Acrobat from XML: those in the file are a stand-in."""
    from pypdfium2 import raw

    if document.get_formtype() == _FORM_THAT_IS_XFA:
        return True
    packets = range(max(raw.FPDF_GetXFAPacketCount(document), 0))
    return any(_DYNAMIC.search(_xfa_packet(document, number)) for number in packets)


def _xfa_packet(document: PdfDocument, number: int) -> bytes:
    from pypdfium2 import raw

    length = ctypes.c_ulong()
    raw.FPDF_GetXFAPacketContent(document, number, None, 0, length)
    buffer = ctypes.create_string_buffer(length.value)
    raw.FPDF_GetXFAPacketContent(document, number, buffer, length, length)
    return buffer.raw


def _is_collection(body: bytes) -> bool:
    """Whether the file presents its attachments and not its pages; PDFium does not tell."""
    if b"/Collection" in body:
        return True
    packed = (body[found.end() :] for found in _OBJECT_STREAM.finditer(body))
    return any(b"/Collection" in _inflated(stream) for stream in packed)


def _inflated(stream: bytes) -> bytes:
    try:
        return zlib.decompressobj().decompress(stream, 2**22)
    except zlib.error:
        return b""


def _page(document: PdfDocument, number: int, longest_edge: int) -> Image:
    with _pdfium_lock, closing(_with_size(document, number)) as page:
        # Such a notice stands on the first page, where a viewer would open the file.
        if number == 0:
            _require_no_notice(page)
        with closing(page.render(scale=longest_edge / max(page.get_size()))) as bitmap:
            # Copied: the pixels belong to PDFium, which frees them with the bitmap.
            image = gray_if_colourless(bitmap.to_pil().copy())
        # PDFium reports no error for an image that it cannot decode: it leaves a blank page, which would be
        # learned.
        if _is_one_colour(image) and not _images_are_whole(page):
            raise UnreadableImage("an image on it is damaged, and nothing else is on it")
    return image


def _require_no_notice(page: PdfPage) -> None:
    with closing(page.get_textpage()) as text:
        if text.count_chars() > _MAX_NOTICE_LENGTH:
            return
        said = " ".join(text.get_text_range().split()).lower()
    # Such a notice is the same for all forms, so a model would learn that it means whatever label they have.
    for notice, reason in _NOTICES.items():
        if notice in said:
            raise UnreadableImage(reason)


def _with_size(document: PdfDocument, number: int) -> PdfPage:
    """The page; as whole as it is where the part to show lies outside of it, as other viewers do."""
    page = document[number]
    if not all(page.get_size()):
        page.set_cropbox(*page.get_mediabox())
        page.close()
        page = document[number]
    if not all(0 < side < float("inf") for side in page.get_size()):
        page.close()
        raise UnreadableImage("its paper size is zero or infinite")
    return page


def _is_one_colour(image: Image) -> bool:
    first, *others = (one.getextrema() for one in image.split())
    return first[0] == first[1] and all(darkest == brightest for darkest, brightest in others)


def _images_are_whole(page: PdfPage) -> bool:
    """What PDFium cannot decode it leaves white."""
    from pypdfium2 import PdfiumError, raw

    for image in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE]):
        try:
            image.get_bitmap().close()
        except PdfiumError:
            return False
    return True
