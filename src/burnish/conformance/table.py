"""Results of the suite at several servers, side by side, as Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import msgspec

from burnish.conformance.running import CheckOutcome, ExaminedCheck

Operation: TypeAlias = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class ServerResults:
    """The results of one server: what it is called, and when it was examined."""

    server: str
    checks: list[ExaminedCheck]
    date: str = ""

    def of(self, operation: Operation) -> list[ExaminedCheck]:
        """The results of one operation."""
        return [one for one in self.checks if (one.service, one.operation) == operation]


def read_results(path: Path) -> ServerResults:
    """Results as `burnish conformance --json` writes them."""
    return msgspec.json.decode(path.read_bytes(), type=ServerResults)


def table_of(servers: Sequence[ServerResults]) -> str:
    """How many checks of each operation each server passes, and how many in all.

    The first server has the operations' order.
    """
    operations = list(dict.fromkeys((one.service, one.operation) for one in servers[0].checks))
    rows = [_row(operation, servers) for operation in operations]
    total = ["all", "", *(f"{_passed(one.checks)} of {len(one.checks)}" for one in servers)]
    head = ["service", "operation", *(_named(one) for one in servers)]
    return "\n".join(map(_line, [head, ["---"] * len(head), *rows, total]))


def unmet_statements(results: ServerResults) -> str:
    """What a server does otherwise than AWS, as a list."""
    return "\n".join(
        f"- `{one.operation}`: {one.statement} ({one.outcome})"
        for one in results.checks
        if one.outcome is not CheckOutcome.PASSED
    )


def _row(operation: Operation, servers: Iterable[ServerResults]) -> list[str]:
    return [f"`{operation[0]}`", f"`{operation[1]}`", *(_cell(one.of(operation)) for one in servers)]


def _cell(results: Sequence[ExaminedCheck]) -> str:
    outcomes = Counter(one.outcome for one in results)
    if outcomes[CheckOutcome.NOT_ANSWERED] and not outcomes[CheckOutcome.PASSED]:
        return "not answered"
    return f"{outcomes[CheckOutcome.PASSED]} of {len(results)}"


def _passed(results: Iterable[ExaminedCheck]) -> int:
    return sum(one.outcome is CheckOutcome.PASSED for one in results)


def _named(results: ServerResults) -> str:
    return f"{results.server}, {results.date}" if results.date else results.server


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
