"""Forms: labelled blanks, boxes and ticks that somebody fills in."""

from __future__ import annotations

from dataclasses import dataclass

from burnish.samples.drawing import (
    Block,
    banner,
    boxed,
    bullets,
    gap,
    heading,
    labelled,
    rule,
    side_by_side,
    table,
    text,
    title_of,
)
from burnish.samples.kind import Draft, Kind, Side
from burnish.samples.shapes import comb, handwritten, signature, ticks
from burnish.samples.sheets import Sheet, sheet_of
from burnish.samples.wordings.form import HELD_OUT, TRAINING, FormWords


@dataclass(frozen=True, kw_only=True)
class Entry:
    """How the blanks of one form are filled: by pen, by machine, or not at all."""

    draft: Draft
    by_pen: bool
    filled: float

    @property
    def signed(self) -> bool:
        """Whether it is signed and dated: who leaves a form blank has not done that either."""
        return self.filled > 0.5

    def value(self, fact: str) -> str:
        """What is entered, which may be nothing."""
        entered = str(getattr(self.draft.facts, fact)())
        return entered if self.draft.rng.random() < self.filled else ""

    def block(self, fact: str, width: float) -> Block:
        """The entry as it stands on the form."""
        value, look = self.value(fact), self.draft.look
        if self.by_pen and value:
            return handwritten(look, value, self.draft.rng, width=width)
        return text(look, value or "\u00a0", after=0)

    def chosen(self, options: tuple[str, ...]) -> list[str]:
        """The options that are ticked."""
        return [self.draft.rng.choice(options)] if self.draft.rng.random() < self.filled else []


def _entry(draft: Draft) -> Entry:
    # Filled in, filled in with gaps, or all but blank: a form is one before anybody writes on it.
    return Entry(draft=draft, by_pen=draft.rng.random() < 0.5, filled=draft.rng.choice((0.95, 0.85, 0.1)))


def _title(words: FormWords, draft: Draft, *, align: str = "left") -> list[Block]:
    return title_of(draft.look, words.title, size=1.6, bold=True, align=align)


def _sign_off(words: FormWords, entry: Entry) -> list[Block]:
    draft, look = entry.draft, entry.draft.look
    scribble = signature(look, draft.rng) if entry.signed else gap(look, 2)
    day = text(look, draft.facts.date() if entry.signed else "\u00a0", after=0)
    return [
        text(look, words.declaration, size=0.92, after=0.6),
        side_by_side(look, [scribble], [gap(look), day], shares=(0.6, 0.4)),
        rule(look, weight=0.6),
        table(look, [(words.sign, "Date")], (0.6, 0.4), style="plain", bold_rows=(), size=0.85),
    ]


def _lined(words: FormWords, draft: Draft) -> Sheet:
    look, entry, shares = draft.look, _entry(draft), (0.34, 0.66)
    blocks: list[Block] = []
    for name, fields in words.sections.items():
        blocks += heading(look, name)
        for label, fact in fields.items():
            blank = [entry.block(fact, look.width * 0.6), rule(look, weight=0.4)]
            blocks.append(side_by_side(look, [text(look, f"{label}:", after=0.1)], blank, shares=shares))
    for question, options in words.questions.items():
        row = ticks(look, options, entry.chosen(options), width=look.width * 0.64)
        blocks.append(side_by_side(look, [text(look, question)], [row], shares=shares))
    return sheet_of(
        *_title(words, draft),
        text(look, words.instructions, italic=True),
        *blocks,
        gap(look, 0.7),
        *_sign_off(words, entry),
    )


def _cell(entry: Entry, label: str, fact: str, width: float) -> Block:
    look = entry.draft.look
    caption = text(look, label, size=0.78, after=0)
    return boxed(look, [caption, entry.block(fact, look.width / 2 - 20)], width=width)


