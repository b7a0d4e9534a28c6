"""Memos: a short notice inside one organisation, without greeting or address."""

from __future__ import annotations

from burnish.samples.drawing import (
    Block,
    banner,
    boxed,
    bullets,
    gap,
    labelled,
    lines,
    pairs,
    rule,
    side_by_side,
    text,
    title_of,
)
from burnish.samples.kind import Draft, Kind, Side
from burnish.samples.prose import Matter, paragraphs, sentences
from burnish.samples.shapes import logo
from burnish.samples.sheets import Sheet, sheet_of
from burnish.samples.wordings.memo import HELD_OUT, TRAINING, MemoWords


def _header(words: MemoWords, matter: Matter, draft: Draft) -> list[tuple[str, str]]:
    facts, rng = draft.facts, draft.rng
    sender = (words.sender, f"{facts.person()}, {rng.choice(words.departments)}")
    receiver = (words.receiver, facts.say(rng.choice(words.receivers)))
    day = (words.date, facts.date())
    subject = (words.subject, facts.say(rng.choice(matter.subjects)))
    who = [receiver, sender]
    # Some houses put the day first.
    return [*who, day, subject] if rng.random() < 0.6 else [day, *who, subject]


def _end(words: MemoWords, draft: Draft) -> Block:
    return text(draft.look, draft.facts.say(draft.rng.choice(words.ends)), size=0.9)


def _body(matter: Matter, draft: Draft) -> list[Block]:
    return lines(draft.look, paragraphs(draft, matter, points=draft.rng.randint(4, 6)), after=0.8)


def _listed(matter: Matter, draft: Draft, *, mark: str) -> list[Block]:
    look, say = draft.look, draft.facts.say
    points = sentences(draft, matter.points, draft.rng.randint(4, 6))
    opening, closing = draft.rng.choice(matter.openings), draft.rng.choice(matter.closings)
    return [
        text(look, say(opening), after=0.8),
        bullets(look, points, mark=mark),
        gap(look, 0.6),
        text(look, say(closing), after=0.8),
    ]


def _classic(words: MemoWords, draft: Draft) -> Sheet:
    look, matter = draft.look, draft.rng.choice(words.matters)
    align = draft.rng.choice(("left", "centre")) if words.title else "left"
    return sheet_of(
        *title_of(look, words.title, size=1.7, bold=True, align=align, after=0.8),
        pairs(look, _header(words, matter, draft), share=0.24),
        rule(look, weight=1.4),
        gap(look, 0.6),
        *_body(matter, draft),
        gap(look),
        _end(words, draft),
    )


def _house_paper(words: MemoWords, draft: Draft) -> Sheet:
    look, matter = draft.look, draft.rng.choice(words.matters)
    company = text(look, draft.facts.company(), size=1.2, bold=True, after=0.1)
    title = title_of(look, words.title, size=1.1, italic=True)
    return sheet_of(
        side_by_side(look, [logo(look, draft.rng)], [company, *title], shares=(0.1, 0.9)),
        gap(look, 0.6),
        pairs(look, _header(words, matter, draft), share=0.26, style="grid"),
        gap(look),
        *_listed(matter, draft, mark="\u2022"),
        _end(words, draft),
    )


def _bar_and_lines(words: MemoWords, draft: Draft) -> Sheet:
    look, matter = draft.look, draft.rng.choice(words.matters)
    title = [banner(look, words.title, align="centre"), gap(look, 0.6)] if words.title else []
    header = _header(words, matter, draft)
    return sheet_of(
        *title,
        *[labelled(look, label.rstrip(":") + ":", value, after=0.4) for label, value in header],
        rule(look, dashed=True),
        *_body(matter, draft),
        gap(look),
        _end(words, draft),
        foot="Internal use only" if draft.rng.random() < 0.4 else "",
    )


def _boxed_header(words: MemoWords, draft: Draft) -> Sheet:
    look, matter = draft.look, draft.rng.choice(words.matters)
    header = [f"{label.upper()}\n{value}" for label, value in _header(words, matter, draft)]
    cells = lines(look, header, size=0.92, after=0.3)
    return sheet_of(
        *title_of(look, words.title, size=1.4, align="right", color=look.accent),
        boxed(look, [side_by_side(look, cells[:2], cells[2:], width=look.width - 14)]),
        gap(look),
        *_listed(matter, draft, mark="1"),
        _end(words, draft),
    )


def _side_labels(words: MemoWords, draft: Draft) -> Sheet:
    look, matter = draft.look, draft.rng.choice(words.matters)
    labels: list[Block] = []
    for label, value in _header(words, matter, draft):
        labels += [
            text(look, label, size=0.85, italic=True, after=0.05),
            text(look, value, size=0.92, bold=True, after=0.8),
        ]
    unit = text(look, f"{draft.facts.company()} \u2013 internal", size=0.85, after=0.8)
    title = title_of(look, words.title, capitals=True, size=1.2, bold=True, after=0.8)
    message = [*title, *_body(matter, draft), _end(words, draft)]
    return sheet_of(
        unit,
        rule(look, weight=2.5),
        side_by_side(look, labels, message, shares=(0.3, 0.7)),
    )


MEMO = Kind(
    label="memo",
    description="a notice passed round inside one organisation, telling staff or colleagues about something",
    training=Side(wordings=TRAINING, layouts=(_classic, _house_paper, _bar_and_lines)),
    held_out=Side(wordings=HELD_OUT, layouts=(_boxed_header, _side_labels)),
)
