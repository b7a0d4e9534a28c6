"""The words of budgets."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


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


TRAINING = (
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


HELD_OUT = (
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
