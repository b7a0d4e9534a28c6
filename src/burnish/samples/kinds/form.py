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
)
from burnish.samples.kind import Draft, Kind, Side
from burnish.samples.shapes import comb, handwritten, signature, ticks
from burnish.samples.sheets import Sheet


@dataclass(frozen=True, kw_only=True)
class FormWords:
    """One form: its fields as pairs of a label and the fact that is entered, and its questions to tick."""

    title: str | None
    instructions: str
    sections: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    questions: tuple[tuple[str, tuple[str, ...]], ...]
    declaration: str
    sign: str
    office: str


_TRAINING = (
    FormWords(
        title="Application Form",
        instructions="Please print in block letters and answer every question. Sign on the last line.",
        sections=(
            (
                "Applicant",
                (
                    ("Last name", "surname"),
                    ("First name", "first_name"),
                    ("Date of birth", "birthday"),
                    ("Telephone", "phone"),
                ),
            ),
            ("Address", (("Street and number", "street"), ("Town", "town_line"), ("E-mail", "mail"))),
            (
                "Position wanted",
                (("Post applied for", "code"), ("Available from", "later"), ("Present employer", "company")),
            ),
        ),
        questions=(("Driving licence", ("Yes", "No")), ("Shifts you can work", ("Early", "Late", "Night"))),
        declaration="I declare that the statements above are true to the best of my knowledge.",
        sign="Signature of applicant",
        office="For office use only",
    ),
    FormWords(
        title="Patient Registration",
        instructions="Fill in all parts that apply to you and hand this sheet to the receptionist.",
        sections=(
            (
                "Patient",
                (
                    ("Name", "person"),
                    ("Born on", "birthday"),
                    ("Home address", "street"),
                    ("Home phone", "phone"),
                ),
            ),
            ("In an emergency call", (("Contact person", "person"), ("Phone", "phone"))),
            ("Insurance", (("Insurer", "company"), ("Member ID", "number"), ("Family doctor", "person"))),
        ),
        questions=(
            ("Sex", ("Female", "Male", "Other")),
            ("Have you ever had", ("Asthma", "Diabetes", "Heart disease", "Allergies")),
            ("Do you smoke?", ("Never", "Formerly", "Daily")),
        ),
        declaration="I consent to treatment and agree to pay charges not covered by my insurance.",
        sign="Patient or guardian signs here",
        office="Staff initials",
    ),
    FormWords(
        title=None,
        instructions="Employees: complete part A, have part B approved and send both to Personnel.",
        sections=(
            (
                "Part A: leave requested",
                (
                    ("Employee", "person"),
                    ("Payroll number", "number"),
                    ("First day of absence", "earlier"),
                    ("Last day of absence", "later"),
                ),
            ),
            ("Part B: cover", (("Duties taken over by", "person"), ("Extension", "count"))),
        ),
        questions=(
            ("Reason", ("Holiday", "Illness", "Family", "Military")),
            ("Paid", ("With pay", "Without pay")),
        ),
        declaration="Approved / not approved (delete as appropriate)",
        sign="Supervisor",
        office="Days left",
    ),
    FormWords(
        title="Change of Address",
        instructions="Use one sheet per household. Tick what applies.",
        sections=(
            (
                "Old address",
                (
                    ("Name of customer", "person"),
                    ("House and street", "street"),
                    ("City, state, ZIP", "town_line"),
                ),
            ),
            (
                "New address",
                (("House and street", "street"), ("City, state, ZIP", "town_line"), ("Valid from", "later")),
            ),
        ),
        questions=(
            ("Send mail to", ("Old address", "New address")),
            ("This move is", ("Permanent", "Temporary")),
        ),
        declaration="I authorise the redirection of my mail.",
        sign="Customer's signature",
        office="Clerk",
    ),
    FormWords(
        title="Event Registration Form",
        instructions="Return this form with your fee before the closing date.",
        sections=(
            (
                "Your details",
                (
                    ("Full name", "person"),
                    ("Organisation", "company"),
                    ("Badge name", "first_name"),
                    ("Email address", "mail"),
                ),
            ),
            ("Payment", (("Amount enclosed", "amount"), ("Card number", "number"), ("Expiry date", "later"))),
        ),
        questions=(
            ("Sessions", ("Monday", "Tuesday", "Both days")),
            ("Meals", ("Meat", "Fish", "Vegetarian")),
            ("Accommodation needed", ("Yes", "No")),
        ),
        declaration="Fees cannot be refunded after the closing date.",
        sign="Signed",
        office="Received on",
    ),
    FormWords(
        title=None,
        instructions="To borrow equipment, complete both parts and leave one copy with the storekeeper.",
        sections=(
            ("1. Borrower", (("Borrower's name", "person"), ("Room", "count"), ("Extension no.", "number"))),
            (
                "2. Equipment",
                (
                    ("Serial number", "code"),
                    ("Quantity", "few"),
                    ("Date out", "earlier"),
                    ("Date due back", "later"),
                ),
            ),
        ),
        questions=(("Condition when lent", ("New", "Good", "Worn")), ("Cables included", ("Yes", "No"))),
        declaration="I accept responsibility for loss or damage.",
        sign="Borrower",
        office="Checked in by",
    ),
    FormWords(
        title="Membership Form",
        instructions="Complete in ink. Parents complete this form for children.",
        sections=(
            (
                "Member",
                (
                    ("Family name", "surname"),
                    ("Given name", "first_name"),
                    ("Age group", "dozens"),
                    ("Cell phone", "phone"),
                ),
            ),
            (
                "Bank details",
                (("Account holder", "person"), ("Account number", "number"), ("Bank", "company")),
            ),
        ),
        questions=(("Membership", ("Adult", "Junior", "Family")), ("Pay", ("Monthly", "Yearly"))),
        declaration="I accept the statutes and the collection of dues by direct debit.",
        sign="Member or parent",
        office="Entered by",
    ),
    FormWords(
        title=None,
        instructions="Purchase requisition. Submit one copy per supplier to the buying office.",
        sections=(
            ("Requested by", (("Requester", "person"), ("Charge to account", "number"), ("Unit", "city"))),
            (
                "Goods wanted",
                (
                    ("Catalogue number", "code"),
                    ("How many", "count"),
                    ("Estimated cost", "amount"),
                    ("Needed by", "later"),
                ),
            ),
        ),
        questions=(("Urgent", ("Yes", "No")), ("Quotes attached", ("One", "Two", "Three"))),
        declaration="Funds are available and the purchase is necessary.",
        sign="Authorised by",
        office="Order no.",
    ),
    FormWords(
        title=None,
        instructions="Pupil data sheet. Please correct or complete and return to the class teacher.",
        sections=(
            ("Pupil", (("Pupil's name", "person"), ("Birth date", "birthday"), ("Place of birth", "city"))),
            (
                "Parents or guardians",
                (("Mother or guardian", "person"), ("Father or guardian", "person"), ("Work phone", "phone")),
            ),
        ),
        questions=(
            ("May go home alone", ("Yes", "No")),
            ("Travels by", ("Foot", "Bicycle", "School bus")),
            ("Lunch", ("At school", "At home")),
        ),
        declaration="My child may take part in outings.",
        sign="Parent's signature",
        office="Class",
    ),
    FormWords(
        title="Customer Complaint Form",
        instructions="Describe one fault per sheet and enclose the receipt.",
        sections=(
            (
                "Purchase",
                (
                    ("Article bought", "code"),
                    ("Bought on", "earlier"),
                    ("Shop", "company"),
                    ("Price paid", "amount"),
                ),
            ),
            ("Customer", (("Your name", "person"), ("Your address", "street"), ("Daytime phone", "phone"))),
        ),
        questions=(
            ("Fault", ("Broken", "Missing part", "Wrong size")),
            ("I would like", ("Refund", "Repair", "New article")),
        ),
        declaration="The article was used as described in the manual.",
        sign="Signature of customer",
        office="Complaint no.",
    ),
)
_HELD_OUT = (
    FormWords(
        title="Travel expense claim",
        instructions="Attach all tickets. Claims older than three months are void.",
        sections=(
            ("Claimant", (("Traveller", "person"), ("Staff ID", "number"), ("Cost centre", "code"))),
            (
                "Journey",
                (
                    ("Departed", "earlier"),
                    ("Destination", "city"),
                    ("Kilometres driven", "count"),
                    ("Total claimed", "amount"),
                ),
            ),
        ),
        questions=(
            ("Means of transport", ("Rail", "Air", "Own car", "Bus")),
            ("Advance received?", ("None", "Partly", "In full")),
        ),
        declaration="All expenses were incurred on official duty.",
        sign="Claimant signs",
        office="Verified",
    ),
    FormWords(
        title=None,
        instructions="Write clearly inside the boxes. A permit is issued within ten working days.",
        sections=(
            (
                "Vehicle",
                (
                    ("Registration mark", "code"),
                    ("Make and model", "surname"),
                    ("Keeper of vehicle", "person"),
                ),
            ),
            ("Residence", (("Dwelling", "street"), ("Locality", "city"), ("Resident since", "year"))),
        ),
        questions=(
            ("Permit wanted for", ("Resident", "Visitor", "Trader")),
            ("Badge holder", ("Blue badge", "No badge")),
        ),
        declaration="Giving false information is an offence.",
        sign="Keeper",
        office="Permit issued",
    ),
    FormWords(
        title="Library card: enrolment form",
        instructions="Under sixteens need the approval of an adult. Bring proof of where you live.",
        sections=(
            (
                "Reader",
                (("Reader's surname", "surname"), ("Forename", "first_name"), ("Birthday", "birthday")),
            ),
            ("How we reach you", (("Mobile", "phone"), ("Mailbox", "mail"), ("Lives at", "street"))),
        ),
        questions=(
            ("Branch", ("Central", "Harbour", "North")),
            ("Interests", ("Novels", "Music", "Travel", "Comics")),
            ("Newsletter", ("Please", "No thanks")),
        ),
        declaration="The rules of the library have been read and understood.",
        sign="Reader or parent",
        office="Card handed out",
    ),
    FormWords(
        title="Form to notify an incident",
        instructions="To be filled in by whoever witnessed the event, on the same day.",
        sections=(
            (
                "What happened",
                (
                    ("Place of event", "street"),
                    ("Hour", "clock"),
                    ("Persons hurt", "few"),
                    ("Damage estimated at", "amount"),
                ),
            ),
            ("Witness", (("Reported by", "person"), ("Reachable under", "phone"), ("Workplace", "company"))),
        ),
        questions=(
            ("Kind of event", ("Fall", "Fire", "Theft", "Spill")),
            ("Police called", ("Called", "Not called")),
        ),
        declaration="I have described what I saw myself.",
        sign="Witness to sign",
        office="Logged under",
    ),
)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """How the blanks of one form are filled: by pen, by machine, or not at all."""

    draft: Draft
    by_pen: bool
    filled: float

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
    return Entry(draft=draft, by_pen=draft.rng.random() < 0.5, filled=draft.rng.choice((0.95, 0.85, 0.1)))


