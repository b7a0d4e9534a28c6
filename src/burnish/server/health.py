"""What of the server works: each part reports here, and ``/healthz`` and `burnish status` read it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

#: The part that is the S3 server.
OBJECTS = "objects"
#: The part that is the databases.
STATE = "state"


class Health:
    """The problems that the parts of a running server have at present. A part without one is well."""

    def __init__(self) -> None:
        self._problems: dict[str, str] = {}

    def report(self, part: str, problem: str | None) -> bool:
        """Set the problem of a part, or clear it with None. True where that is news."""
        before = self._problems.get(part)
        if problem is None:
            self._problems.pop(part, None)
        else:
            self._problems[part] = problem
        return problem != before

    @property
    def problems(self) -> Mapping[str, str]:
        """The present problem of each part that has one."""
        return MappingProxyType(self._problems)

    @property
    def status(self) -> str:
        """``ok``, or ``degraded`` while any part has a problem."""
        return "degraded" if self._problems else "ok"
