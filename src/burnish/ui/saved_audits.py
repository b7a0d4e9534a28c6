"""The audits in folders: what `burnish audit` found, and what somebody has decided about it."""

from __future__ import annotations

import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from burnish.csv_cells import unguarded
from burnish.datasets.audit_sheet import CORRECTIONS_NAME, SHEET_NAME
from burnish.datasets.correction_files import Correction, read_corrections, write_decision
from burnish.errors import BurnishError, Conflict, NotFound
from burnish.ui.found_files import found_files, key_of, shown_place


@dataclass(frozen=True, kw_only=True)
class AuditFinding:
    """A document that a person should look at, and what is decided about it."""

    #: The line of the file, by which it is decided about.
    line: int
    name: str
    label: str
    suggested: str
    reason: str
    decision: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class SavedAudit:
    """An audit that was written. ``problem`` says why its corrections cannot be read."""

    key: str
    corrections: Path
    findings: Sequence[AuditFinding] = ()
    problem: str = ""

    @property
    def place(self) -> str:
        """The file in which the decisions are."""
        return shown_place(self.corrections)

    @property
    def decided(self) -> int:
        """How many findings are decided."""
        return sum(bool(one.decision) for one in self.findings)

    def of(self, digests: Collection[str]) -> SavedAudit:
        """What it found about these documents."""
        return replace(self, findings=[one for one in self.findings if one.digest in digests])


class SavedAudits:
    """What lies in the folders now. Threads may share one."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)
        self._lock = threading.Lock()

    def about(self, digests: Collection[str]) -> list[SavedAudit]:
        """The audits that are about any of these documents, the latest first, and those not to be read."""
        found = [_audit(path).of(digests) for path in self._files()]
        return [one for one in found if one.findings or one.problem]

    def decide(self, key: str, line: int, *, digest: str, seen: str, decision: str) -> None:
        """Write a decision into the file. Raises `Conflict` where it holds another one by now."""
        with self._lock:
            path = self._file(key)
            found = next((one for one in _audit(path).findings if one.line == line), None)
            if found is None or found.digest != digest or found.decision != seen:
                raise Conflict(f"{shown_place(path)} has changed since: this is what it says now")
            write_decision(path, line, decision)

    def _file(self, key: str) -> Path:
        for path in self._files():
            if key_of(path) == key:
                return path
        raise NotFound("There is no such audit any more: go back to the data set")

    def _files(self) -> list[Path]:
        found = found_files(self._folders, lambda name: name == CORRECTIONS_NAME)
        # Any CSV may be called so. Beside that of an audit lies its sheet.
        return [path for path in found if path.with_name(SHEET_NAME).is_file()]


def _audit(path: Path) -> SavedAudit:
    try:
        rows = read_corrections(path).rows
    except BurnishError as error:
        return SavedAudit(key=key_of(path), corrections=path, problem=error.in_terminal)
    return SavedAudit(key=key_of(path), corrections=path, findings=[_finding(one) for one in rows])


def _finding(row: Correction) -> AuditFinding:
    return AuditFinding(
        line=row.line,
        name=unguarded(row.name.strip()),
        label=unguarded(row.label),
        suggested=unguarded(row.suggested),
        reason=unguarded(row.reason),
        decision=unguarded(row.decision.strip()),
        digest=row.digest or "",
    )
