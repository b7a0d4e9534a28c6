"""The words of memos."""

from __future__ import annotations

from dataclasses import dataclass

from burnish.samples.prose import Matter


@dataclass(frozen=True, kw_only=True)
class MemoWords:
    """The labels of one memo, in the order in which they stand."""

    title: str | None
    receiver: str
    sender: str
    date: str
    subject: str
    receivers: tuple[str, ...]
    departments: tuple[str, ...]
    ends: tuple[str, ...]
    matters: tuple[Matter, ...]


_MATTERS = (
    Matter(
        subjects=("New parking rules", "Parking at the {city} site"),
        openings=(
            "As of {later} the parking spaces behind the main building will be assigned by department.",
            "This is to let everybody know how parking will be handled while the yard is resurfaced.",
        ),
        points=(
            "Permits must be shown behind the windscreen at all times.",
            "Visitors are to use the {count} spaces next to the gate.",
            "Cars left in the loading zone will be towed at the owner's cost.",
            "Supervisors should hand in their lists to Facilities by {weekday} noon.",
            "Employees on the late shift keep their present spaces.",
        ),
        closings=("Your cooperation is appreciated.", "Any questions should go to {person} in Facilities."),
    ),
    Matter(
        subjects=("Overtime approval", "Overtime in {month}"),
        openings=(
            "Overtime has risen by {percent} against last year, and we need to bring it down.",
            "With immediate effect overtime has to be approved before it is worked.",
        ),
        points=(
            "Team leaders sign the request; Payroll will send back sheets that are not signed.",
            "Hours worked at weekends count only if the plant manager ordered them.",
            "The {city} plant will try a rolling shift plan for {few} weeks.",
            "Please remind your people that time off in lieu is available.",
            "We will look at the figures again at the {weekday} meeting.",
        ),
        closings=(
            "Thanks to all of you for watching the hours.",
            "See me if this causes problems in your section.",
        ),
    ),
    Matter(
        subjects=("Fire drill", "Safety walk, building {few}"),
        openings=(
            "There will be a fire drill on {later} at {clock}; all staff take part.",
            "The safety walk last {weekday} turned up {few} points that need action.",
        ),
        points=(
            "Floor wardens check the washrooms and report to the assembly point.",
            "Lifts are not to be used until the all-clear has been given.",
            "Two extinguishers on the second floor are past their inspection date.",
            "Boxes stacked in the east corridor must be gone by the end of the week.",
            "New starters are to be shown the exits on their first day.",
        ),
        closings=(
            "A short report will be circulated afterwards.",
            "Wardens: please confirm that you have read this.",
        ),
    ),
    Matter(
        subjects=("Test results for product {reference}", "Product {reference}: status"),
        openings=(
            "Attached are the results of the shelf-life tests on product {reference}.",
            "This summarises where we stand with product {reference} after the trials in {city}.",
        ),
        points=(
            "Samples kept at room temperature were sound after {count} days.",
            "The panel preferred the new blend by a margin of {percent}.",
            "Quality Control recommends a second run with the thicker film before we go to market.",
            "The cost per unit stays {percent} under the target set in {month}.",
            "Marketing needs a decision before the sales conference.",
            "Legal has cleared the wording on the pack.",
        ),
        closings=(
            "I suggest that we settle this at the next steering meeting.",
            "Comments to me by {weekday}, please.",
        ),
    ),
    Matter(
        subjects=("Changes in the {city} office", "Reorganisation of Sales"),
        openings=(
            "I am pleased to announce that {protagonist} takes over the {city} office on {later}.",
            "Effective {later}, the northern and southern sales teams will be merged.",
        ),
        points=(
            "{protagonist} will report directly to the vice president.",
            "The field force keeps its territories until the end of the year.",
            "Desks will be moved over the weekend, so please label your boxes.",
            "An updated organisation chart is on the notice board.",
            "Open positions will be advertised internally first.",
        ),
        closings=(
            "Please join me in wishing the team success.",
            "Managers will brief their staff this week.",
        ),
    ),
    Matter(
        subjects=("Move to the new network", "Computers switched off on {weekday}"),
        openings=(
            "The computer centre will be shut from {weekday} evening while the network is replaced.",
            "All workstations will be moved to the new network in the course of {month}.",
        ),
        points=(
            "Save your work before you leave and log off.",
            "Files kept on local disks are not copied; each user must see to this.",
            "{protagonist} in Systems coordinates the move floor by floor.",
            "Your login name stays the same and a first password will be handed to you.",
            "Printers on the {few} upper floors will be out of order for a day.",
        ),
        closings=("Call extension {count} if something does not work.", "We apologise for the disruption."),
    ),
    Matter(
        subjects=("Visit of the inspectors", "Annual audit"),
        openings=(
            "Inspectors from the ministry will be in the clinic on {later}.",
            "The auditors start their work in our offices on {later} and stay for {few} days.",
        ),
        points=(
            "Records of the past {few} years must be complete and in the cabinet.",
            "Section heads answer questions; everyone else refers visitors to them.",
            "Drug cupboards are to be locked and the keys signed for.",
            "Last year's finding on unsigned vouchers must not come up again.",
            "Badges have to be worn where they can be seen.",
        ),
        closings=("I count on everyone.", "A meeting for section heads takes place at {clock} that day."),
    ),
    Matter(
        subjects=("Teaching load next term", "Room bookings"),
        openings=(
            "Lecturers are asked to state their wishes for the coming term by {later}.",
            "Too many seminar rooms are booked and then stand empty.",
        ),
        points=(
            "Courses with fewer than {few} students will not be given.",
            "Bookings that are not confirmed by {weekday} lapse.",
            "The dean's office publishes the plan on the intranet.",
            "Examinations have priority over all other uses.",
            "Part-time staff are to be consulted by their head of department.",
        ),
        closings=("The plan is final once published.", "Forward this to colleagues on leave."),
    ),
)


