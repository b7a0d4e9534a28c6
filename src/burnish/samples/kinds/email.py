"""E-mails as they come out of a printer: sender, receiver, subject, and often the mail that is answered."""

from __future__ import annotations

from dataclasses import dataclass

from burnish.samples.drawing import (
    Block,
    boxed,
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
from burnish.samples.prose import Matter, paragraphs
from burnish.samples.sheets import Sheet, sheet_of
from burnish.samples.wordings.email import HELD_OUT, TRAINING, MailWords


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One mail: who, when, about what, and the mail that it answers."""

    sender: str
    sender_address: str
    receiver: str
    receiver_address: str
    sent: str
    subject: str
    matter: Matter
    answered: Matter


def _mail(words: MailWords, draft: Draft) -> Mail:
    facts, matter = draft.facts, draft.rng.choice(words.matters)
    # Colleagues write from one firm's domain; the others are private people.
    company = facts.company() if draft.rng.random() < 0.8 else None
    sender, receiver = facts.person(), facts.person()
    said, answered = _two_turns(matter, draft)
    return Mail(
        sender=sender,
        sender_address=facts.mail_address(sender, company),
        receiver=receiver,
        receiver_address=facts.mail_address(receiver, company),
        sent=_moment(draft),
        subject=facts.say(draft.rng.choice(matter.subjects)),
        matter=said,
        answered=answered,
    )


def _two_turns(matter: Matter, draft: Draft) -> tuple[Matter, Matter]:
    """A matter dealt out to a mail and the mail it answers, so that they do not repeat each other."""
    turns = (0, 1) if draft.rng.random() < 0.5 else (1, 0)
    first, second = (
        Matter(
            subjects=matter.subjects,
            openings=matter.openings[turn::2],
            points=matter.points[turn::2],
            closings=matter.closings[turn::2],
        )
        for turn in turns
    )
    return first, second


def _moment(draft: Draft) -> str:
    day, clock = draft.facts.day(), draft.facts.clock()
    return draft.rng.choice(
        (
            f"{day:%A, %B} {day.day}, {day.year} {clock}",
            f"{day:%a, %d %b %Y} {clock}:07",
            f"{day:%m/%d/%Y} {clock}",
        )
    )


def _subject(words: MailWords, mail: Mail, draft: Draft) -> str:
    return draft.rng.choice((words.reply_mark, "")) + mail.subject


def _header(words: MailWords, mail: Mail, draft: Draft) -> list[tuple[str, str]]:
    pairs = [
        (words.sender, f"{mail.sender} <{mail.sender_address}>"),
        (words.sent, mail.sent),
        (words.receiver, f"{mail.receiver} <{mail.receiver_address}>"),
    ]
    if draft.rng.random() < 0.4:
        pairs.append((words.copy, draft.facts.mail()))
    return [*pairs, (words.subject, _subject(words, mail, draft))]


def _said(words: MailWords, matter: Matter, draft: Draft, *, name: str, writer: str) -> list[str]:
    greeting = draft.rng.choice(words.greetings).format(name=name.partition(" ")[0])
    farewell = f"{draft.rng.choice(words.farewells)}\n{writer.partition(' ')[0]}".strip()
    body = paragraphs(draft, matter, points=draft.rng.randint(2, 3))
    return [line for line in (greeting, *body, farewell) if line]


def _body(words: MailWords, mail: Mail, draft: Draft) -> list[Block]:
    said = _said(words, mail.matter, draft, name=mail.receiver, writer=mail.sender)
    return lines(draft.look, said, after=0.7)


def _quoted(words: MailWords, mail: Mail, draft: Draft, *, mark: str = "") -> list[Block]:
    """The mail that is answered: from the receiver back to the sender."""
    look = draft.look
    sent = draft.facts.earlier()
    line = words.quote_line.format(sender=mail.receiver, sent=sent, address=mail.receiver_address)
    said = _said(words, mail.answered, draft, name=mail.sender, writer=mail.receiver)
    return [
        text(look, line),
        *_answered_header(words, mail, draft),
        *lines(look, [mark + part for part in said], size=0.95, color="#333333", after=0.5),
    ]


def _answered_header(words: MailWords, mail: Mail, draft: Draft) -> list[Block]:
    """Who wrote the answered mail, unless the line above it already says so."""
    if "{" in words.quote_line or words.quote_line.endswith("]"):
        return []
    header = ((words.sender, mail.receiver), (words.receiver, mail.sender), (words.subject, mail.subject))
    look = draft.look
    return [*[labelled(look, label, value, size=0.95, after=0.1) for label, value in header], gap(look, 0.5)]


def _footer(words: MailWords, draft: Draft) -> Block:
    return text(draft.look, draft.rng.choice(words.footers), size=0.8)


def _earlier(words: MailWords, mail: Mail, draft: Draft) -> list[Block]:
    return _quoted(words, mail, draft) if draft.rng.random() < 0.65 else []


def _office(words: MailWords, draft: Draft) -> Sheet:
    look, mail = draft.look, _mail(words, draft)
    return sheet_of(
        text(look, words.title or mail.receiver, size=1.25, bold=True),
        rule(look, weight=2),
        pairs(look, _header(words, mail, draft), share=0.2),
        gap(look),
        *_body(words, mail, draft),
        _footer(words, draft),
        gap(look, 0.5),
        *_earlier(words, mail, draft),
    )


def _plain(words: MailWords, draft: Draft) -> Sheet:
    look, mail = draft.look, _mail(words, draft)
    return sheet_of(
        *title_of(look, words.title, size=0.9, after=0.9),
        *[labelled(look, label, value, after=0.1) for label, value in _header(words, mail, draft)],
        gap(look),
        *_body(words, mail, draft),
        gap(look, 0.4),
        *_earlier(words, mail, draft),
        _footer(words, draft),
        foot=f"Page 1 of 1     {mail.sent}" if draft.rng.random() < 0.5 else "",
    )


def _subject_first(words: MailWords, draft: Draft) -> Sheet:
    look, mail = draft.look, _mail(words, draft)
    who = [
        text(look, f"{mail.sender} <{mail.sender_address}>", bold=True, after=0.1),
        text(look, f"{words.receiver} {mail.receiver} <{mail.receiver_address}>"),
    ]
    return sheet_of(
        *title_of(look, words.title, size=0.85, align="right"),
        text(look, f"{words.subject} {_subject(words, mail, draft)}", size=1.35),
        rule(look, weight=0.5),
        side_by_side(look, who, [text(look, mail.sent, size=0.9, align="right")], shares=(0.66, 0.34)),
        gap(look),
        *_body(words, mail, draft),
        rule(look, weight=0.5),
        *_earlier(words, mail, draft),
        _footer(words, draft),
    )


def _raw(words: MailWords, draft: Draft) -> Sheet:
    look, mail = draft.look, _mail(words, draft)
    trace = [
        f"Received: by mx{draft.rng.randint(1, 9)}.relay.example with SMTP id {draft.facts.number()}",
        f"Message-ID: <{draft.facts.number()}.{draft.facts.code()}@{mail.sender_address.partition('@')[2]}>",
    ]
    header = [f"{label} {value}" for label, value in _header(words, mail, draft)]
    source = [*trace, *reversed(header), "Content-Type: text/plain; charset=utf-8"]
    return sheet_of(
        *title_of(look, words.title, size=1.2, italic=True, align="centre"),
        *lines(look, source, size=0.95, after=0.1),
        gap(look),
        *_body(words, mail, draft),
        *_quoted(words, mail, draft, mark="> "),
        _footer(words, draft),
    )


def _forwarded(words: MailWords, draft: Draft) -> Sheet:
    look, mail = draft.look, _mail(words, draft)
    header = [f"{label}: {value}" for label, value in _header(words, mail, draft)]
    # A label may bring a mark of its own, as in "From -" or "Return-Path:"; here each ends in one colon.
    header = [line.replace(" -:", ":").replace("::", ":") for line in header]
    quoted = boxed(look, _quoted(words, mail, draft), fill="#f4f4f4")
    return sheet_of(
        *title_of(look, words.title, size=1.2, bold=True),
        boxed(look, lines(look, header, after=0.15)),
        gap(look, 0.8),
        *_body(words, mail, draft),
        gap(look, 0.4),
        quoted,
        gap(look, 0.4),
        _footer(words, draft),
    )


EMAIL = Kind(
    label="email",
    description="an electronic message on paper: mail addresses, time, subject, perhaps earlier replies",
    training=Side(wordings=TRAINING, layouts=(_office, _plain, _subject_first)),
    held_out=Side(wordings=HELD_OUT, layouts=(_raw, _forwarded)),
)
