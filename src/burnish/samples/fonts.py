"""The fonts of the two sides: PDF's own or from Python packages. The system's are never looked for."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont


@dataclass(frozen=True, kw_only=True)
class Font:
    """A font family. ``folder`` is where a package keeps its TTF files, None for PDF's standard fonts."""

    regular: str
    bold: str
    italic: str
    #: Brings families of different widths to about the same number of words on a line.
    scale: float = 1.0
    folder: str | None = None

    @property
    def faces(self) -> tuple[str, str, str]:
        """The names of the three faces."""
        return (self.regular, self.bold, self.italic)


MATPLOTLIB = "matplotlib/mpl-data/fonts/ttf"

HELVETICA = Font(regular="Helvetica", bold="Helvetica-Bold", italic="Helvetica-Oblique")
TIMES = Font(regular="Times-Roman", bold="Times-Bold", italic="Times-Italic", scale=1.06)
VERA = Font(regular="Vera", bold="VeraBd", italic="VeraIt", scale=0.9, folder="reportlab/fonts")

COURIER = Font(regular="Courier", bold="Courier-Bold", italic="Courier-Oblique", scale=0.93)
DEJAVU_SERIF = Font(
    regular="DejaVuSerif",
    bold="DejaVuSerif-Bold",
    italic="DejaVuSerif-Italic",
    scale=0.89,
    folder=MATPLOTLIB,
)
DEJAVU_MONO = Font(
    regular="DejaVuSansMono",
    bold="DejaVuSansMono-Bold",
    italic="DejaVuSansMono-Oblique",
    scale=0.86,
    folder=MATPLOTLIB,
)
STIX = Font(
    regular="STIXGeneral",
    bold="STIXGeneralBol",
    italic="STIXGeneralItalic",
    scale=1.05,
    folder=MATPLOTLIB,
)

#: DejaVu Sans is left out on purpose: it draws the same letters as Vera.
TRAINING_FONTS = (HELVETICA, TIMES, VERA)
HELD_OUT_FONTS = (COURIER, DEJAVU_SERIF, STIX, DEJAVU_MONO)


def register(font: Font) -> None:
    """Make a font known to reportlab; PDF's standard fonts already are."""
    if font.folder is None:
        return
    for face in font.faces:
        if face not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(face, str(_on_disk(font.folder) / f"{face}.ttf")))


def _on_disk(folder: str) -> Path:
    package, _, inside = folder.partition("/")
    # The specification says where a package lies without importing it: matplotlib's import makes folders.
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"The package {package!r} is not installed", name=package)
    return Path(spec.origin).parent / inside
