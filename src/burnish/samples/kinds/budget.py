"""Budgets: planned income and spending by line and period, with totals that add up."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from burnish.samples.drawing import Block, banner, bullets, gap, heading, rule, side_by_side, table, text
from burnish.samples.kind import Draft, Kind, Side
from burnish.samples.prose import sentences
from burnish.samples.shapes import bar_plot
from burnish.samples.sheets import Sheet


class Last(Enum):
    """How the last column is reckoned from those before it."""

    SUM = "the sum of all"
    LEFT_OVER = "the first less the second"
    CHANGE = "the second less the first"


@dataclass(frozen=True, kw_only=True)
class BudgetWords:
    """One budget: its lines, and the columns of which the last is reckoned from the others."""

    title: str | None
    subject: str
    line: str
    columns: tuple[str, ...]
    last: Last
    income_name: str
    income: tuple[str, ...]
    spending_name: str
    spending: tuple[str, ...]
    sum_of: str
    balance: str
    notes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The figures of one budget: rows of a name and whole numbers, sums last."""

    income: list[tuple[str, list[int]]]
    spending: list[tuple[str, list[int]]]
    balance: list[int]


_NOTES = (
    "All figures in thousands.",
    "Figures are rounded to whole {coin}.",
    "Salaries assume a rise of {rate} from {month}.",
    "Energy costs are based on last year's consumption.",
    "A reserve of {rate} is held back for unforeseen expenses.",
    "Subject to approval by the board on {later}.",
    "Savings in one line may be used in another with the treasurer's consent.",
    "Grant income has been promised but not yet received.",
)
_OTHER_NOTES = (
    "Estimates drawn up by {person}.",
    "Inflation is taken as {rate} throughout.",
    "Second version, replaces the plan of {earlier}.",
    "Overruns above {rate} need the council's vote.",
    "Donations are entered at a cautious value.",
    "Depreciation is not shown.",
)
_OFFICE = (
    "Salaries and wages",
    "Employer contributions",
    "Rent",
    "Heating and electricity",
    "Office supplies",
    "Travel",
    "Training",
    "Computers and software",
    "Advertising",
    "Insurance",
    "Repairs and maintenance",
    "Postage and telephone",
)
_TRAINING = (
    BudgetWords(
        title="Annual Operating Budget {next_year}",
        subject="{company}",
        line="Category",
        columns=("Q1", "Q2", "Q3", "Q4", "Year"),
        last=Last.SUM,
        income_name="Revenue",
        income=("Product sales", "Service contracts", "Licence fees", "Interest"),
        spending_name="Expenses",
        spending=_OFFICE,
        sum_of="Total {name}",
        balance="Net result",
        notes=_NOTES,
    ),
    BudgetWords(
        title="Department Budget",
        subject="Marketing department, fiscal year {next_year}",
        line="Cost item",
        columns=("Budget", "Actual", "Variance"),
        last=Last.LEFT_OVER,
        income_name="Allocations",
        income=("Corporate allocation", "Transfers from other units"),
        spending_name="Costs",
        spending=(
            "Trade fairs",
            "Print advertising",
            "Online campaigns",
            "Agency fees",
            "Market research",
            "Staff",
            "Travel and hotels",
            "Give-aways",
            "Photography",
        ),
        sum_of="Sum of {name}",
        balance="Unspent",
        notes=_NOTES,
    ),
    BudgetWords(
        title=None,
        subject="School district of {city}, estimates {next_year}",
        line="Account",
        columns=("Last year", "This year", "Change"),
        last=Last.CHANGE,
        income_name="Receipts",
        income=("State aid", "Property tax", "Tuition", "Cafeteria sales"),
        spending_name="Expenditures",
        spending=(
            "Teachers",
            "Administration",
            "Pupil transport",
            "Books and materials",
            "Buildings",
            "Library",
            "School nurses",
            "Debt service",
        ),
        sum_of="{name}, total",
        balance="Surplus or deficit",
        notes=_NOTES,
    ),
    BudgetWords(
        title=None,
        subject="Street theatre festival {city} {next_year}",
        line="Item",
        columns=("May", "June", "July", "Total"),
        last=Last.SUM,
        income_name="Income",
        income=("Ticket sales", "Sponsors", "City subsidy", "Food stalls"),
        spending_name="Outgoings",
        spending=(
            "Artists' fees",
            "Stage and lights",
            "Security",
            "Posters and programmes",
            "Toilets and waste",
            "Permits",
            "First aid",
        ),
        sum_of="All {name}",
        balance="Left over",
        notes=_NOTES,
    ),
    BudgetWords(
        title="Proposed Project Budget",
        subject="Research grant {code}, lead: {person}",
        line="Budget line",
        columns=("Year 1", "Year 2", "Total"),
        last=Last.SUM,
        income_name="Funding",
        income=("Foundation grant", "Own contribution"),
        spending_name="Direct and indirect costs",
        spending=(
            "Principal investigator",
            "Research assistants",
            "Laboratory supplies",
            "Equipment",
            "Field trips",
            "Publication fees",
            "Overheads",
        ),
        sum_of="Subtotal: {name}",
        balance="Difference",
        notes=_NOTES,
    ),
    BudgetWords(
        title="Spending Plan",
        subject="Parks and recreation, {city}",
        line="Programme",
        columns=("Adopted", "Revised", "Difference"),
        last=Last.CHANGE,
        income_name="Fees and grants",
        income=("Swimming pool admissions", "Sports ground hire", "County grant"),
        spending_name="Appropriations",
        spending=(
            "Seasonal staff",
            "Tree care",
            "Playgrounds",
            "Mowing",
            "Water",
            "Vehicles and fuel",
            "Community events",
        ),
        sum_of="{name} altogether",
        balance="Charged to general fund",
        notes=_NOTES,
    ),
)
_HELD_OUT = (
    BudgetWords(
        title="Budget plan {next_year}",
        subject="Ward {few}, {city} General Hospital",
        line="Position",
        columns=("1st half", "2nd half", "Full year"),
        last=Last.SUM,
        income_name="Inflows",
        income=("Insurers", "Private patients", "Training levy"),
        spending_name="Outlays",
        spending=(
            "Nursing staff",
            "Physicians",
            "Drugs and dressings",
            "Laundry",
            "Patient meals",
            "Cleaning contract",
            "Medical devices",
        ),
        sum_of="{name} in sum",
        balance="Over / under",
        notes=_OTHER_NOTES,
    ),
    BudgetWords(
        title=None,
        subject="Rowing club: what we expect to earn and spend in {next_year}",
        line="Purpose",
        columns=("Planned", "So far", "Remaining"),
        last=Last.LEFT_OVER,
        income_name="Money in",
        income=("Membership dues", "Regatta entries", "Raffle", "Donations received"),
        spending_name="Money out",
        spending=(
            "Boathouse lease",
            "New oars",
            "Coach",
            "League fees",
            "Trailer hire",
            "Youth camp",
            "Trophies",
        ),
        sum_of="Total of {name}",
        balance="In hand",
        notes=_OTHER_NOTES,
    ),
    BudgetWords(
        title="Cost forecast by production phase",
        subject="Documentary film, working title {surname}",
        line="Heading",
        columns=("Prep", "Shoot", "Edit", "Overall"),
        last=Last.SUM,
        income_name="Finance",
        income=("Broadcaster", "Regional film fund", "Private investors"),
        spending_name="Production",
        spending=(
            "Script and rights",
            "Camera crew",
            "Equipment rental",
            "Locations",
            "Actors",
            "Editing suite",
            "Music rights",
            "Contingency",
        ),
        sum_of="{name} sum",
        balance="Gap to be financed",
        notes=_OTHER_NOTES,
    ),
    BudgetWords(
        title="Household budget of the parish",
        subject="Parish of {city}",
        line="Chapter",
        columns=("Approved", "Requested", "Up or down"),
        last=Last.CHANGE,
        income_name="Ordinary receipts",
        income=("Collections", "Church tax share", "Hall letting", "Legacies"),
        spending_name="Ordinary payments",
        spending=(
            "Clergy stipends",
            "Organ upkeep",
            "Candles and flowers",
            "Kindergarten",
            "Roof fund",
            "Charity work",
            "Gas and water",
        ),
        sum_of="{name}: sum",
        balance="Carried forward",
        notes=_OTHER_NOTES,
    ),
)


