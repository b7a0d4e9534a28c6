"""What a check results in: one for each thing that was looked at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a result is."""

    OK = "ok"
    #: Nothing is wrong, but something that somebody may want is not there.
    NOTE = "note"
    PROBLEM = "problem"


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """The state of one thing, and what to do where that is not what one wants."""

    subject: str
    severity: Severity
    says: str
    remedy: str = ""


def ok(subject: str, says: str) -> CheckResult:
    """A thing that works."""
    return CheckResult(subject=subject, severity=Severity.OK, says=says)


def note(subject: str, says: str, *, remedy: str = "") -> CheckResult:
    """A thing that is not there, and need not be."""
    return CheckResult(subject=subject, severity=Severity.NOTE, says=says, remedy=remedy)


def problem(subject: str, says: str, *, remedy: str) -> CheckResult:
    """A thing that does not work."""
    return CheckResult(subject=subject, severity=Severity.PROBLEM, says=says, remedy=remedy)
