"""Letters: one person writes to another, with addresses, a greeting and a signature."""

from __future__ import annotations

from dataclasses import dataclass

from burnish.samples.drawing import Block, gap, rule, side_by_side, text
from burnish.samples.kind import Draft, Kind, Side
from burnish.samples.prose import Matter, paragraphs
from burnish.samples.shapes import logo, signature
from burnish.samples.sheets import Sheet


@dataclass(frozen=True, kw_only=True)
class LetterWords:
    """The set phrases of one letter. Its title, if any, says how it is sent."""

    title: str | None
    greetings: tuple[str, ...]
    subject_mark: str
    farewells: tuple[str, ...]
    roles: tuple[str, ...]
    postscripts: tuple[str, ...]
    matters: tuple[Matter, ...]


_MATTERS = (
    Matter(
        subjects=("Your order of {earlier}", "Damaged goods received"),
        openings=(
            "I am writing to complain about the goods that your firm delivered to us on {earlier}.",
            "Thank you for your letter of {earlier}, which does not settle the matter.",
        ),
        points=(
            "Of the {count} cartons in the consignment, {few} had been opened and their contents were wet.",
            "The driver would not wait while we checked the load, as the signed delivery slip shows.",
            "We telephoned your office on {weekday} and were promised a reply that never came.",
            "Photographs of the damage are enclosed together with a copy of the packing list.",
            "We have traded with your firm for {few} years and this has not happened before.",
            "We therefore ask you to replace the spoiled cartons or to credit our account with {amount}.",
        ),
        closings=(
            "I look forward to hearing from you before {later}.",
            "Please let me have your decision in writing by {later}.",
        ),
    ),
    Matter(
        subjects=("Offer of employment", "Your application"),
        openings=(
            "We are delighted to offer you the post for which you were interviewed on {earlier}.",
            "Following our conversation on {earlier}, I am pleased to offer you a position in {city}.",
        ),
        points=(
            "Your starting salary will be {large_amount} a year, reviewed each {month}.",
            "The post carries {few} weeks of paid holiday and membership of our pension scheme.",
            "The first {few} months are a trial period on both sides.",
            "Our panel was struck by the care with which you answered its questions.",
            "You would report to {person}, who leads the {city} office.",
            "Two copies of the contract are enclosed; kindly sign both and return one.",
        ),
        closings=(
            "We very much hope that you will join us.",
            "Do call me should anything in the contract be unclear.",
        ),
    ),
    Matter(
        subjects=("A word of thanks", "Your generous gift"),
        openings=(
            "On behalf of everybody at our charity I want to thank you for your gift of {amount}.",
            "Your kind donation reached us last {weekday}, and I must tell you what it means to us.",
        ),
        points=(
            "It will pay for the repair of the roof before the winter sets in.",
            "Last year {count} children spent a week with us by the sea because of friends like you.",
            "The new kitchen in {city} has already served its first meals.",
            "Our volunteers send you their warmest wishes.",
            "You are welcome to visit us on any {weekday} and to see the work for yourself.",
        ),
        closings=(
            "With your help we can face the coming year with confidence.",
            "Once more, our heartfelt thanks.",
        ),
    ),
    Matter(
        subjects=("End of your tenancy", "Lease of {street}"),
        openings=(
            "As your landlord's agents we must inform you that the lease of your flat ends on {later}.",
            "We act for the owner of the house at {street} and write to you about the rent.",
        ),
        points=(
            "Our records show that the rent for {few} months, in all {amount}, has not been received.",
            "The owner is willing to extend the lease for a year at a rent raised by {rate}.",
            "Before you leave, the rooms must be cleaned and all keys handed over at our office.",
            "An inspection of the flat will take place on {later} at {clock}.",
            "Your deposit will be repaid within {few} weeks of the inspection.",
            "Should you wish to stay, we need your signed consent without delay.",
        ),
        closings=(
            "We should be grateful for an early reply.",
            "Please contact us if you have any questions about this letter.",
        ),
    ),
    Matter(
        subjects=("Request for information", "Your catalogue"),
        openings=(
            "I read about your company in a trade journal and should like to know more about your machines.",
            "We are a small workshop in {city} and are looking for a new supplier.",
        ),
        points=(
            "Could you send us your current catalogue and a list of prices for quantities above {count}?",
            "We should also like to know how long delivery to {city} usually takes.",
            "Our present supplier has raised its prices by {rate} within a year.",
            "If your terms are favourable, we expect to order {few} times a year.",
            "References can be had from our bank and from {company}.",
            "A visit by your representative would be welcome in {month}.",
        ),
        closings=(
            "Thank you in advance for your trouble.",
            "I hope that this is the beginning of a long connection.",
        ),
    ),
    Matter(
        subjects=("Recommendation", "{protagonist}"),
        openings=(
            "It is a pleasure to recommend {protagonist}, who worked under me for {few} years.",
            "You have asked me for my opinion of {protagonist}, who has applied to join your school.",
        ),
        points=(
            "I have rarely met a colleague so patient with difficult customers.",
            "The reading group founded here now counts {dozens} members and runs by itself.",
            "Deadlines were kept and promises were meant.",
            "In the second year our whole accounts section was placed in these hands.",
            "I was sorry to see such an able member of staff leave us for {city}.",
        ),
        closings=(
            "I give this recommendation without any reservation.",
            "Feel free to telephone me on {phone} if more is wanted.",
        ),
    ),
)
_OTHER_MATTERS = (
    Matter(
        subjects=("Claim {reference}", "Policy {reference}"),
        openings=(
            "We refer to the accident which you reported to our claims office on {earlier}.",
            "Having studied the report of our surveyor, we can now tell you how your claim stands.",
        ),
        points=(
            "The surveyor puts the cost of repairing the vehicle at {amount}.",
            "Under section {few} of the policy the first {rate} must be borne by the insured.",
            "A witness, {person}, has since given a statement which supports your account.",
            "The garage in {city} may begin as soon as we have your agreement.",
            "A cheque for the remainder is attached.",
        ),
        closings=(
            "We trust that this settles the affair to your satisfaction.",
            "Kindly quote the claim number whenever you write to us.",
        ),
    ),
    Matter(
        subjects=("Visit of our choir", "Concert in {city}"),
        openings=(
            "Our choir will travel through your region in {month} and would love to sing for you.",
            "It was lovely to meet you in {city}, and I have often thought of our talk about music.",
        ),
        points=(
            "There are {dozens} of us, and we bring our own organist.",
            "The programme lasts about an hour and suits listeners of any age.",
            "We ask for no fee, only for somewhere simple to sleep.",
            "Perhaps the families of your parish could each take in {few} guests.",
            "My wife sends her love and hopes that your knee is better.",
        ),
        closings=(
            "Do write soon and tell me what you think.",
            "All of us would be so happy if this could come true.",
        ),
    ),
    Matter(
        subjects=("Objection to planning application {reference}", "The proposed car park"),
        openings=(
            "As a resident of {street} I object to the car park which the council intends to build.",
            "My neighbours and I have seen the plans displayed at the town hall and are dismayed by them.",
        ),
        points=(
            "The lane is used by {count} schoolchildren every morning.",
            "No study of the noise has been made, although the law demands one.",
            "Four oak trees older than the town itself would be felled.",
            "A site beside the railway, offered by {company}, was never considered.",
            "{percent} of the households in our street have signed the enclosed petition.",
        ),
        closings=(
            "I urge the committee to refuse permission.",
            "I ask to be heard when the committee meets in {month}.",
        ),
    ),
    Matter(
        subjects=("Your account with our bank", "Loan {reference}"),
        openings=(
            "It gives me pleasure to inform you that your loan has been approved.",
            "I regret to say that the bank is unable to grant the credit for which you asked.",
        ),
        points=(
            "Our decision rests on the accounts of your last {few} business years.",
            "The sum in question, {large_amount}, is secured by the premises in {city}.",
            "Interest stands at present at {rate} and is fixed for a year.",
            "Mr {surname}, who knows your business well, will be your adviser from now on.",
            "You may of course apply again when your circumstances change.",
        ),
        closings=(
            "We value your custom and remain at your service.",
            "An appointment can be arranged with my secretary on {phone}.",
        ),
    ),
)


