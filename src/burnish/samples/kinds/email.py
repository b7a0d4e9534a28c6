"""E-mails as they come out of a printer: sender, receiver, subject, and often the mail that is answered."""

from __future__ import annotations

from dataclasses import dataclass

from burnish.samples.drawing import Block, boxed, gap, labelled, rule, side_by_side, table, text
from burnish.samples.kind import Draft, Kind, Side
from burnish.samples.prose import Matter, paragraphs
from burnish.samples.sheets import Sheet


@dataclass(frozen=True, kw_only=True)
class MailWords:
    """The labels and set phrases of one mail program and its user."""

    title: str | None
    sender: str
    sent: str
    receiver: str
    copy: str
    subject: str
    greetings: tuple[str, ...]
    farewells: tuple[str, ...]
    quote_line: str
    reply_mark: str
    footers: tuple[str, ...]
    matters: tuple[Matter, ...]


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


_MATTERS = (
    Matter(
        subjects=("Meeting on {weekday}", "Agenda for {weekday}"),
        openings=(
            "Can we move the meeting to {clock} on {weekday}?",
            "Just a quick reminder about our call on {weekday}.",
        ),
        points=(
            "I'm stuck in {city} until lunch and won't make it earlier.",
            "{first_name} said she can present the numbers instead of me.",
            "The big room is taken so I booked the small one on the third floor.",
            "Could you send the slides round beforehand?",
            "If that doesn't work for you just ping me.",
            "Dial-in details are the same as last time.",
        ),
        closings=("Let me know.", "See you then!"),
    ),
    Matter(
        subjects=("Draft contract", "contract with {company}"),
        openings=("See attached for the latest draft.", "Thanks for the quick turnaround on the contract."),
        points=(
            "I changed clause {few} after talking to {first_name}.",
            "They want {amount} up front, which I don't think we should accept.",
            "Legal had only minor comments, all in track changes.",
            "Please check the dates, I may have mixed up {month}.",
            "Don't forward this outside the team yet.",
        ),
        closings=("Comments by end of day would be great.", "Shout if anything looks odd."),
    ),
    Matter(
        subjects=("Server down?", "Problem with the upload"),
        openings=(
            "Is anyone else having trouble logging in this morning?",
            "The upload failed again last night, see the log below.",
        ),
        points=(
            "I get a timeout after about {count} seconds.",
            "Restarting didn't help, and neither did clearing the cache.",
            "{first_name} in support opened ticket {number} for it.",
            "It worked fine until the update on {weekday}.",
            "We need the report out by {clock} so this is kind of urgent.",
        ),
        closings=("Any ideas?", "I'll keep you posted."),
    ),
    Matter(
        subjects=("Travel to {city}", "Flights and hotel"),
        openings=(
            "I've booked your flight to {city}, confirmation attached.",
            "What time do you land on {weekday}?",
        ),
        points=(
            "The hotel is a ten minute walk from their office.",
            "{first_name} can pick you up if you send him the flight number.",
            "Keep the receipts, accounts were fussy last time.",
            "There's a dinner with the {city} people at {clock}.",
            "I couldn't get you an aisle seat, sorry.",
        ),
        closings=("Safe travels!", "Call me when you're there."),
    ),
    Matter(
        subjects=("numbers for the report", "Q3 figures"),
        openings=("Here are the figures you asked for.", "Quick question on the spreadsheet you sent."),
        points=(
            "Row {count} doesn't add up, I get {amount} instead.",
            "I left out the {city} branch because their data came in late.",
            "The drop of {percent} is mostly seasonal.",
            "Can you double check with {first_name} before we send it upstairs?",
            "I'll fix the chart tonight and resend.",
        ),
        closings=("Hope that helps.", "Talk tomorrow."),
    ),
    Matter(
        subjects=("Lunch?", "{first_name}'s leaving party"),
        openings=(
            "We're collecting for {first_name}'s leaving present.",
            "Anyone up for the new place on {street}?",
        ),
        points=(
            "There's an envelope on my desk, give whatever you like.",
            "Cake in the kitchen at {clock}!",
            "So far we're {few}, including the two from marketing.",
            "Don't tell her, it's meant to be a surprise.",
        ),
        closings=("Cheers all.", "Let me know if you're in."),
    ),
)
_OTHER_MATTERS = (
    Matter(
        subjects=("photos from the weekend", "pictures!"),
        openings=(
            "Finally got round to sorting the pictures, link is at the bottom.",
            "Hey, did the pictures arrive this time?",
        ),
        points=(
            "Grandma looks wonderful in the one by the lake.",
            "The file was too big, so I split it into {few} parts.",
            "Tom's phone died, otherwise there'd be more of the hike.",
            "Use the download button, not the preview.",
            "We should do that again before the kids go back to school.",
        ),
        closings=("Hugs from all of us.", "Write back soon, ok?"),
    ),
    Matter(
        subjects=("bug {number}", "[dev] release candidate"),
        openings=(
            "I can reproduce this on the release candidate but not on main.",
            "Patch attached, tested on two machines only.",
        ),
        points=(
            "The crash is in the parser when a header is empty.",
            "Rolling back the commit from {weekday} makes it go away.",
            "Memory use is up {percent} compared with the previous tag.",
            "I'd rather ship late than ship this.",
            "Review from somebody who knows the locking code is welcome.",
        ),
        closings=("Thoughts?", "Otherwise I merge on {weekday}."),
    ),
    Matter(
        subjects=("room for rent", "the flat in {city}"),
        openings=(
            "Saw your ad, is the room still free?",
            "Got your message about the flat, yes it's available from {month}.",
        ),
        points=(
            "I work at the hospital and am hardly home during the week.",
            "{amount} would be fine if heating is included.",
            "There's a cat, hope you don't mind.",
            "You could come and have a look after {clock} any evening.",
            "My number is {phone}, texting is easiest.",
        ),
        closings=("Looking forward to hearing back.", "Best if you answer today, others are asking."),
    ),
    Matter(
        subjects=("homework group", "lab slot {weekday}"),
        openings=(
            "Who is bringing the samples to the lab?",
            "I uploaded my half of the homework to the shared folder.",
        ),
        points=(
            "Question {few} makes no sense to me at all.",
            "The professor said we may hand it in until {clock}.",
            "My laptop is at the repair shop, hence the short lines.",
            "Somebody needs to print it, double sided.",
        ),
        closings=("Ttyl.", "Thx and sorry for the noise."),
    ),
)
_FOOTERS = (
    "This e-mail and any attachments are confidential. If you have received it in error please delete it.",
    "Sent from my mobile",
    "Please consider the environment before printing this e-mail.",
    "",
    "",
)
_OTHER_FOOTERS = (
    "Get your free mailbox today.",
    "-- list archive and unsubscribe link at the end of every message --",
    "",
)


