"""The words of e-mails."""

from __future__ import annotations

from dataclasses import dataclass

from burnish.samples.prose import Matter


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


TRAINING = (
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


HELD_OUT = (
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