def _words(
    title: str | None,
    greetings: tuple[str, ...],
    mark: str,
    farewells: tuple[str, ...],
    matters: tuple[Matter, ...],
) -> LetterWords:
    held_out = matters is _OTHER_MATTERS
    return LetterWords(
        title=title,
        greetings=greetings,
        subject_mark=mark,
        farewells=farewells,
        roles=_OTHER_ROLES if held_out else _ROLES,
        postscripts=_OTHER_POSTSCRIPTS if held_out else _POSTSCRIPTS,
        matters=matters,
    )


_ROLES = ("Managing Director", "Head of Customer Service", "Secretary", "Regional Manager", "Treasurer", "")
_OTHER_ROLES = ("Senior Partner", "Claims Adviser", "Branch Director", "Chair of the Committee", "")
_POSTSCRIPTS = ("Enclosures: 2", "Encl.", "cc: {person}", "Copy to our {city} office", "")
_OTHER_POSTSCRIPTS = ("2 attachments", "P.S. The photographs follow under separate cover.", "")

_TRAINING = (
    _words(
        None, ("Dear {person},", "Dear Ms {surname},"), "Re:", ("Yours sincerely,", "Sincerely,"), _MATTERS
    ),
    _words(None, ("Dear Sir or Madam,", "Dear Sirs,"), "", ("Yours faithfully,", "Yours truly,"), _MATTERS),
    _words(
        None,
        ("Dear Mr {surname}:", "Dear Mrs {surname}:"),
        "Subject:",
        ("Very truly yours,", "Sincerely yours,"),
        _MATTERS,
    ),
    _words(
        "Private letter",
        ("Dear {first_name},", "My dear {first_name},"),
        "",
        ("With best wishes,", "Kind regards,"),
        _MATTERS,
    ),
    _words(
        "Letter by registered post",
        ("To whom it may concern,", "Dear Dr {surname},"),
        "Concerning:",
        ("Respectfully,", "Yours sincerely,"),
        _MATTERS,
    ),
)
_HELD_OUT = (
    _words(
        None,
        ("Dear Professor {surname}", "Dear Mr and Mrs {surname}"),
        "Our ref:",
        ("I remain, yours very truly", "Cordially"),
        _OTHER_MATTERS,
    ),
    _words(
        None,
        ("Good morning, {first_name}", "Good day, Mr {surname}"),
        "",
        ("With high esteem", "Warm greetings from"),
        _OTHER_MATTERS,
    ),
    _words(
        "Letter sent by ordinary mail",
        ("Esteemed Madam", "Gentlemen"),
        "In the matter of",
        ("With kind greetings", "Your obedient servant"),
        _OTHER_MATTERS,
    ),
)