def _cells(words: FormWords, draft: Draft) -> Sheet:
    look, entry = draft.look, _entry(draft)
    blocks: list[Block] = []
    for name, fields in words.sections.items():
        blocks += [gap(look, 0.4), banner(look, name, size=1.0)]
        # Two cells to a row; a last one alone has the row to itself.
        for start in range(0, len(fields), 2):
            row = list(fields.items())[start : start + 2]
            cells = [[_cell(entry, label, fact, look.width / len(row))] for label, fact in row]
            blocks.append(side_by_side(look, *cells, gutter=0))
    for question, options in words.questions.items():
        blocks += [
            gap(look, 0.3),
            text(look, question, bold=True, after=0.1),
            ticks(look, options, entry.chosen(options)),
        ]
    office = text(look, f"{words.office}: ____________________", size=0.9, after=0)
    return sheet_of(
        *_title(words, draft, align="centre"),
        text(look, words.instructions, size=0.92, align="centre"),
        *blocks,
        gap(look, 0.7),
        *_sign_off(words, entry),
        gap(look, 0.5),
        boxed(look, [office], fill="#e9e9e9"),
    )


def _numbered(words: FormWords, draft: Draft) -> Sheet:
    look, entry = draft.look, _entry(draft)
    issuer = side_by_side(
        look,
        [text(look, draft.facts.company(), bold=True)],
        [text(look, f"Form {draft.facts.code()}", size=0.85, align="right")],
    )
    fields = [field for section in words.sections.values() for field in section.items()]
    blocks: list[Block] = []
    for number, (label, fact) in enumerate(fields, start=1):
        value = entry.value(fact)
        line = f"{number}. {label} " if value else f"{number}. {label} {'.' * 40}"
        blocks.append(labelled(look, line, value, after=0.55))
    for number, (question, options) in enumerate(words.questions.items(), start=len(fields) + 1):
        blocks += [
            labelled(look, f"{number}. {question}", "(check one)", after=0),
            ticks(look, options, entry.chosen(options), round_box=True),
        ]
    return sheet_of(
        issuer,
        rule(look),
        *_title(words, draft),
        text(look, words.instructions, after=0.9),
        *blocks,
        gap(look),
        *_sign_off(words, entry),
    )


def _combs(words: FormWords, draft: Draft) -> Sheet:
    look, entry = draft.look, _entry(draft)
    blocks: list[Block] = []
    for name, fields in words.sections.items():
        blocks += heading(look, name.upper(), ruled=True)
        for label, fact in fields.items():
            blocks += [text(look, label, size=0.85, after=0.05), comb(look, entry.value(fact), cells=24)]
    for question, options in words.questions.items():
        blocks += [
            text(look, question, size=0.9, after=0.1),
            ticks(look, options, entry.chosen(options), round_box=True),
        ]
    return sheet_of(
        *_title(words, draft, align="right"),
        text(look, words.instructions, bold=True),
        *blocks,
        gap(look, 0.6),
        *_sign_off(words, entry),
    )


def _tabled(words: FormWords, draft: Draft) -> Sheet:
    look, entry = draft.look, _entry(draft)
    half = look.width / 2 - 8
    sides: list[list[Block]] = [[], []]
    for index, (name, fields) in enumerate(words.sections.items()):
        rows = [(label, entry.value(fact) or " ") for label, fact in fields.items()]
        sides[index % 2] += [
            text(look, name, bold=True),
            table(look, rows, (0.46, 0.54), style="grid", bold_rows=(), width=half),
            gap(look),
        ]
    for index, (question, options) in enumerate(words.questions.items()):
        chosen = entry.chosen(options)
        column = [ticks(look, (option,), chosen, width=half) for option in options]
        box = boxed(look, [text(look, question, italic=True), *column], width=half)
        sides[index % 2] += [box, gap(look, 0.5)]
    office = bullets(look, [f"{words.office} ______________", "Stamp ______________"], mark="-")
    top = [
        text(look, draft.facts.company(), size=0.9, align="right"),
        *_title(words, draft),
        text(look, words.instructions),
        gap(look, 0.5),
    ]
    return Sheet(top=[*top, side_by_side(look, *sides), *_sign_off(words, entry), gap(look), office])


FORM = Kind(
    label="form",
    description="labelled blanks, boxes and check marks, for one person to fill in and sign",
    training=Side(wordings=TRAINING, layouts=(_lined, _cells, _numbered)),
    held_out=Side(wordings=HELD_OUT, layouts=(_combs, _tabled)),
)