def _title(words: FormWords, draft: Draft, *, align: str = "left") -> list[Block]:
    return [text(draft.look, words.title, size=1.6, bold=True, align=align)] if words.title else []


def _sign_off(words: FormWords, entry: Entry) -> list[Block]:
    draft, look = entry.draft, entry.draft.look
    scribble = signature(look, draft.rng) if entry.filled > 0.5 else gap(look, 2)
    day = text(look, draft.facts.date() if entry.filled > 0.5 else "\u00a0", after=0)
    line = table(look, [(words.sign, "Date")], (0.6, 0.4), style="plain", bold_rows=(), size=0.85)
    return [
        text(look, words.declaration, size=0.92, after=0.6),
        side_by_side(look, [scribble], [gap(look), day], shares=(0.6, 0.4)),
        rule(look, weight=0.6),
        line,
    ]


def _lined(words: FormWords, draft: Draft) -> Sheet:
    look, entry = draft.look, _entry(draft)
    blocks: list[Block] = []
    for name, fields in words.sections:
        rows = [
            side_by_side(
                look,
                [text(look, f"{label}:", after=0.1)],
                [entry.block(fact, look.width * 0.6), rule(look, weight=0.4)],
                shares=(0.34, 0.66),
            )
            for label, fact in fields
        ]
        blocks += [*heading(look, name), *rows]
    for question, options in words.questions:
        row = ticks(look, options, entry.chosen(options), width=look.width * 0.64)
        blocks.append(side_by_side(look, [text(look, question)], [row], shares=(0.34, 0.66)))
    return Sheet(
        top=[
            *_title(words, draft),
            text(look, words.instructions, italic=True),
            *blocks,
            gap(look, 0.7),
            *_sign_off(words, entry),
        ]
    )


