"""Résumés: one person's jobs, schooling and skills."""

from __future__ import annotations

from dataclasses import dataclass

from burnish.samples.drawing import (
    Block,
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
from burnish.samples.prose import sentences
from burnish.samples.sheets import Sheet


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


_TRAINING = (
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
_HELD_OUT = (
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


@dataclass(frozen=True, kw_only=True)
class Job:
    """One post: when, what, where, and what was done there."""

    years: str
    post: str
    employer: str
    deeds: list[str]


@dataclass(frozen=True, kw_only=True)
class Life:
    """One person's career, latest first."""

    name: str
    contact: list[str]
    profile: str
    jobs: list[Job]
    schooling: list[tuple[str, str]]
    skills: list[str]
    others: list[str]


def _life(words: ResumeWords, draft: Draft) -> Life:
    facts, rng, trade = draft.facts, draft.rng, draft.rng.choice(words.trades)
    name = facts.person()
    jobs, began = _jobs(words, trade, draft)
    schooling = [(str(began - 3 * index), facts.say(degree)) for index, degree in enumerate(trade.degrees)]
    return Life(
        name=name,
        contact=[facts.street(), facts.town_line(), facts.phone(), facts.mail_address(name)],
        profile=facts.say(trade.profile),
        jobs=jobs,
        schooling=schooling[: rng.randint(2, 3)],
        skills=rng.sample(trade.skills, rng.randint(3, len(trade.skills))),
        others=rng.sample(words.others, rng.randint(1, 3)),
    )


def _jobs(words: ResumeWords, trade: Trade, draft: Draft) -> tuple[list[Job], int]:
    """The jobs, and the year in which the first one began."""
    rng, until, ends = draft.rng, draft.facts.day().year, words.now
    jobs: list[Job] = []
    # Each deed is told once: the bank is dealt out to the posts like cards.
    deeds = sentences(draft, trade.deeds, len(trade.deeds))
    rng.shuffle(deeds)
    count = rng.randint(2, min(4, len(trade.posts)))
    for index, post in enumerate(trade.posts[:count]):
        began = until - rng.randint(2, 6)
        own = deeds[index::count] or deeds[:1]
        jobs.append(
            Job(
                years=f"{began} \u2013 {ends}",
                post=post,
                employer=f"{draft.facts.company()}, {draft.facts.city()}",
                deeds=own[:3],
            )
        )
        until, ends = began, str(began)
    return jobs, until


def _classic(words: ResumeWords, draft: Draft) -> Sheet:
    look, life = draft.look, _life(words, draft)
    title = [text(look, words.title.upper(), size=0.95, align="centre", after=0.1)] if words.title else []
    jobs = [
        block
        for job in life.jobs
        for block in (
            labelled(look, f"{job.post},", f"{job.employer} ({job.years})"),
            bullets(look, job.deeds),
        )
    ]
    return Sheet(
        top=[
            *title,
            text(look, life.name, size=1.9, bold=True, align="centre", after=0.15),
            text(look, " | ".join(life.contact), size=0.88, align="centre"),
            *heading(look, words.profile, ruled=True),
            text(look, life.profile),
            *heading(look, words.work, ruled=True),
            *jobs,
            *heading(look, words.schooling, ruled=True),
            *[text(look, f"{school} ({year})", after=0.2) for year, school in life.schooling],
            *heading(look, words.skills, ruled=True),
            text(look, ", ".join(life.skills)),
            *heading(look, words.other, ruled=True),
            text(look, ", ".join(life.others)),
        ]
    )


def _with_margin(words: ResumeWords, draft: Draft) -> Sheet:
    look, life = draft.look, _life(words, draft)
    wide = look.width * 0.68
    margin: list[Block] = [text(look, line, size=0.88, after=0.3) for line in life.contact]
    margin += [
        *heading(look, words.skills),
        *[text(look, skill, size=0.92, after=0.2) for skill in life.skills],
    ]
    margin += [
        *heading(look, words.other),
        *[text(look, other, size=0.92, after=0.2) for other in life.others],
    ]
    main: list[Block] = [text(look, life.profile, italic=True), *heading(look, words.work)]
    for job in life.jobs:
        main += [
            text(look, job.post, bold=True, after=0),
            text(look, f"{job.employer}, {job.years}", size=0.9, after=0.1),
            bullets(look, job.deeds, mark="-", width=wide),
        ]
    main += [
        *heading(look, words.schooling),
        *[text(look, f"{year}   {school}", after=0.2) for year, school in life.schooling],
    ]
    head = [text(look, life.name, size=1.7, bold=True, color=look.accent, after=0.1)]
    head += [text(look, words.title, size=1.05)] if words.title else []
    return Sheet(top=[*head, rule(look, weight=1.6), side_by_side(look, margin, main, shares=(0.3, 0.7))])


def _dated(words: ResumeWords, draft: Draft) -> Sheet:
    look, life = draft.look, _life(words, draft)
    jobs = [(job.years, f"{job.post}, {job.employer}. " + "; ".join(job.deeds)) for job in life.jobs]
    title = (
        text(look, words.title, size=1.5, bold=True)
        if words.title
        else text(look, life.name, size=1.5, bold=True)
    )
    details = [
        ("Name", life.name),
        ("Address", ", ".join(life.contact[:2])),
        ("Telephone", life.contact[2]),
        ("E-mail", life.contact[3]),
        ("Born", draft.facts.birthday()),
    ]
    parts = (
        (words.work, jobs),
        (words.schooling, life.schooling),
        (words.skills, [("", ", ".join(life.skills))]),
        (words.other, [("", ", ".join(life.others))]),
    )
    blocks: list[Block] = []
    for name, rows in parts:
        blocks += [*heading(look, name), table(look, rows, (0.24, 0.76), style="plain", bold_rows=())]
    return Sheet(top=[title, table(look, details, (0.24, 0.76), style="plain", bold_rows=()), *blocks])


def _skills_first(words: ResumeWords, draft: Draft) -> Sheet:
    look, life = draft.look, _life(words, draft)
    half = len(life.skills) // 2 + 1
    inner = look.width - 14
    columns = side_by_side(
        look,
        *[
            [text(look, skill, after=0.1) for skill in part]
            for part in (life.skills[:half], life.skills[half:])
        ],
        width=inner,
    )
    jobs = [
        block
        for job in life.jobs
        for block in (
            text(look, f"{job.years}: {job.post} at {job.employer}", italic=True, after=0.1),
            text(look, ". ".join(job.deeds) + "."),
        )
    ]
    title = [text(look, words.title, align="right", after=0)] if words.title else []
    return Sheet(
        top=[
            *title,
            text(look, life.name.upper(), size=1.4, align="right", after=0.1),
            *[text(look, line, size=0.88, align="right", after=0) for line in life.contact],
            gap(look, 0.6),
            labelled(look, f"{words.profile}.", life.profile, after=0.6),
            boxed(look, [text(look, words.skills, bold=True), columns]),
            *heading(look, words.work),
            *jobs,
            *heading(look, words.schooling),
            *[text(look, f"{school}, {year}", after=0.2) for year, school in life.schooling],
            *heading(look, words.other),
            bullets(look, life.others, mark="\u2013"),
        ]
    )


def _years_right(words: ResumeWords, draft: Draft) -> Sheet:
    look, life = draft.look, _life(words, draft)
    shares = (0.76, 0.24)
    blocks: list[Block] = [*heading(look, words.schooling.upper(), size=1)]
    blocks += [
        table(
            look,
            [(school, year) for year, school in life.schooling],
            shares,
            style="lines",
            numbers_from=1,
            bold_rows=(),
        )
    ]
    blocks += heading(look, words.work.upper(), size=1)
    for job in life.jobs:
        blocks += [
            table(
                look,
                [(f"{job.post} \u2013 {job.employer}", job.years)],
                shares,
                style="plain",
                numbers_from=1,
            ),
            bullets(look, job.deeds, mark="*"),
        ]
    head = f"{life.name}, {words.title}" if words.title else life.name
    return Sheet(
        top=[
            boxed(
                look,
                [
                    text(look, head, size=1.5, bold=True),
                    text(look, "\n".join(life.contact), size=0.9, after=0),
                ],
                fill="#ededed",
            ),
            *blocks,
            *heading(look, words.skills.upper(), size=1),
            text(look, " / ".join(life.skills)),
            *heading(look, words.other.upper(), size=1),
            text(look, " / ".join(life.others)),
            *heading(look, words.profile.upper(), size=1),
            text(look, life.profile),
        ]
    )


RESUME = Kind(
    label="resume",
    description="one person's past employment, studies and skills, set out to find work",
    training=Side(wordings=_TRAINING, layouts=(_classic, _with_margin, _dated)),
    held_out=Side(wordings=_HELD_OUT, layouts=(_skills_first, _years_right)),
)