def _words(
    title: str | None, labels: tuple[str, str, str, str, str], quote_line: str, *, held_out: bool = False
) -> MailWords:
    sender, sent, receiver, copy, subject = labels
    return MailWords(
        title=title,
        sender=sender,
        sent=sent,
        receiver=receiver,
        copy=copy,
        subject=subject,
        greetings=("hey {name},", "{name} -", "Hullo {name},")
        if held_out
        else ("Hi {name},", "{name},", "Hello {name},", "Hi all,", ""),
        farewells=("cu", "xx", "Take care") if held_out else ("Thanks,", "Best,", "Regards", "Cheers", ""),
        quote_line=quote_line,
        reply_mark="AW: " if held_out else "RE: ",
        footers=_OTHER_FOOTERS if held_out else _FOOTERS,
        matters=_OTHER_MATTERS if held_out else _MATTERS,
    )


_TRAINING = (
    _words(None, ("From:", "Sent:", "To:", "Cc:", "Subject:"), "-----Original Message-----"),
    _words("E-mail message", ("From", "Date", "To", "Copy", "Subject"), "________________________________"),
    _words(None, ("Sender", "Sent on", "Recipients", "Also to", "Topic"), "--- Previous message ---"),
    _words(
        "Inbox - printed e-mail", ("FROM", "RECEIVED", "TO", "CC", "SUBJECT"), "{sender} wrote on {sent}:"
    ),
    _words(
        "Mail", ("Author:", "Date sent:", "Receiver:", "Carbon copy:", "Title:"), "====== Earlier mail ======"
    ),
)
_HELD_OUT = (
    _words(
        None,
        ("From -", "Date -", "To -", "Cc -", "Subj -"),
        "On {sent}, {sender} <{address}> wrote:",
        held_out=True,
    ),
    _words(
        "Webmail: print view",
        ("by", "at", "for", "and", "concerning"),
        "Begin forwarded message:",
        held_out=True,
    ),
    _words(
        None,
        ("Return-Path:", "Date (UTC):", "Delivered-To:", "X-Cc:", "Thread-Topic:"),
        "[quoted text follows]",
        held_out=True,
    ),
    _words(
        "Message from your mailbox",
        ("Mailed by", "Mailed on", "Mailed to", "Visible copy", "Subject line"),
        "> {sender}, {sent}:",
        held_out=True,
    ),
)


def _mail(words: MailWords, draft: Draft) -> Mail:
    facts, matter = draft.facts, draft.rng.choice(words.matters)
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
    return [
        text(draft.look, said, after=0.7)
        for said in _said(words, mail.matter, draft, name=mail.receiver, writer=mail.sender)
    ]


def _quoted(words: MailWords, mail: Mail, draft: Draft, *, mark: str = "") -> list[Block]:
    """The mail that is answered: from the receiver back to the sender."""
    look = draft.look
    line = words.quote_line.format(
        sender=mail.receiver, sent=draft.facts.earlier(), address=mail.receiver_address
    )
    said = _said(words, mail.answered, draft, name=mail.sender, writer=mail.receiver)
    return [
        text(look, line),
        *_answered_header(words, mail, draft),
        *[text(look, mark + part, size=0.95, color="#333333", after=0.5) for part in said],
    ]


