"""The findings of a preflight check, collected as it goes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from burnish.errors import AccessDenied, CannotConnect, Rejected, ServiceUnavailable
from burnish.phrasing import Text


@dataclass(frozen=True, kw_only=True)
class Findings:
    """Problems, and what could not be checked."""

    problems: list[Text] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)

    @contextmanager
    def noting_denials(self, what: str, *, or_silence: bool = False) -> Iterator[None]:
        """Note a denied check in place of raising: what the caller may not check must not prevent a job.

        ``or_silence`` notes an endpoint that cannot be reached as well.
        """
        kinds = (AccessDenied, Rejected, ServiceUnavailable, *((CannotConnect,) if or_silence else ()))
        try:
            yield
        except kinds as error:
            self.unchecked.append(f"{what}: {error.message}")
