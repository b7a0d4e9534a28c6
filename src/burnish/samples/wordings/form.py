"""The words of forms."""

from __future__ import annotations

from dataclasses import dataclass


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


TRAINING = (
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


HELD_OUT = (
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
