"""PDFs of every kind that people hand over, written object by object."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from pathlib import Path

FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
LETTER = b"/MediaBox [0 0 612 792]"
#: The upper left quarter, black, of a page of letter size.
BAR = b"0 0 0 rg 0 396 306 396 re f\n"


def stream(content: bytes, entries: bytes = b"") -> bytes:
    """A stream object."""
    return b"<< /Length %d %s >>\nstream\n%s\nendstream" % (len(content), entries, content)


def text(*lines: str, top: int = 700) -> bytes:
    """Lines of text as the content of a page, in the font F1."""
    said = b"".join(b"(%s) Tj 0 -20 Td\n" % line.encode() for line in lines)
    return b"BT /F1 14 Tf 60 %d Td\n%sET\n" % (top, said)


def write_pdf(path: Path, objects: Sequence[bytes]) -> Path:
    """A PDF of these objects, the first of which is its catalogue."""
    body = b"%PDF-1.7\n"
    offsets = []
    for number, one in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    body += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    size = len(objects) + 1
    body += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, table)
    path.write_bytes(body)
    return path


def write_page_pdf(
    path: Path,
    content: bytes = BAR,
    *,
    page: bytes = LETTER,
    catalogue: bytes = b"",
    resources: bytes = b"",
    more: Sequence[bytes] = (),
) -> Path:
    """A PDF of one page. ``more`` are objects from number 6 on."""
    resources = b"/Resources << /Font << /F1 5 0 R >> %s >>" % resources
    return write_pdf(
        path,
        [
            b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalogue,
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R %s %s >>" % (page, resources),
            stream(content),
            FONT,
            *more,
        ],
    )


#: Entries of a catalogue by which file 7, described by object 6, is attached.
ATTACHED = b"/Names << /EmbeddedFiles << /Names [(one) 6 0 R] >> >>"
ATTACHMENT = (
    b"<< /Type /Filespec /F (one.txt) /UF (one.txt) /EF << /F 7 0 R >> >>",
    stream(b"an attached file", b"/Type /EmbeddedFile"),
)


def write_packed_pdf(path: Path, catalogue: bytes, more: Sequence[bytes]) -> Path:
    """The same as `write_page_pdf` of a bar, its catalogue packed away in a compressed object stream.

    ``more`` are objects from number 6 on.
    """
    packed = b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalogue
    head = b"1 0 "
    objects = {
        2: b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        3: b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R %s >>" % LETTER,
        4: stream(BAR),
        5: stream(
            zlib.compress(head + packed),
            b"/Type /ObjStm /N 1 /First %d /Filter /FlateDecode" % len(head),
        ),
        **dict(enumerate(more, 6)),
    }
    body = b"%PDF-1.7\n"
    entries = {0: (0, 0, 255), 1: (2, 5, 0)}
    for number, one in objects.items():
        entries[number] = (1, len(body), 0)
        body += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    last = len(objects) + 2
    entries[last] = (1, len(body), 0)
    rows = b"".join(
        bytes([kind]) + place.to_bytes(4, "big") + bytes([index])
        for _, (kind, place, index) in sorted(entries.items())
    )
    table = stream(rows, b"/Type /XRef /Size %d /W [1 4 1] /Root 1 0 R" % (last + 1))
    path.write_bytes(body + b"%d 0 obj\n%s\nendobj\nstartxref\n%d\n%%%%EOF\n" % (last, table, len(body)))
    return path