def _address(draft: Draft, receiver: str) -> list[str]:
    facts, company = draft.facts, [draft.facts.company()] if draft.rng.random() < 0.6 else []
    return [receiver, *company, facts.street(), facts.town_line()]


def _subject(words: LetterWords, matter: Matter, draft: Draft, *, align: str = "left") -> list[Block]:
    if not words.subject_mark and draft.rng.random() < 0.6:
        return []
    subject = draft.facts.say(draft.rng.choice(matter.subjects))
    return [text(draft.look, f"{words.subject_mark} {subject}".strip(), bold=True, align=align, after=0.8)]


def _title(words: LetterWords, draft: Draft, *, align: str = "left") -> list[Block]:
    return [text(draft.look, words.title.upper(), size=0.9, align=align, after=0.8)] if words.title else []


def _body(
    words: LetterWords, matter: Matter, draft: Draft, receiver: str, *, align: str = "left"
) -> list[Block]:
    said = paragraphs(draft, matter, points=draft.rng.randint(3, 6))
    first, _, last = receiver.partition(" ")
    greeting = draft.rng.choice(words.greetings).format(person=receiver, first_name=first, surname=last)
    return [
        text(draft.look, greeting, after=0.8),
        *[text(draft.look, paragraph, align=align, after=0.8) for paragraph in said],
    ]


def _farewell(words: LetterWords, draft: Draft, writer: str, *, official: bool = True) -> list[Block]:
    look, rng = draft.look, draft.rng
    postscript = draft.facts.say(rng.choice(words.postscripts))
    named = "\n".join(line for line in (writer, rng.choice(words.roles) if official else "") if line)
    return [
        gap(look, 0.4),
        text(look, rng.choice(words.farewells)),
        signature(look, rng),
        text(look, named),
        gap(look, 0.5),
        text(look, postscript, size=0.9),
    ]