def _row(words: BudgetWords, draft: Draft, about: float) -> list[int]:
    """The numbers of one line, about as large as asked for."""
    values = [int(about * draft.rng.uniform(0.85, 1.2) / 10) * 10 for _ in words.columns[1:]]
    reckoned = {
        Last.SUM: sum(values),
        Last.LEFT_OVER: values[0] - values[1],
        Last.CHANGE: values[1] - values[0],
    }
    return [*values, reckoned[words.last]]


def _plan(words: BudgetWords, draft: Draft) -> Plan:
    rng, scale = draft.rng, draft.rng.choice((10, 50, 100))
    names = _some(words.spending, draft, least=5, most=8 if len(words.columns) < 4 else 6)
    spending = [(name, _row(words, draft, rng.randrange(10, 500) * scale)) for name in names]
    spent = _sums(spending)
    # What comes in is near what goes out, as in any plan that is approved.
    sources = _some(words.income, draft, least=2, most=3)
    share = spent[0] / len(sources)
    income = [(name, _row(words, draft, share * rng.uniform(0.8, 1.25))) for name in sources]
    earned = _sums(income)
    return Plan(
        income=[*income, (_sum_line(words, words.income_name), earned)],
        spending=[*spending, (_sum_line(words, words.spending_name), spent)],
        balance=[plus - minus for plus, minus in zip(earned, spent, strict=True)],
    )


