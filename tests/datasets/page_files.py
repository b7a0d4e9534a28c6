"""Documents of every kind that a scanner or a person may hand over, made on the spot."""

from __future__ import annotations

import io
import random
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont


def page(
    text: str = "x", *, size: tuple[int, int] = (300, 400), mode: str = "L", colour: bool = False
) -> Image.Image:
    """A white page with a dark bar at the top left and a text, so that its top and its content are known."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, size[0] // 2, size[1] // 8), fill="red" if colour else "black")
    draw.text((20, size[1] // 2), text, fill="black")
    return image.convert(mode)


def written_page(text: str, *, size: tuple[int, int] = (300, 400)) -> Image.Image:
    """A page of paragraphs that looks like no other: what is on it depends on the text alone."""
    rng = random.Random(text)
    image = page(text, size=size)
    draw = ImageDraw.Draw(image)
    top = size[1] // 6
    while top < size[1] - 20:
        left, right = sorted(rng.sample(range(10, size[0] - 10, 10), 2))
        height = rng.choice((4, 8, 30))
        draw.rectangle((left, top, right, top + height), fill=rng.choice((0, 60, 140)))
        top += height + rng.choice((6, 12, 40))
    return image


def filled_form(name: str, number: str) -> Image.Image:
    """A meter card; cards with other values look alike from afar."""
    image = Image.new("L", (900, 1200), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(30)
    draw.text((60, 60), "METER READING CARD", fill=0, font=font)
    for row, (field, value) in enumerate({"Customer": name, "Meter": number, "Read by": "J. Miller"}.items()):
        top = 160 + 90 * row
        draw.rectangle((50, top, 850, top + 70), outline=0, width=3)
        draw.text((70, top + 16), field, fill=0, font=font)
        draw.text((400, top + 16), value, fill=0, font=font)
    for line in range(12):
        draw.text((60, 480 + 50 * line), f"{line + 1}. Return this card within ten days.", fill=0, font=font)
    return image


def write_page(path: Path, text: str, **options) -> Path:
    """The page as a file of the kind that its suffix names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    page(text, **options).save(path)
    return path


def write_folder(folder: Path, counts: dict[str, int], suffix: str = ".png") -> Path:
    """A folder with so many different documents per label."""
    for label, count in counts.items():
        for number in range(count):
            path = folder / label / f"{number:03}{suffix}"
            path.parent.mkdir(parents=True, exist_ok=True)
            written_page(f"{label} {number}").save(path)
    return folder


def opened(png: bytes) -> Image.Image:
    """The image in PNG bytes."""
    image = Image.open(io.BytesIO(png))
    assert image.format == "PNG"
    return image


def write_locked_pdf(path: Path) -> Path:
    """A PDF that asks for a password."""
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(path), encrypt=StandardEncryption("secret", canPrint=0))
    canvas.drawString(100, 100, "hidden")
    canvas.save()
    return path


def write_form_pdf(path: Path, value: str) -> Path:
    """A PDF with a filled-in field and nothing else."""
    from reportlab.pdfgen.canvas import Canvas

    canvas = Canvas(str(path), pagesize=(300, 400))
    canvas.acroForm.textfield(value=value, x=50, y=200, width=200, height=60, fontSize=40)
    canvas.showPage()
    canvas.save()
    return path
