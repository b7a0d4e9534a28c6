"""What a look before a job has found, collected as it goes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from burnish.errors import AccessDenied, CannotConnect, Rejected, ServiceUnavailable


@dataclass(frozen=True, kw_only=True)
class Findings:
    """Problems, and what could not be looked at."""

    problems: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)

    @contextmanager
    def as_far_as_allowed(self, what: str) -> Iterator[None]:
        """Where the caller may not look, or what answers cannot say, that is noted and stops nothing."""
        try:
            yield
        except (AccessDenied, CannotConnect, Rejected, ServiceUnavailable) as error:
            self.unchecked.append(f"{what}: {error}")