def _sum_line(words: BudgetWords, name: str) -> str:
    line = words.sum_of.format(name=name.lower())
    return line[0].upper() + line[1:]


def _some(names: tuple[str, ...], draft: Draft, *, least: int, most: int) -> list[str]:
    chosen = sorted(draft.rng.sample(range(len(names)), draft.rng.randint(least, min(most, len(names)))))
    return [names[index] for index in chosen]


def _sums(rows: list[tuple[str, list[int]]]) -> list[int]:
    return [sum(column) for column in zip(*(values for _, values in rows), strict=True)]


def _printed(rows: list[tuple[str, list[int]]]) -> list[list[str]]:
    return [
        [name, *[f"({-value:,})" if value < 0 else f"{value:,}" for value in values]] for name, values in rows
    ]


def _shares(words: BudgetWords) -> list[float]:
    numbers = len(words.columns)
    first = 0.5 if numbers <= 3 else 0.34
    return [first, *[(1 - first) / numbers] * numbers]


def _notes(words: BudgetWords, draft: Draft) -> list[str]:
    coin = {"$": "dollars", "USD ": "dollars", "£": "pounds", "€": "euros"}[draft.facts.currency]
    return sentences(draft, [note.replace("{coin}", coin) for note in words.notes], draft.rng.randint(1, 4))


def _title(words: BudgetWords, draft: Draft) -> str | None:
    return draft.facts.say(words.title) if words.title else None


def _one_table(words: BudgetWords, draft: Draft) -> Sheet:
    look, plan, title = draft.look, _plan(words, draft), _title(words, draft)
    blank = [""] * len(words.columns)
    rows = [
        [words.line, *words.columns],
        [words.income_name.upper(), *blank],
        *_printed(plan.income),
        [words.spending_name.upper(), *blank],
        *_printed(plan.spending),
        *_printed([(words.balance, plan.balance)]),
    ]
    bold = (0, 1, 1 + len(plan.income), 2 + len(plan.income), -2, -1)
    head = [text(look, title, size=1.5, bold=True, align="centre")] if title else []
    return Sheet(
        top=[
            *head,
            text(look, draft.facts.say(words.subject), size=1.15, align="centre", after=0.8),
            table(look, rows, _shares(words), style="grid", numbers_from=1, bold_rows=bold),
            gap(look, 0.7),
            *[text(look, note, size=0.88, italic=True) for note in _notes(words, draft)],
        ]
    )


