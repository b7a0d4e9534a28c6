"""A bound on what is spent, which an evaluation does not pass whatever runs at the same time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from burnish.errors import BurnishError
from burnish.evaluation.prices import ModelPrice


class BudgetSpent(BurnishError):
    """There is no room for another call. What has been answered is kept."""


@dataclass
class Budget:
    """What may be spent on tokens, over all models and threads.

    A call is made only where it fits in even if it and all that are under way cost as much as the highest so
    far. Until one has been paid there is no telling, so the first is made alone.
    """

    most_usd: float
    spent_usd: float = 0.0
    is_spent: bool = False
    _highest_usd: float | None = None
    _under_way: int = 0
    _turn: threading.Condition = field(default_factory=threading.Condition)

    def enter(self) -> None:
        """Take room for a call. Raises `BudgetSpent` where there is none."""
        with self._turn:
            # Calls under way may turn out cheaper than the most expensive, and leave room.
            self._turn.wait_for(lambda: self.is_spent or self._fits() or not self._under_way)
            if self.is_spent or not self._fits():
                # For everybody that waits too: they would wake one by one, only to be told the same.
                self.is_spent = True
                self._turn.notify_all()
                raise BudgetSpent(
                    f"The bound of ${self.most_usd:.4g} leaves no room for another call, with "
                    f"${self.spent_usd:.4g} spent. Answers so far are kept: raise the bound to go on, or "
                    "ask about fewer pages"
                )
            self._under_way += 1

    def _fits(self) -> bool:
        if self._highest_usd is None:
            return not self._under_way and self.spent_usd < self.most_usd
        return self.spent_usd + (self._under_way + 1) * self._highest_usd <= self.most_usd

    def leave(self, usd: float) -> None:
        """Give the room back, and count what the call has cost."""
        with self._turn:
            self._under_way -= 1
            self.spent_usd += usd
            # A call that failed is free, and says nothing of what an answered one costs.
            if usd:
                self._highest_usd = max(usd, self._highest_usd or 0.0)
            self._turn.notify_all()

    def count(self, usd: float) -> None:
        """Count a call that has been paid already."""
        with self._turn:
            self.spent_usd += usd
            # What was free says nothing of what a call costs: then the first is still made alone.
            self._highest_usd = max(usd, self._highest_usd or 0.0) or None


@dataclass(frozen=True, kw_only=True)
class Meter:
    """A model's calls, counted against a budget that it may share with others."""

    budget: Budget
    price: ModelPrice

    @contextmanager
    def one_call(self) -> Iterator[Payment]:
        """Room for a call, and where to say what it took. Raises `BudgetSpent` where there is none."""
        self.budget.enter()
        payment = Payment(self.price)
        try:
            yield payment
        finally:
            self.budget.leave(payment.usd)

    def pay(self, asked: int, answered: int) -> None:
        """Count tokens that have been paid already."""
        self.budget.count(self.price.of_tokens(asked, answered))


@dataclass
class Payment:
    """What one call has cost."""

    price: ModelPrice
    usd: float = 0.0

    def tokens(self, asked: int, answered: int) -> None:
        """Say how many input and output tokens it took."""
        self.usd = self.price.of_tokens(asked, answered)