def _cells(words: FormWords, draft: Draft) -> Sheet:
    look, entry = draft.look, _entry(draft)
    half = look.width / 2
    blocks: list[Block] = []
    for name, fields in words.sections:
        boxes = [
            boxed(look, [text(look, label, size=0.78, after=0), entry.block(fact, half - 20)], width=width)
            for (label, fact), width in zip(fields, _widths(len(fields), look.width), strict=True)
        ]
        blocks += [gap(look, 0.4), banner(look, name, size=1.0)]
        blocks += [
            side_by_side(look, *[[box] for box in boxes[row : row + 2]], gutter=0)
            for row in range(0, len(boxes), 2)
        ]
    for question, options in words.questions:
        blocks += [
            gap(look, 0.3),
            text(look, question, bold=True, after=0.1),
            ticks(look, options, entry.chosen(options)),
        ]
    office = boxed(
        look, [text(look, f"{words.office}: ____________________", size=0.9, after=0)], fill="#e9e9e9"
    )
    return Sheet(
        top=[
            *_title(words, draft, align="centre"),
            text(look, words.instructions, size=0.92, align="centre"),
            *blocks,
            gap(look, 0.7),
            *_sign_off(words, entry),
            gap(look, 0.5),
            office,
        ]
    )


def _widths(fields: int, width: float) -> list[float]:
    """Two cells to a row; a last one alone has the row to itself."""
    paired = fields - fields % 2
    return [width / 2] * paired + [width] * (fields % 2)