_OTHER_MATTERS = (
    Matter(
        subjects=("Password policy", "Access to shared drives"),
        openings=(
            "Following the incident in {month}, all passwords on our systems expire after {count} days.",
            "Access to the shared drives is being cleaned up, and everyone here is affected.",
        ),
        points=(
            "Folders that nobody has opened for {few} years go into the archive.",
            "Do not write credentials on notes, and do not lend them to trainees.",
            "The help desk resets accounts in person only, against a staff card.",
            "Heads of unit nominate one colleague as data steward.",
            "Laptops that have not been encrypted are to be brought in.",
        ),
        closings=(
            "Non-compliance will be reported upwards.",
            "The steward list is due on my desk on {weekday}.",
        ),
    ),
    Matter(
        subjects=("Ward rounds and handover", "Hand hygiene audit"),
        openings=(
            "The audit found that handovers on the wards take too long and leave gaps.",
            "From next {weekday} the evening handover is at {clock} on every ward.",
        ),
        points=(
            "The nurse in charge leads and the on-call doctor attends without exception.",
            "Charts stay at the bedside; only the summary sheet travels.",
            "Compliance with hand washing was {percent}, which is not good enough.",
            "Pharmacy will no longer accept verbal orders.",
            "Ward clerks collect the sheets for {few} weeks so that we can compare.",
        ),
        closings=(
            "This replaces the instruction of {earlier}.",
            "Matrons, kindly pass this on to bank staff.",
        ),
    ),
    Matter(
        subjects=("Exam timetable", "Use of the school hall"),
        openings=(
            "The hall cannot be used for assemblies while examinations are held there.",
            "Teachers are asked to note the altered timetable for the examination weeks.",
        ),
        points=(
            "Invigilators meet in the staff room a quarter of an hour before each paper.",
            "Mobile phones are collected at the door and kept in the office.",
            "Lessons in the east wing move to the library annexe.",
            "{person} keeps the key to the cupboard with the papers.",
            "Absences are telephoned through before half past seven.",
        ),
        closings=("Form tutors read this out to their classes.", "The caretaker has been informed."),
    ),
)


_DEPARTMENTS = (
    "Personnel",
    "Operations",
    "Research and Development",
    "Sales",
    "Finance",
    "Facilities",
    "Quality Control",
)


_OTHER_DEPARTMENTS = ("Nursing", "Information Services", "Registry", "Headmaster's Office", "Compliance")


_RECEIVERS = (
    "All employees",
    "Department heads",
    "Distribution list B",
    "{person}",
    "{person}, {person}",
    "All supervisors",
)


_OTHER_RECEIVERS = ("Everyone on site", "Heads of unit", "{person} and team", "Colleagues in {city}")


def _training(title: str | None, labels: tuple[str, str, str, str], ends: tuple[str, ...]) -> MemoWords:
    receiver, sender, date, subject = labels
    return MemoWords(
        title=title,
        receiver=receiver,
        sender=sender,
        date=date,
        subject=subject,
        receivers=_RECEIVERS,
        departments=_DEPARTMENTS,
        ends=ends,
        matters=_MATTERS,
    )


def _held_out(title: str | None, labels: tuple[str, str, str, str], ends: tuple[str, ...]) -> MemoWords:
    receiver, sender, date, subject = labels
    return MemoWords(
        title=title,
        receiver=receiver,
        sender=sender,
        date=date,
        subject=subject,
        receivers=_OTHER_RECEIVERS,
        departments=_OTHER_DEPARTMENTS,
        ends=ends,
        matters=_OTHER_MATTERS,
    )


TRAINING = (
    _training("MEMORANDUM", ("TO:", "FROM:", "DATE:", "RE:"), ("Attachment", "cc: {person}", "")),
    _training("Interoffice Memo", ("To", "From", "Date", "Subject"), ("Copies: {person}, {person}", "")),
    _training(None, ("TO", "FROM", "DATE", "SUBJECT"), ("cc: files", "")),
    _training(
        "Internal Notice",
        ("For the attention of", "Issued by", "Issued on", "Topic"),
        ("Post on all notice boards.", ""),
    ),
    _training(
        None, ("Distribution:", "From the desk of:", "Dated:", "About:"), ("Please initial and pass on.", "")
    ),
    _training(
        "Memo to Staff", ("Staff concerned:", "Sent by:", "Date:", "In regard to:"), ("File: {code}", "")
    ),
)


HELD_OUT = (
    _held_out(
        "Circular memo",
        ("Circulate to", "Originator", "Day of issue", "Heading"),
        ("Circular {number}", ""),
    ),
    _held_out(None, ("Addressees", "Author", "Written", "Matter"), ("Return with initials to Registry.", "")),
    _held_out(
        "File memorandum",
        ("Internal recipients", "Prepared by", "Drafted", "Regarding"),
        ("Retain until superseded.", ""),
    ),
    _held_out(
        None, ("Who should read this", "Who wrote it", "When", "What it is about"), ("No reply needed.", "")
    ),
)
