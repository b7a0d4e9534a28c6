"""What is wrong with a data set, or may be: where, and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from burnish.errors import InvalidRecords


@dataclass(frozen=True, kw_only=True)
class Problem:
    """What is wrong, where (``line`` counts from 1; None where it is the whole), and the remedy.

    An error makes the service refuse the data set or the job fail; a warning does not.
    """

    where: str
    line: int | None = None
    text: str
    is_warning: bool = False

    def __str__(self) -> str:
        place = self.where if self.line is None else f"{self.where}, line {self.line}"
        return f"{place}: {self.text}"


def raise_for(problems: Iterable[Problem], *, shown: int = 20, longest: int | None = None) -> None:
    """Raise `InvalidRecords` listing the errors, if there are any. Warnings stop nothing.

    At most ``shown`` are listed, and no more than go into ``longest`` characters; the rest is counted.
    """
    found = [str(problem) for problem in problems if not problem.is_warning]
    if not found:
        return
    listed = min(shown, len(found))
    # The service limits failure messages, and a message cut in the middle hides that there were more.
    while longest and listed > 1 and len(_listing(found, listed)) > longest:
        listed -= 1
    raise InvalidRecords(_listing(found, listed))


def _listing(found: Sequence[str], listed: int) -> str:
    more = [f"and {len(found) - listed} more"] if len(found) > listed else []
    return "\n  - ".join(["The data set cannot be used:", *found[:listed], *more])