def _numbered(words: FormWords, draft: Draft) -> Sheet:
    look, entry = draft.look, _entry(draft)
    issuer = side_by_side(
        look,
        [text(look, draft.facts.company(), bold=True)],
        [text(look, f"Form {draft.facts.code()}", size=0.85, align="right")],
    )
    fields = [field for _, section in words.sections for field in section]
    blocks: list[Block] = []
    for number, (label, fact) in enumerate(fields, start=1):
        value = entry.value(fact)
        line = f"{number}. {label} " if value else f"{number}. {label} {'.' * 40}"
        blocks.append(labelled(look, line, value, after=0.55))
    for number, (question, options) in enumerate(words.questions, start=len(fields) + 1):
        blocks += [
            labelled(look, f"{number}. {question}", "(check one)", after=0),
            ticks(look, options, entry.chosen(options), round_box=True),
        ]
    return Sheet(
        top=[
            issuer,
            rule(look),
            *_title(words, draft),
            text(look, words.instructions, after=0.9),
            *blocks,
            gap(look),
            *_sign_off(words, entry),
        ]
    )


def _combs(words: FormWords, draft: Draft) -> Sheet:
    look, entry = draft.look, _entry(draft)
    blocks: list[Block] = []
    for name, fields in words.sections:
        blocks += heading(look, name.upper(), ruled=True)
        for label, fact in fields:
            blocks += [text(look, label, size=0.85, after=0.05), comb(look, entry.value(fact), cells=24)]
    for question, options in words.questions:
        blocks += [
            text(look, question, size=0.9, after=0.1),
            ticks(look, options, entry.chosen(options), round_box=True),
        ]
    return Sheet(
        top=[
            *_title(words, draft, align="right"),
            text(look, words.instructions, bold=True),
            *blocks,
            gap(look, 0.6),
            *_sign_off(words, entry),
        ]
    )


def _tabled(words: FormWords, draft: Draft) -> Sheet:
    look, entry = draft.look, _entry(draft)
    half = look.width / 2 - 8
    sides: list[list[Block]] = [[], []]
    for index, (name, fields) in enumerate(words.sections):
        rows = [(label, entry.value(fact) or " ") for label, fact in fields]
        sides[index % 2] += [
            text(look, name, bold=True),
            table(look, rows, (0.46, 0.54), style="grid", bold_rows=(), width=half),
            gap(look),
        ]
    for index, (question, options) in enumerate(words.questions):
        chosen = entry.chosen(options)
        column = [ticks(look, (option,), chosen, width=half) for option in options]
        sides[index % 2] += [
            boxed(look, [text(look, question, italic=True), *column], width=half),
            gap(look, 0.5),
        ]
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
    training=Side(wordings=_TRAINING, layouts=(_lined, _cells, _numbered)),
    held_out=Side(wordings=_HELD_OUT, layouts=(_combs, _tabled)),
)