def _answered_header(words: MailWords, mail: Mail, draft: Draft) -> list[Block]:
    """Who wrote the answered mail, unless the line above it already says so."""
    if "{" in words.quote_line or words.quote_line.endswith("]"):
        return []
    header = ((words.sender, mail.receiver), (words.receiver, mail.sender), (words.subject, mail.subject))
    lines = [labelled(draft.look, label, value, size=0.95, after=0.1) for label, value in header]
    return [*lines, gap(draft.look, 0.5)]


def _footer(words: MailWords, draft: Draft) -> Block:
    return text(draft.look, draft.rng.choice(words.footers), size=0.8)


def _earlier(words: MailWords, mail: Mail, draft: Draft) -> list[Block]:
    return _quoted(words, mail, draft) if draft.rng.random() < 0.65 else []


def _office(words: MailWords, draft: Draft) -> Sheet:
    look, mail = draft.look, _mail(words, draft)
    owner = text(look, words.title or mail.receiver, size=1.25, bold=True)
    header = table(look, _header(words, mail, draft), (0.2, 0.8), style="plain", bold_rows=())
    return Sheet(
        top=[
            owner,
            rule(look, weight=2),
            header,
            gap(look),
            *_body(words, mail, draft),
            _footer(words, draft),
            gap(look, 0.5),
            *_earlier(words, mail, draft),
        ]
    )


def _plain(words: MailWords, draft: Draft) -> Sheet:
    look, mail = draft.look, _mail(words, draft)
    title = [text(look, words.title, size=0.9, after=0.9)] if words.title else []
    header = [labelled(look, label, value, after=0.1) for label, value in _header(words, mail, draft)]
    return Sheet(
        top=[
            *title,
            *header,
            gap(look),
            *_body(words, mail, draft),
            gap(look, 0.4),
            *_earlier(words, mail, draft),
            _footer(words, draft),
        ],
        foot=f"Page 1 of 1     {mail.sent}" if draft.rng.random() < 0.5 else "",
    )


def _subject_first(words: MailWords, draft: Draft) -> Sheet:
    look, mail = draft.look, _mail(words, draft)
    title = [text(look, words.title, size=0.85, align="right")] if words.title else []
    who = [
        text(look, f"{mail.sender} <{mail.sender_address}>", bold=True, after=0.1),
        text(look, f"{words.receiver} {mail.receiver} <{mail.receiver_address}>"),
    ]
    return Sheet(
        top=[
            *title,
            text(look, f"{words.subject} {_subject(words, mail, draft)}", size=1.35),
            rule(look, weight=0.5),
            side_by_side(look, who, [text(look, mail.sent, size=0.9, align="right")], shares=(0.66, 0.34)),
            gap(look),
            *_body(words, mail, draft),
            rule(look, weight=0.5),
            *_earlier(words, mail, draft),
            _footer(words, draft),
        ]
    )


def _raw(words: MailWords, draft: Draft) -> Sheet:
    look, mail = draft.look, _mail(words, draft)
    title = [text(look, words.title, size=1.2, italic=True, align="centre")] if words.title else []
    trace = [
        f"Received: by mx{draft.rng.randint(1, 9)}.relay.example with SMTP id {draft.facts.number()}",
        f"Message-ID: <{draft.facts.number()}.{draft.facts.code()}@{mail.sender_address.partition('@')[2]}>",
    ]
    header = [f"{label} {value}" for label, value in _header(words, mail, draft)]
    lines = [
        text(look, line, size=0.95, after=0.1)
        for line in (*trace, *reversed(header), "Content-Type: text/plain; charset=utf-8")
    ]
    return Sheet(
        top=[
            *title,
            *lines,
            gap(look),
            *_body(words, mail, draft),
            *_quoted(words, mail, draft, mark="> "),
            _footer(words, draft),
        ]
    )


def _forwarded(words: MailWords, draft: Draft) -> Sheet:
    look, mail = draft.look, _mail(words, draft)
    top = [text(look, words.title, size=1.2, bold=True)] if words.title else []
    header = [
        text(look, f"{label}: {value}".replace(" -:", ":").replace("::", ":"), after=0.15)
        for label, value in _header(words, mail, draft)
    ]
    quoted = boxed(look, _quoted(words, mail, draft), fill="#f4f4f4")
    return Sheet(
        top=[
            *top,
            boxed(look, header),
            gap(look, 0.8),
            *_body(words, mail, draft),
            gap(look, 0.4),
            quoted,
            gap(look, 0.4),
            _footer(words, draft),
        ]
    )


EMAIL = Kind(
    label="email",
    description="an electronic message on paper: mail addresses, time, subject, perhaps earlier replies",
    training=Side(wordings=_TRAINING, layouts=(_office, _plain, _subject_first)),
    held_out=Side(wordings=_HELD_OUT, layouts=(_raw, _forwarded)),
)
