"""A bound on what is spent, which an evaluation does not pass whatever runs at the same time.

Before a call its highest possible price is reserved; once it is answered, what it took is counted instead.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from burnish.errors import BurnishError
from burnish.evaluation.call_tokens import TokenCount
from burnish.evaluation.prices import ModelPrice
from burnish.phrasing import Phrasing


class BudgetSpent(BurnishError):
    """There is no room for another call. What has been answered is kept."""


@dataclass
class Budget:
    """What may be spent on tokens, over all models and threads."""

    most_usd: float
    spent_usd: float = 0.0
    is_spent: bool = False
    #: For calls that are under way: the highest price of each.
    _reserved_usd: float = 0.0
    _under_way: int = 0
    #: How much dearer a call was than it was thought it could be.
    _excess: float = 1.0
    _turn: threading.Condition = field(default_factory=threading.Condition)

    def reserve(self, usd: float) -> float:
        """What is reserved for a call that costs so much at most. Raises `BudgetSpent` without room."""
        with self._turn:
            # Calls under way turn out cheaper than what is reserved for them, and leave room.
            self._turn.wait_for(lambda: self.is_spent or self._has_room(usd) or not self._under_way)
            if self.is_spent or not self._has_room(usd):
                # For everybody that waits too: they would wake one by one, only to be told the same.
                self.is_spent = True
                self._turn.notify_all()
                raise self._no_room(usd * self._excess)
            self._under_way += 1
            reserved = usd * self._excess
            self._reserved_usd += reserved
            return reserved

    def _has_room(self, usd: float) -> bool:
        return self.spent_usd + self._reserved_usd + usd * self._excess <= self.most_usd

    def _no_room(self, usd: float) -> BudgetSpent:
        return BudgetSpent(
            f"${self.spent_usd:.4g} of ${self.most_usd:.4g} is spent, and another call may cost up to "
            f"${usd:.4g}. Every answer so far is kept.",
            remedy=Phrasing(
                command="Run the same command with a higher --at-most to go on, or with fewer --pages.",
                call="Raise `most_usd` to go on, or ask about fewer pages.",
            ),
        )

    def settle(self, reserved: float, usd: float) -> None:
        """Count what a call has cost in the place of what was reserved for it."""
        with self._turn:
            self._under_way -= 1
            self._reserved_usd = self._reserved_usd - reserved if self._under_way else 0.0
            self.spent_usd += usd
            # A model whose calls cost more than was thought possible must not do so twice.
            if reserved and usd > reserved:
                self._excess *= usd / reserved
            self._turn.notify_all()

    def count(self, usd: float) -> None:
        """Count a call that has been paid already."""
        with self._turn:
            self.spent_usd += usd


@dataclass(frozen=True, kw_only=True)
class Meter:
    """A model's calls, counted against a budget that it may share with others."""

    budget: Budget
    price: ModelPrice

    @contextmanager
    def one_call(self, most: TokenCount) -> Iterator[Payment]:
        """Room for a call, and where to say what it took. Raises `BudgetSpent` where there is none.

        A call of which nothing is said, such as one whose connection was lost, counts as the dearest.
        """
        reserved = self.budget.reserve(self.price.of_tokens(most.asked, most.answered))
        payment = Payment(self.price, usd=reserved)
        try:
            yield payment
        finally:
            self.budget.settle(reserved, payment.usd)

    def pay(self, asked: float, answered: float) -> None:
        """Count tokens that have been paid already."""
        self.budget.count(self.price.of_tokens(asked, answered))


@dataclass
class Payment:
    """What one call has cost."""

    price: ModelPrice
    usd: float

    def tokens(self, asked: int, answered: int) -> None:
        """Say how many input and output tokens it took."""
        self.usd = self.price.of_tokens(asked, answered)

    def nothing(self) -> None:
        """Say that the call was refused, which costs nothing."""
        self.usd = 0.0
