"""Budgets: planned income and spending by line and period, with totals that add up."""

from __future__ import annotations

from dataclasses import dataclass

from burnish.samples.drawing import (
    Block,
    banner,
    bullets,
    gap,
    heading,
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


@dataclass(frozen=True, kw_only=True)
class BudgetPlan:
    """The figures of one budget: rows of a name and whole numbers, sums last."""

    income: list[tuple[str, list[int]]]
    spending: list[tuple[str, list[int]]]
    balance: list[int]


def _row(words: BudgetWords, draft: Draft, about: float) -> list[int]:
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
    spending = [(name, _row(words, draft, rng.randrange(10, 500) * scale)) for name in names]
    spent = _sums(spending)
    # What comes in is near what goes out, as in any plan that is approved.
    sources = _some(words.income, draft, least=2, most=3)
    share = spent[0] / len(sources)
    income = [(name, _row(words, draft, share * rng.uniform(0.8, 1.25))) for name in sources]
    earned = _sums(income)
    return BudgetPlan(
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
    head = title_of(look, title, size=1.5, bold=True, align="centre")
    return sheet_of(
        *head,
        text(look, draft.facts.say(words.subject), size=1.15, align="centre", after=0.8),
        table(look, rows, _shares(words), style="grid", numbers_from=1, bold_rows=bold),
        gap(look, 0.7),
        *[text(look, note, size=0.88, italic=True) for note in _notes(words, draft)],
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
    return sheet_of(
        *head,
        *heading(look, draft.facts.say(words.subject), size=1.25),
        *blocks,
        gap(look),
        balance,
        gap(look),
        *notes,
    )


def _explained(words: BudgetWords, draft: Draft) -> Sheet:
    look, plan, title = draft.look, _plan(words, draft), _title(words, draft)
    head = title_of(look, title, size=1.4, bold=True, color=look.accent)
    rows = [
        [words.line, *words.columns],
        *_printed(plan.income),
        *_printed(plan.spending),
        *_printed([(words.balance, plan.balance)]),
    ]
    return sheet_of(
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
        foot=f"{draft.facts.company()}, {draft.facts.year()}",
    )


def _coded(words: BudgetWords, draft: Draft) -> Sheet:
    look, plan, title = draft.look, _plan(words, draft), _title(words, draft)
    shares = _shares(words)
    rows = [["No.", words.line, *words.columns]]
    for hundred, part in ((1, plan.income), (2, plan.spending)):
        rows += [[f"{hundred}{index:02}", *line] for index, line in enumerate(_printed(part), start=1)]
    rows += [["300", *_printed([(words.balance, plan.balance)])[0]]]
    head = title_of(look, title, capitals=True, size=1.2, bold=True, after=0.2)
    return sheet_of(
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
    return sheet_of(
        *head,
        side_by_side(look, about, [chart, text(look, words.spending_name, size=0.85, align="centre")]),
        gap(look, 0.5),
        table(look, spending, _shares(words), style="shaded", numbers_from=1, bold_rows=(0, -1)),
        gap(look, 0.8),
        text(look, words.income_name, bold=True),
        table(look, income, _shares(words), style="shaded", numbers_from=1, bold_rows=(0, -1)),
        table(look, _printed([(words.balance, plan.balance)]), _shares(words), style="plain", numbers_from=1),
    )


BUDGET = Kind(
    label="budget",
    description="expected earnings and costs of an organisation or undertaking, tabulated by line and period",
    training=Side(wordings=TRAINING, layouts=(_one_table, _two_tables, _explained)),
    held_out=Side(wordings=HELD_OUT, layouts=(_coded, _with_chart)),
)