def _firm(words: LetterWords, draft: Draft) -> Sheet:
    look, facts, matter = draft.look, draft.facts, draft.rng.choice(words.matters)
    receiver = draft.facts.person()
    company = facts.company()
    name = [
        text(look, company, size=1.5, bold=True, color=look.accent, after=0.1),
        text(look, f"{facts.street()}, {facts.town_line()}", size=0.85),
    ]
    return Sheet(
        top=[
            side_by_side(look, [logo(look, draft.rng)], name, shares=(0.1, 0.9)),
            rule(look),
            gap(look, 0.6),
            *_title(words, draft),
            text(look, facts.date(), after=1),
            text(look, "\n".join(_address(draft, receiver)), after=1.2),
            *_subject(words, matter, draft),
            *_body(words, matter, draft, receiver),
            *_farewell(words, draft, facts.person()),
        ],
        foot=f"{company}  {facts.phone()}" if draft.rng.random() < 0.5 else "",
    )


def _private(words: LetterWords, draft: Draft) -> Sheet:
    look, facts, matter = draft.look, draft.facts, draft.rng.choice(words.matters)
    receiver = draft.facts.person()
    writer = facts.person()
    return Sheet(
        top=[
            text(look, f"{writer}\n{facts.street()}\n{facts.town_line()}", align="right", after=0.8),
            text(look, facts.date(), align="right", after=1.2),
            *_title(words, draft),
            text(look, "\n".join(_address(draft, receiver)), after=1.2),
            *_subject(words, matter, draft),
            *_body(words, matter, draft, receiver, align="justified"),
            *_farewell(words, draft, writer, official=False),
        ]
    )


def _centred(words: LetterWords, draft: Draft) -> Sheet:
    look, facts, matter = draft.look, draft.facts, draft.rng.choice(words.matters)
    receiver = draft.facts.person()
    own = [
        text(look, facts.company(), size=1.6, align="centre", after=0.2),
        text(look, f"{facts.street()} | {facts.town_line()} | {facts.phone()}", size=0.85, align="centre"),
    ]
    return Sheet(
        top=[
            *own,
            rule(look, weight=0.5),
            gap(look),
            *_title(words, draft, align="centre"),
            side_by_side(
                look,
                [text(look, "\n".join(_address(draft, receiver)))],
                [text(look, facts.date(), align="right")],
                shares=(0.65, 0.35),
            ),
            gap(look),
            *_subject(words, matter, draft, align="centre"),
            *_body(words, matter, draft, receiver),
            *_farewell(words, draft, facts.person()),
        ]
    )


def _sender_below(words: LetterWords, draft: Draft) -> Sheet:
    look, facts, matter = draft.look, draft.facts, draft.rng.choice(words.matters)
    receiver = draft.facts.person()
    writer = facts.person()
    left = [text(look, line, size=0.85, after=0.1) for line in ("\n".join(_address(draft, receiver)),)]
    return Sheet(
        top=[
            text(look, f"{facts.city()}, {facts.date()}", italic=True, align="right", after=1.4),
            *_title(words, draft, align="right"),
            *left,
            gap(look, 1.2),
            *_subject(words, matter, draft),
            *_body(words, matter, draft, receiver),
            *_farewell(words, draft, writer, official=False),
            rule(look, weight=0.4),
            text(look, f"{writer}, {facts.street()}, {facts.town_line()}", size=0.8, align="centre"),
        ]
    )


def _margin_details(words: LetterWords, draft: Draft) -> Sheet:
    look, facts, matter = draft.look, draft.facts, draft.rng.choice(words.matters)
    receiver = draft.facts.person()
    company, writer = facts.company(), facts.person()
    details = [facts.street(), facts.town_line(), facts.phone(), facts.mail_address(writer, company)]
    narrow = [text(look, detail, size=0.72, after=0.5) for detail in details]
    address = text(look, "\n".join(_address(draft, receiver)), after=1)
    body = [
        *_title(words, draft),
        address,
        text(look, facts.date(), after=1),
        *_subject(words, matter, draft),
        *_body(words, matter, draft, receiver),
    ]
    return Sheet(
        top=[
            text(look, company, size=1.3, bold=True, align="right", color=look.accent),
            gap(look),
            side_by_side(
                look, [*body, *_farewell(words, draft, writer)], [gap(look), *narrow], shares=(0.7, 0.3)
            ),
        ]
    )


LETTER = Kind(
    label="letter",
    description="correspondence between two parties on paper: postal addresses, a greeting, a signature",
    training=Side(wordings=_TRAINING, layouts=(_firm, _private, _centred)),
    held_out=Side(wordings=_HELD_OUT, layouts=(_sender_below, _margin_details)),
)
