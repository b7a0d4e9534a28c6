"""Budgets: planned income and spending by line and period, with totals that add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from burnish.samples.drawing import (
    Block,
    banner,
    bullets,
    gap,
    heading,
    lines,
    rule,
    side_by_side,
    table,
    text,
    title_of,
)
from burnish.samples.kind import Draft, Kind, Side
from burnish.samples.prose import sentences
from burnish.samples.shapes import bar_plot
from burnish.samples.sheets import Sheet, sheet_of
from burnish.samples.wordings.budget import HELD_OUT, TRAINING, BudgetWords, Last

#: A row of a budget: its name and its figures, by column.
Row = tuple[str, list[int]]


@dataclass(frozen=True, kw_only=True)
class BudgetPlan:
    """One budget as it is printed: rows of a name and its figures, sums last."""

    heads: list[str]
    income: list[list[str]]
    spending: list[list[str]]
    balance: list[str]
    #: What is spent in all, by column, as numbers.
    spent: list[int]


def _figures(words: BudgetWords, draft: Draft, about: float) -> list[int]:
    """The numbers of one line, about as large as asked for."""
    values = [int(about * draft.rng.uniform(0.85, 1.2) / 10) * 10 for _ in words.columns[1:]]
    reckoned = {
        Last.SUM: sum(values),
        Last.LEFT_OVER: values[0] - values[1],
        Last.CHANGE: values[1] - values[0],
    }
    return [*values, reckoned[words.last]]


def _plan(words: BudgetWords, draft: Draft) -> BudgetPlan:
    rng, scale = draft.rng, draft.rng.choice((10, 50, 100))
    names = _some(words.spending, draft, least=5, most=8 if len(words.columns) < 4 else 6)
    spending = [(name, _figures(words, draft, rng.randrange(10, 500) * scale)) for name in names]
    spent = _sums(spending)
    # What comes in is near what goes out, as in any plan that is approved.
    sources = _some(words.income, draft, least=2, most=3)
    share = spent[0] / len(sources)
    income = [(name, _figures(words, draft, share * rng.uniform(0.8, 1.25))) for name in sources]
    earned = _sums(income)
    balance = [plus - minus for plus, minus in zip(earned, spent, strict=True)]
    return BudgetPlan(
        heads=[words.line, *words.columns],
        income=[_printed(row) for row in (*income, (_sum_name(words, words.income_name), earned))],
        spending=[_printed(row) for row in (*spending, (_sum_name(words, words.spending_name), spent))],
        balance=_printed((words.balance, balance)),
        spent=spent,
    )


def _sum_name(words: BudgetWords, name: str) -> str:
    line = words.sum_of.format(name=name.lower())
    return line[0].upper() + line[1:]


def _some(names: tuple[str, ...], draft: Draft, *, least: int, most: int) -> list[str]:
    chosen = sorted(draft.rng.sample(range(len(names)), draft.rng.randint(least, min(most, len(names)))))
    return [names[index] for index in chosen]


def _sums(rows: list[Row]) -> list[int]:
    return [sum(column) for column in zip(*(values for _, values in rows), strict=True)]


def _printed(row: Row) -> list[str]:
    name, values = row
    # Bookkeepers put what is negative in brackets.
    return [name, *[f"({-value:,})" if value < 0 else f"{value:,}" for value in values]]


def _shares(words: BudgetWords) -> list[float]:
    """The widths of the columns: the names get half, or a third where there are many figures."""
    numbers = len(words.columns)
    first = 0.5 if numbers <= 3 else 0.34
    return [first, *[(1 - first) / numbers] * numbers]


def _table(
    words: BudgetWords, draft: Draft, rows: list[list[str]], style: str, *, bold_rows: Sequence[int] = (0,)
) -> Block:
    return table(draft.look, rows, _shares(words), style=style, numbers_from=1, bold_rows=bold_rows)


def _notes(words: BudgetWords, draft: Draft) -> list[str]:
    coin = {"$": "dollars", "USD ": "dollars", "£": "pounds", "€": "euros"}[draft.facts.currency]
    return sentences(draft, [note.replace("{coin}", coin) for note in words.notes], draft.rng.randint(1, 4))


def _title(words: BudgetWords, draft: Draft) -> str | None:
    return draft.facts.say(words.title) if words.title else None


def _one_table(words: BudgetWords, draft: Draft) -> Sheet:
    look, plan, title = draft.look, _plan(words, draft), _title(words, draft)
    blank = [""] * len(words.columns)
    rows = [
        plan.heads,
        [words.income_name.upper(), *blank],
        *plan.income,
        [words.spending_name.upper(), *blank],
        *plan.spending,
        plan.balance,
    ]
    bold = (0, 1, 1 + len(plan.income), 2 + len(plan.income), -2, -1)
    return sheet_of(
        *title_of(look, title, size=1.5, bold=True, align="centre"),
        text(look, draft.facts.say(words.subject), size=1.15, align="centre", after=0.8),
        _table(words, draft, rows, "grid", bold_rows=bold),
        gap(look, 0.7),
        *lines(look, _notes(words, draft), size=0.88, italic=True),
    )


def _two_tables(words: BudgetWords, draft: Draft) -> Sheet:
    look, plan, title = draft.look, _plan(words, draft), _title(words, draft)
    notes = lines(look, _notes(words, draft), size=0.9)
    return sheet_of(
        *([banner(look, title)] if title else []),
        *heading(look, draft.facts.say(words.subject), size=1.25),
        *heading(look, words.income_name),
        _table(words, draft, [plan.heads, *plan.income], "striped", bold_rows=(0, -1)),
        *heading(look, words.spending_name),
        _table(words, draft, [plan.heads, *plan.spending], "striped", bold_rows=(0, -1)),
        gap(look),
        _table(words, draft, [plan.balance], "shaded"),
        gap(look),
        *notes,
    )


def _explained(words: BudgetWords, draft: Draft) -> Sheet:
    look, plan, title = draft.look, _plan(words, draft), _title(words, draft)
    head = title_of(look, title, size=1.4, bold=True, color=look.accent)
    subject = text(look, draft.facts.say(words.subject))
    day = text(look, draft.facts.date(), align="right")
    rows = [plan.heads, *plan.income, *plan.spending, plan.balance]
    return sheet_of(
        side_by_side(look, [*head, subject], [day], shares=(0.7, 0.3)),
        rule(look),
        bullets(look, _notes(words, draft)),
        gap(look),
        _table(words, draft, rows, "ruled", bold_rows=(0, len(plan.income), -2, -1)),
        foot=f"{draft.facts.company()}, {draft.facts.year()}",
    )


def _coded(words: BudgetWords, draft: Draft) -> Sheet:
    look, plan, title = draft.look, _plan(words, draft), _title(words, draft)
    rows = [["No.", *plan.heads]]
    for hundred, part in ((1, plan.income), (2, plan.spending)):
        rows += [[f"{hundred}{index:02}", *row] for index, row in enumerate(part, start=1)]
    rows.append(["300", *plan.balance])
    first, *others = _shares(words)
    shares = (0.09, first - 0.09, *others)
    bold = (0, len(plan.income), -2, -1)
    return sheet_of(
        *title_of(look, title, capitals=True, size=1.2, bold=True, after=0.2),
        text(look, draft.facts.say(words.subject), size=1.1, italic=True, after=0.8),
        table(look, rows, shares, style="lines", numbers_from=2, bold_rows=bold, size=0.92),
        gap(look, 0.6),
        bullets(look, _notes(words, draft), mark="1"),
    )


def _with_chart(words: BudgetWords, draft: Draft) -> Sheet:
    look, plan, title = draft.look, _plan(words, draft), _title(words, draft)
    # A column that sums up the others, or compares two, is no period of its own.
    shown = len(words.columns) - 1 if words.last is Last.SUM else 2
    chart = bar_plot(look, plan.spent[:shown], words.columns[:shown], width=look.width * 0.46, height=105)
    about = [
        text(look, draft.facts.say(words.subject), bold=True),
        *lines(look, [f"- {note}" for note in _notes(words, draft)], size=0.9),
    ]
    spending = [[words.spending_name, *words.columns], *plan.spending]
    return sheet_of(
        *([*heading(look, title, size=1.4), rule(look)] if title else []),
        side_by_side(look, about, [chart, text(look, words.spending_name, size=0.85, align="centre")]),
        gap(look, 0.5),
        _table(words, draft, spending, "shaded", bold_rows=(0, -1)),
        gap(look, 0.8),
        text(look, words.income_name, bold=True),
        _table(words, draft, [plan.heads, *plan.income], "shaded", bold_rows=(0, -1)),
        _table(words, draft, [plan.balance], "plain"),
    )


BUDGET = Kind(
    label="budget",
    description="expected earnings and costs of an organisation or undertaking, tabulated by line and period",
    training=Side(wordings=TRAINING, layouts=(_one_table, _two_tables, _explained)),
    held_out=Side(wordings=HELD_OUT, layouts=(_coded, _with_chart)),
)
