"""Sample documents onto the disk. Each depends on the seed, its side, its label and its number alone."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from faker import Faker
from reportlab.lib.pagesizes import A4, LETTER

from burnish.errors import InvalidDocuments
from burnish.parallel import map_ordered
from burnish.samples.drawing import Look
from burnish.samples.facts import LOCALES, Facts, in_shuffled_rounds
from burnish.samples.fonts import HELD_OUT_FONTS, TRAINING_FONTS, Font, register
from burnish.samples.kind import AnyKind, Draft, Side, Wording
from burnish.samples.kinds import KINDS
from burnish.samples.scanning import Format, file_of
from burnish.samples.sheets import Sheet, pdf_of

#: One round of file formats: half of the pages are PDF or PNG twice, faxes are rarer.
FORMATS = (Format.PDF, Format.PNG, Format.GRAY_TIFF, Format.PNG, Format.PDF, Format.FAX_TIFF)
SIZES = (13.5, 13.0, 12.5, 12.0, 11.5, 11.0, 10.5, 10.0, 9.5, 9.0, 8.5)
ACCENTS = ("#1f3864", "#7a1f1f", "#1e5631", "#333333", "#000000", "#5b2c6f")
TRAINING, HELD_OUT = "training", "held-out"
SCANNERS = 2


@dataclass(frozen=True, kw_only=True)
class PlannedPage:
    """One document to be written: all that was chosen for it."""

    path: Path
    key: str
    form: Format
    font: Font
    words: Wording
    layout: Callable[[Any, Draft], Sheet]
    #: The fields that are written beside it, as JSON.
    fields: tuple[str, ...] = ()

    @property
    def fields_path(self) -> Path:
        """Where its fields are written."""
        return self.path.with_suffix(".json")

    @property
    def paths(self) -> set[Path]:
        """All files of it."""
        return {self.path, self.fields_path} if self.fields else {self.path}


@dataclass(frozen=True, kw_only=True)
class WrittenPage:
    """A page as PDF, and the fields that stand on it."""

    pdf: bytes
    fields: Mapping[str, Any]


def write_all(
    folder: Path,
    counts: dict[str, int],
    seed: int,
    on_document: Callable[[Path], None] | None,
    *,
    kinds: Sequence[AnyKind] = KINDS,
    with_fields: bool = False,
) -> int:
    """How many documents were written, ``counts`` of each label per side; ``with_fields`` beside them."""
    pages = [
        page if with_fields else replace(page, fields=())
        for kind in kinds
        for side, count in counts.items()
        for page in _pages(folder, kind, side, count, seed)
    ]
    _refuse_strangers(folder, counts, {path for page in pages for path in page.paths})
    for font in (*TRAINING_FONTS, *HELD_OUT_FONTS):
        register(font)
    fakers = tuple(Faker(locale) for locale in LOCALES)
    # Faker is for one thread; a scanner's work is Pillow's, which runs beside Python.
    drafts = ((page, _written(page, fakers)) for page in pages)
    for path in map_ordered(_scanned_and_written, drafts, workers=SCANNERS):
        if on_document:
            on_document(path)
    return len(pages)


def _pages(folder: Path, kind: AnyKind, side: str, count: int, seed: int) -> Iterator[PlannedPage]:
    made: Side[Any] = kind.training if side == TRAINING else kind.held_out
    key = f"{seed}/{side}/{kind.label}"
    fonts = TRAINING_FONTS if side == TRAINING else HELD_OUT_FONTS
    aspects = {"form": FORMATS, "font": fonts, "words": made.wordings, "layout": made.layouts}
    rounds = [in_shuffled_rounds(_chance(f"{key}/{aspect}"), choices) for aspect, choices in aspects.items()]
    for number, (form, font, words, layout) in enumerate(islice(zip(*rounds, strict=False), count), start=1):
        path = folder / side / kind.label / f"{number:03}{form.suffix}"
        yield PlannedPage(
            path=path,
            key=f"{key}/{number}",
            form=form,
            font=font,
            words=words,
            layout=layout,
            fields=kind.fields,
        )


def _refuse_strangers(folder: Path, sides: dict[str, int], expected: set[Path]) -> None:
    """Writing the same again is welcome; mixing two sets, or other people's files, is not."""
    found = {path for side in sides for path in (folder / side).rglob("*") if not path.is_dir()}
    if strangers := sorted(found - expected):
        raise InvalidDocuments(
            f"{str(folder)!r} holds {len(strangers)} other files, such as {str(strangers[0])!r}: "
            "empty it or choose another folder for the sample documents"
        )


def _scanned_and_written(draft: tuple[PlannedPage, WrittenPage]) -> Path:
    page, written = draft
    page.path.parent.mkdir(parents=True, exist_ok=True)
    page.path.write_bytes(file_of(written.pdf, page.form, _chance(f"{page.key}/scan")))
    if page.fields:
        fields = {name: written.fields[name] for name in page.fields}
        page.fields_path.write_text(f"{json.dumps(fields, indent=1, ensure_ascii=False)}\n", encoding="utf-8")
    return page.path


def _written(page: PlannedPage, fakers: tuple[Any, ...]) -> WrittenPage:
    """The page in the largest size of text in which all of it finds its place."""
    first = _chance(f"{page.key}/size").randrange(4)
    for size in SIZES[first:]:
        # The same key for every size: what is said stays the same, only its size changes.
        rng = _chance(page.key)
        look = _look(page.font, size, rng)
        draft = Draft(rng=rng, facts=Facts(rng, fakers), look=look)
        pdf, complete = pdf_of(page.layout(page.words, draft), look)
        if complete:
            return WrittenPage(pdf=pdf, fields=draft.fields)
    raise AssertionError(f"{page.path} does not fit on a page in any size of text")


def _look(font: Font, size: float, rng: random.Random) -> Look:
    return Look(
        font=font,
        size=size * font.scale,
        paper=rng.choice((LETTER, A4)),
        margin=rng.uniform(46, 72),
        leading=rng.uniform(1.2, 1.45),
        accent=rng.choice(ACCENTS),
    )


def _chance(key: str) -> random.Random:
    # Strings seed through SHA-512: neighbouring keys are as different as any others.
    return random.Random(key)  # noqa: S311 (nothing here is a secret)
