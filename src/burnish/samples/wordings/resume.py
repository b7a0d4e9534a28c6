"""The words of résumés."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Trade:
    """What people of one trade have been, done, learned and know."""

    posts: tuple[str, ...]
    deeds: tuple[str, ...]
    degrees: tuple[str, ...]
    skills: tuple[str, ...]
    profile: str


@dataclass(frozen=True, kw_only=True)
class ResumeWords:
    """The headings of one résumé."""

    title: str | None
    profile: str
    work: str
    schooling: str
    skills: str
    other: str
    now: str
    others: tuple[str, ...]
    trades: tuple[Trade, ...]


_TRADES = (
    Trade(
        posts=("Senior Software Engineer", "Software Developer", "Junior Programmer", "Intern"),
        deeds=(
            "Rewrote the billing service and cut its response time by {percent}",
            "Led a team of {few} developers in {city} and {city}",
            "Moved {count} customers to the new platform without downtime",
            "Introduced code review and nightly builds",
            "Maintained a public library used by {count} projects",
            "Wrote tools that import customer data",
        ),
        degrees=(
            "MSc Software Engineering, {city} Institute of Technology",
            "BSc Computer Science, University of {city}",
            "{city} High School",
        ),
        skills=("Python", "Java", "SQL", "Linux", "Docker", "Public speaking", "French (fluent)"),
        profile="Engineer with more than {few} years of experience in web services and databases.",
    ),
    Trade(
        posts=("Head Nurse", "Registered Nurse", "Staff Nurse, surgical ward", "Nursing assistant"),
        deeds=(
            "Cared for up to {few} patients per shift after surgery",
            "Trained {count} new colleagues on infection control",
            "Planned rosters for a ward of {count} beds",
            "Lowered the number of falls by {percent} within a year",
            "Ran the diabetes clinic on {weekday}s",
        ),
        degrees=(
            "Diploma in Nursing, {city} College",
            "Certificate in Wound Care",
            "Advanced Life Support course",
        ),
        skills=("Triage", "Patient records", "Medication management", "Spanish (basic)", "Driving licence"),
        profile="Caring and dependable nurse who stays calm under pressure.",
    ),
    Trade(
        posts=("Accounting Manager", "Senior Accountant", "Bookkeeper", "Accounts Clerk"),
        deeds=(
            "Closed the books of {few} subsidiaries each month",
            "Prepared tax returns and dealt with auditors",
            "Found duplicate payments worth {amount}",
            "Supervised {few} clerks in accounts payable",
            "Brought in electronic archiving of receipts",
        ),
        degrees=(
            "BA Business Administration, {city} University",
            "Certified Public Accountant",
            "Vocational training as office clerk",
        ),
        skills=("SAP", "Excel", "Payroll", "International accounting standards", "German (good)"),
        profile="Accountant with an eye for detail, seeking a responsible position in a mid-sized firm.",
    ),
    Trade(
        posts=("Deputy Principal", "Teacher of Mathematics", "Trainee Teacher", "Private tutor"),
        deeds=(
            "Taught classes of {count} pupils aged 11 to 16",
            "Raised the share of pupils passing the state exam by {percent}",
            "Founded the chess club and the school newspaper",
            "Coordinated exchange visits with a school in {city}",
            "Mentored {few} young teachers",
        ),
        degrees=(
            "MA Education, University of {city}",
            "BSc Mathematics, {city} State College",
            "Teaching certificate",
        ),
        skills=("Classroom management", "Curriculum planning", "Violin", "First aid", "Italian"),
        profile="Teacher who likes to make difficult things simple.",
    ),
    Trade(
        posts=("Sales Director", "Key Account Manager", "Sales Representative", "Shop assistant"),
        deeds=(
            "Exceeded the yearly target by {percent}",
            "Won {company} as a client, worth {amount} a year",
            "Built up the dealer network around {city}",
            "Negotiated contracts with {count} retailers",
            "Organised the stand at {few} trade fairs",
        ),
        degrees=("Diploma in Marketing, {city} Business School", "Apprenticeship in retail"),
        skills=("Negotiation", "Customer databases", "Presentation", "English and Portuguese"),
        profile="Successful in selling technical products to demanding customers.",
    ),
)


_OTHER_TRADES = (
    Trade(
        posts=("Executive Chef", "Sous-chef", "Pastry cook", "Kitchen porter"),
        deeds=(
            "Ran a kitchen brigade of {count} serving {count} covers on a busy night",
            "Created the seasonal menu that earned a star in {year}",
            "Reduced food waste by {percent}",
            "Bought from {few} local farms instead of wholesalers",
        ),
        degrees=("Culinary Academy of {city}", "Apprentice at the Hotel {surname}", "Food hygiene, level 3"),
        skills=("Sauces", "Costing of menus", "Catering at large events", "Basque and Catalan"),
        profile="Chef trained in classical cuisine who loves vegetables and honest prices.",
    ),
    Trade(
        posts=("Site Supervisor", "Civil Engineer", "Draughtsman", "Bricklayer"),
        deeds=(
            "Handed over the {city} bridge {few} weeks early",
            "Kept a site with {count} workers free of accidents",
            "Drew reinforcement plans for car parks and silos",
            "Settled claims with contractors amounting to {amount}",
        ),
        degrees=(
            "Technical University of {city}, structures",
            "Chartered Engineer",
            "Guild examination as mason",
        ),
        skills=("AutoCAD", "Surveying", "Concrete technology", "Crane operator's licence"),
        profile="Builder at heart, at home on site as much as at the drawing board.",
    ),
    Trade(
        posts=("Museum Curator", "Archivist", "Assistant in the print room", "Guide"),
        deeds=(
            "Curated an exhibition seen by more than {count} thousand visitors",
            "Catalogued {count} drawings left to the museum",
            "Raised {amount} from private donors",
            "Lectured on {surname} in {city} and {city}",
        ),
        degrees=("Doctorate in art history, {city}", "Magister in archaeology", "Scholarship in {city}"),
        skills=("Palaeography", "Latin and Greek", "Collection databases", "Conservation of paper"),
        profile="Art historian who enjoys bringing collections to people.",
    ),
)


_OTHERS = (
    "Volunteer fire brigade",
    "Marathon running",
    "Treasurer of the local tennis club",
    "Photography",
    "References available on request",
)


_OTHER_OTHERS = ("Choir singing", "Mountain rescue team", "Referees named if asked", "Beekeeping")


def _words(
    title: str | None, headings: tuple[str, str, str, str, str], now: str, *, held_out: bool = False
) -> ResumeWords:
    profile, work, schooling, skills, other = headings
    return ResumeWords(
        title=title,
        profile=profile,
        work=work,
        schooling=schooling,
        skills=skills,
        other=other,
        now=now,
        others=_OTHER_OTHERS if held_out else _OTHERS,
        trades=_OTHER_TRADES if held_out else _TRADES,
    )


TRAINING = (
    _words("Resume", ("Objective", "Work Experience", "Education", "Skills", "Interests"), "present"),
    _words(
        "Curriculum Vitae",
        ("Profile", "Employment history", "Qualifications", "Abilities", "Personal"),
        "today",
    ),
    _words(
        None,
        (
            "Summary",
            "Professional Experience",
            "Education and Training",
            "Key Skills",
            "Additional Information",
        ),
        "now",
    ),
    _words(None, ("Career goal", "Career", "Schools attended", "Strengths", "Leisure"), "current"),
    _words("CV", ("About me", "Jobs", "Studies", "What I am good at", "Outside work"), "to date"),
)


HELD_OUT = (
    _words(
        "Personal record",
        ("In brief", "Posts held", "Academic background", "Competences", "Miscellaneous"),
        "ongoing",
        held_out=True,
    ),
    _words(
        None,
        ("Who I am", "Where I have worked", "Where I have learned", "What I can do", "Free time"),
        "still there",
        held_out=True,
    ),
    _words(
        "Brief curriculum vitae",
        ("Introduction", "Working life", "Degrees and diplomas", "Knowledge", "Further details"),
        "until now",
        held_out=True,
    ),
    _words(
        "Vita", ("Outline", "Appointments", "Formation", "Expertise", "Varia"), "at present", held_out=True
    ),
)