def _two_tables(words: BudgetWords, draft: Draft) -> Sheet:
    look, plan, title = draft.look, _plan(words, draft), _title(words, draft)
    head = [banner(look, title)] if title else []
    blocks: list[Block] = []
    for name, rows in ((words.income_name, plan.income), (words.spending_name, plan.spending)):
        printed = [[words.line, *words.columns], *_printed(rows)]
        blocks += [
            *heading(look, name),
            table(look, printed, _shares(words), style="striped", numbers_from=1, bold_rows=(0, -1)),
        ]
    balance = table(
        look, _printed([(words.balance, plan.balance)]), _shares(words), style="shaded", numbers_from=1
    )
    notes = [text(look, note, size=0.9) for note in _notes(words, draft)]
    return Sheet(
        top=[
            *head,
            *heading(look, draft.facts.say(words.subject), size=1.25),
            *blocks,
            gap(look),
            balance,
            gap(look),
            *notes,
        ]
    )


def _explained(words: BudgetWords, draft: Draft) -> Sheet:
    look, plan, title = draft.look, _plan(words, draft), _title(words, draft)
    head = [text(look, title, size=1.4, bold=True, color=look.accent)] if title else []
    rows = [
        [words.line, *words.columns],
        *_printed(plan.income),
        *_printed(plan.spending),
        *_printed([(words.balance, plan.balance)]),
    ]
    return Sheet(
        top=[
            side_by_side(
                look,
                [*head, text(look, draft.facts.say(words.subject))],
                [text(look, draft.facts.date(), align="right")],
                shares=(0.7, 0.3),
            ),
            rule(look),
            bullets(look, _notes(words, draft)),
            gap(look),
            table(
                look,
                rows,
                _shares(words),
                style="ruled",
                numbers_from=1,
                bold_rows=(0, len(plan.income), -2, -1),
            ),
        ],
        foot=f"{draft.facts.company()}, {draft.facts.year()}",
    )


def _coded(words: BudgetWords, draft: Draft) -> Sheet:
    look, plan, title = draft.look, _plan(words, draft), _title(words, draft)
    shares = _shares(words)
    rows = [["No.", words.line, *words.columns]]
    for hundred, part in ((1, plan.income), (2, plan.spending)):
        rows += [[f"{hundred}{index:02}", *line] for index, line in enumerate(_printed(part), start=1)]
    rows += [["300", *_printed([(words.balance, plan.balance)])[0]]]
    head = [text(look, title.upper(), size=1.2, bold=True, after=0.2)] if title else []
    return Sheet(
        top=[
            *head,
            text(look, draft.facts.say(words.subject), size=1.1, italic=True, after=0.8),
            table(
                look,
                rows,
                (0.09, shares[0] - 0.09, *shares[1:]),
                style="lines",
                numbers_from=2,
                bold_rows=(0, len(plan.income), -2, -1),
                size=0.92,
            ),
            gap(look, 0.6),
            bullets(look, _notes(words, draft), mark="1"),
        ]
    )


def _with_chart(words: BudgetWords, draft: Draft) -> Sheet:
    look, plan, title = draft.look, _plan(words, draft), _title(words, draft)
    shown = len(words.columns) - 1 if words.last is Last.SUM else 2
    chart = bar_plot(
        look, plan.spending[-1][1][:shown], words.columns[:shown], width=look.width * 0.46, height=105
    )
    head = [*heading(look, title, size=1.4), rule(look)] if title else []
    about = [
        text(look, draft.facts.say(words.subject), bold=True),
        *[text(look, f"- {note}", size=0.9) for note in _notes(words, draft)],
    ]
    heads = [words.line, *words.columns]
    income, spending = (
        [heads, *_printed(plan.income)],
        [[words.spending_name, *words.columns], *_printed(plan.spending)],
    )
    return Sheet(
        top=[
            *head,
            side_by_side(look, about, [chart, text(look, words.spending_name, size=0.85, align="centre")]),
            gap(look, 0.5),
            table(look, spending, _shares(words), style="shaded", numbers_from=1, bold_rows=(0, -1)),
            gap(look, 0.8),
            text(look, words.income_name, bold=True),
            table(look, income, _shares(words), style="shaded", numbers_from=1, bold_rows=(0, -1)),
            table(
                look, _printed([(words.balance, plan.balance)]), _shares(words), style="plain", numbers_from=1
            ),
        ]
    )


BUDGET = Kind(
    label="budget",
    description="expected earnings and costs of an organisation or undertaking, tabulated by line and period",
    training=Side(wordings=_TRAINING, layouts=(_one_table, _two_tables, _explained)),
    held_out=Side(wordings=_HELD_OUT, layouts=(_coded, _with_chart)),
)
