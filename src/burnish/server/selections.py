"""Filter and order of a List operation, as SQL that an index serves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

#: Where a resource stands in a list: when it was made, and its ARN for those made at the same moment.
Position: TypeAlias = tuple[float, str]
Value: TypeAlias = str | float


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The filters and the order of a list. ``members`` are values that columns have, or one of several.

    The list goes on after a position, whether something still stands there or not; what appears or
    vanishes between two pages therefore moves nothing.
    """

    members: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    name_contains: str = ""
    made_from: float | None = None
    made_until: float | None = None
    ascending: bool = False
    after: Position | None = None

    def where(self, region: str) -> tuple[str, tuple[Value, ...]]:
        """The condition, and the values of its places."""
        clauses, values = zip(*self._terms(region), strict=True)
        return " and ".join(clauses), tuple(value for group in values for value in group)

    @property
    def order(self) -> str:
        """What the rows are ordered by."""
        direction = "asc" if self.ascending else "desc"
        return f"created_at {direction}, arn {direction}"

    def _terms(self, region: str) -> Iterator[tuple[str, tuple[Value, ...]]]:
        yield "region = ?", (region,)
        for column, wanted in self.members.items():
            if isinstance(wanted, str):
                yield f"{column} = ?", (wanted,)
            else:
                yield f"{column} in ({', '.join('?' * len(wanted))})", wanted
        if self.name_contains:
            # Not by `like`, which takes the _ of a name for a wildcard and ignores case.
            yield "instr(name, ?)", (self.name_contains,)
        if self.made_from is not None:
            yield "created_at >= ?", (self.made_from,)
        if self.made_until is not None:
            yield "created_at <= ?", (self.made_until,)
        if self.after is not None:
            yield f"(created_at, arn) {'>' if self.ascending else '<'} (?, ?)", self.after
