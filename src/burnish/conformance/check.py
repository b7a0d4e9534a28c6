"""A check: what AWS does in one case of one operation, and a function that tells whether a server does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from burnish.conformance.subject import Subject

Examination: TypeAlias = Callable[[Subject], None]


@dataclass(frozen=True, kw_only=True)
class Check:
    """One statement about one operation. ``run`` returns where it holds, and raises where it does not."""

    service: str
    operation: str
    statement: str
    run: Examination
    #: Whether it costs money on AWS: training, inference, capacity.
    is_billed: bool


@dataclass(frozen=True)
class CheckGroup:
    """The checks of one service, in the order in which they are written."""

    service: str
    checks: list[Check] = field(default_factory=list)

    def __iter__(self) -> Iterator[Check]:
        return iter(self.checks)

    def check(
        self, operation: str, statement: str, *, is_billed: bool = False
    ) -> Callable[[Examination], Examination]:
        """Add the decorated function, which examines whether the statement holds."""

        def added(run: Examination) -> Examination:
            self.checks.append(
                Check(
                    service=self.service,
                    operation=operation,
                    statement=statement,
                    run=run,
                    is_billed=is_billed,
                )
            )
            return run

        return added
