"""An audit in sentences, for the terminal and the sheet."""

from __future__ import annotations

from burnish.datasets.auditing import MIN_PER_LABEL, Audit
from burnish.datasets.label_errors import ErrorCount


def conclusion_of(audit: Audit) -> str:
    """What an audit found, in one sentence."""
    suspects = len(audit.suspects)
    if suspects:
        return f"{_labels(suspects)} of {len(audit.judged)} may be wrong"
    if audit.reason:
        return "No label can be judged"
    return (
        "No label looks wrong"
        if audit.has_findings
        else f"Nothing suspicious in {_documents(audit.documents)}"
    )


def limits_of(audit: Audit) -> list[str]:
    """Which labels were not judged, and why."""
    limits = []
    if audit.reason:
        limits.append(f"Too little to judge labels by: {audit.reason}.")
    if audit.unjudged:
        few = ", ".join(f"{label} ({count})" for label, count in audit.unjudged.items())
        limits.append(f"Too few documents to judge the label, which takes {MIN_PER_LABEL}: {few}.")
    return limits


def notes_of(audit: Audit) -> list[str]:
    """What a reader must know beside the conclusion."""
    errors = [_errors(audit.errors, len(audit.judged))] if audit.errors else []
    return [*errors, *limits_of(audit), *_others(audit)]


def _errors(found: ErrorCount, judged: int) -> str:
    if not found.high:
        return f"Estimated label errors: none of {judged}."
    return (
        f"Estimated label errors: {found.expected:.0f} of {judged} "
        f"(95% credible interval {found.low} to {found.high})."
    )


def _others(audit: Audit) -> list[str]:
    """The copies and the outliers, where there are any."""
    notes = []
    if groups := len(audit.copies):
        differ = f", {audit.contradictions} with different labels" if audit.contradictions else ""
        notes.append(f"{groups} group{'s' * (groups != 1)} of copies{differ}.")
    if outliers := len(audit.outliers):
        unlike = "is" if outliers == 1 else "are"
        notes.append(f"{_documents(outliers)} {unlike} unlike any other.")
    return notes


def _labels(count: int) -> str:
    return "1 label" if count == 1 else f"{count} labels"


def _documents(count: int) -> str:
    return "1 document" if count == 1 else f"{count} documents"
