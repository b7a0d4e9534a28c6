"""Letters: one person writes to another, with addresses, a greeting and a signature."""

from __future__ import annotations

from burnish.samples.drawing import Block, gap, lines, rule, side_by_side, text, title_of
from burnish.samples.kind import Draft, Kind, Side
from burnish.samples.prose import Matter, paragraphs
from burnish.samples.shapes import logo, signature
from burnish.samples.sheets import Sheet, sheet_of
from burnish.samples.wordings.letter import HELD_OUT, TRAINING, LetterWords


def _address(draft: Draft, receiver: str) -> str:
    facts, company = draft.facts, [draft.facts.company()] if draft.rng.random() < 0.6 else []
    return "\n".join([receiver, *company, facts.street(), facts.town_line()])


def _title(words: LetterWords, draft: Draft, *, align: str = "left") -> list[Block]:
    return title_of(draft.look, words.title, capitals=True, size=0.9, align=align, after=0.8)


def _subject(words: LetterWords, matter: Matter, draft: Draft, *, align: str = "left") -> list[Block]:
    # A subject without a mark such as "Re:" is the exception on letters.
    if not words.subject_mark and draft.rng.random() < 0.6:
        return []
    subject = draft.facts.say(draft.rng.choice(matter.subjects))
    return [text(draft.look, f"{words.subject_mark} {subject}".strip(), bold=True, align=align, after=0.8)]


def _body(
    words: LetterWords, matter: Matter, draft: Draft, receiver: str, *, align: str = "left"
) -> list[Block]:
    said = paragraphs(draft, matter, points=draft.rng.randint(3, 6))
    first, _, last = receiver.partition(" ")
    greeting = draft.rng.choice(words.greetings).format(person=receiver, first_name=first, surname=last)
    return [text(draft.look, greeting, after=0.8), *lines(draft.look, said, align=align, after=0.8)]


def _farewell(words: LetterWords, draft: Draft, writer: str, *, official: bool = True) -> list[Block]:
    look, rng = draft.look, draft.rng
    postscript = draft.facts.say(rng.choice(words.postscripts))
    role = rng.choice(words.roles) if official else ""
    return [
        gap(look, 0.4),
        text(look, rng.choice(words.farewells)),
        signature(look, rng),
        text(look, f"{writer}\n{role}".strip()),
        gap(look, 0.5),
        text(look, postscript, size=0.9),
    ]


def _firm(words: LetterWords, draft: Draft) -> Sheet:
    look, facts, matter = draft.look, draft.facts, draft.rng.choice(words.matters)
    receiver, company = facts.person(), facts.company()
    name = [
        text(look, company, size=1.5, bold=True, color=look.accent, after=0.1),
        text(look, f"{facts.street()}, {facts.town_line()}", size=0.85),
    ]
    return sheet_of(
        side_by_side(look, [logo(look, draft.rng)], name, shares=(0.1, 0.9)),
        rule(look),
        gap(look, 0.6),
        *_title(words, draft),
        text(look, facts.date(), after=1),
        text(look, _address(draft, receiver), after=1.2),
        *_subject(words, matter, draft),
        *_body(words, matter, draft, receiver),
        *_farewell(words, draft, facts.person()),
        foot=f"{company}  {facts.phone()}" if draft.rng.random() < 0.5 else "",
    )


def _private(words: LetterWords, draft: Draft) -> Sheet:
    look, facts, matter = draft.look, draft.facts, draft.rng.choice(words.matters)
    receiver, writer = facts.person(), facts.person()
    return sheet_of(
        text(look, f"{writer}\n{facts.street()}\n{facts.town_line()}", align="right", after=0.8),
        text(look, facts.date(), align="right", after=1.2),
        *_title(words, draft),
        text(look, _address(draft, receiver), after=1.2),
        *_subject(words, matter, draft),
        *_body(words, matter, draft, receiver, align="justified"),
        *_farewell(words, draft, writer, official=False),
    )


def _centred(words: LetterWords, draft: Draft) -> Sheet:
    look, facts, matter = draft.look, draft.facts, draft.rng.choice(words.matters)
    receiver, company = facts.person(), facts.company()
    contact = f"{facts.street()} | {facts.town_line()} | {facts.phone()}"
    address = [text(look, _address(draft, receiver))]
    return sheet_of(
        text(look, company, size=1.6, align="centre", after=0.2),
        text(look, contact, size=0.85, align="centre"),
        rule(look, weight=0.5),
        gap(look),
        *_title(words, draft, align="centre"),
        side_by_side(look, address, [text(look, facts.date(), align="right")], shares=(0.65, 0.35)),
        gap(look),
        *_subject(words, matter, draft, align="centre"),
        *_body(words, matter, draft, receiver),
        *_farewell(words, draft, facts.person()),
    )


def _sender_below(words: LetterWords, draft: Draft) -> Sheet:
    look, facts, matter = draft.look, draft.facts, draft.rng.choice(words.matters)
    receiver, writer = facts.person(), facts.person()
    address = text(look, _address(draft, receiver), size=0.85, after=0.1)
    return sheet_of(
        text(look, f"{facts.city()}, {facts.date()}", italic=True, align="right", after=1.4),
        *_title(words, draft, align="right"),
        address,
        gap(look, 1.2),
        *_subject(words, matter, draft),
        *_body(words, matter, draft, receiver),
        *_farewell(words, draft, writer, official=False),
        rule(look, weight=0.4),
        text(look, f"{writer}, {facts.street()}, {facts.town_line()}", size=0.8, align="centre"),
    )


def _margin_details(words: LetterWords, draft: Draft) -> Sheet:
    look, facts, matter = draft.look, draft.facts, draft.rng.choice(words.matters)
    receiver, company, writer = facts.person(), facts.company(), facts.person()
    details = [facts.street(), facts.town_line(), facts.phone(), facts.mail_address(writer, company)]
    margin = [gap(look), *lines(look, details, size=0.72, after=0.5)]
    letter = [
        *_title(words, draft),
        text(look, _address(draft, receiver), after=1),
        text(look, facts.date(), after=1),
        *_subject(words, matter, draft),
        *_body(words, matter, draft, receiver),
        *_farewell(words, draft, writer),
    ]
    return sheet_of(
        text(look, company, size=1.3, bold=True, align="right", color=look.accent),
        gap(look),
        side_by_side(look, letter, margin, shares=(0.7, 0.3)),
    )


LETTER = Kind(
    label="letter",
    description="correspondence between two parties on paper: postal addresses, a greeting, a signature",
    training=Side(wordings=TRAINING, layouts=(_firm, _private, _centred)),
    held_out=Side(wordings=HELD_OUT, layouts=(_sender_below, _margin_details)),
)
