"""The words of budgets."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from burnish.samples.wordings.bank import read_bank


class Last(Enum):
    """How the last column is reckoned from those before it."""

    SUM = "the sum of all"
    LEFT_OVER = "the first less the second"
    CHANGE = "the second less the first"


@dataclass(frozen=True, kw_only=True)
class BudgetWords:
    """One budget: its lines, and the columns of which the last is reckoned from the others."""

    title: str | None = None
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


TRAINING, HELD_OUT = read_bank("budget", BudgetWords)
