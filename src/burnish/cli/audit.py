"""`burnish audit`: which documents a person should review before anything is trained."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Parameter

from burnish.cli.display import open_display, stage_on
from burnish.cli.field_audit import audit_fields_of
from burnish.cli.options import AsJson
from burnish.cli.output import print_message, print_result, show_json, show_table
from burnish.cli.source_options import Source, SourceOptions, documents_of, show_applied, show_notes
from burnish.pace import rough_duration

#: How many suspects the terminal lists. The sheet and the corrections file have them all.
MAX_LISTED = 10

if TYPE_CHECKING:
    from burnish.datasets.audit_sheet import AuditSheet
    from burnish.datasets.auditing import Audit
    from burnish.datasets.correction_files import Correction
    from burnish.datasets.corrections import AppliedCorrections
    from burnish.datasets.documents import Documents, SkippedDocument


def audit(
    source: Source,
    /,
    *,
    out: Annotated[Path, Parameter(help="Folder for the audit sheet and the corrections file.")] = Path(
        "burnish-audit"
    ),
    task: Annotated[
        Literal["classification", "extraction"],
        Parameter(help="What is judged: the type of each document, or the fields to read off it."),
    ] = "classification",
    reading: SourceOptions | None = None,
    as_json: AsJson = False,
) -> None:
    """Find likely errors in labels or fields, duplicates and outliers, and write a sheet to review."""
    from burnish.datasets.audit_sheet import CORRECTIONS_NAME, decisions_in

    reading = reading or SourceOptions()
    if task == "extraction":
        audit_fields_of(source, reading, out, as_json=as_json)
        return
    decided = decisions_in(out / CORRECTIONS_NAME, *filter(None, [reading.corrections]))
    found, applied = documents_of(source, reading)
    if not as_json:
        show_notes(found)
    sheet, unread = _audited(found, out, decided, quiet=as_json)
    if as_json:
        _show_json(sheet, applied, found.notes)
        return
    for one in (*found.skipped, *unread):
        print_message(f"Skipped: {one}")
    show_applied(applied)
    _show_findings(sheet.audit)
    print_result(f"Sheet: {sheet.page}")
    if not sheet.audit.has_findings:
        return
    again = shlex.join([source, *replace(reading, corrections=sheet.corrections).words()])
    print_result(f"Record your decisions in {sheet.corrections}, then run: burnish prepare {again} …")


def _audited(
    found: Documents, out: Path, decided: Sequence[Correction], *, quiet: bool
) -> tuple[AuditSheet, list[SkippedDocument]]:
    """The sheet about the documents, and those that could not be read; shows progress."""
    from burnish.datasets.audit_conclusion import conclusion_of
    from burnish.datasets.audit_pages import write_pages
    from burnish.datasets.audit_sheet import documents_on_sheet, write_audit
    from burnish.datasets.auditing import audit_documents
    from burnish.datasets.document_features import extract_features

    total = len(found.documents)
    with open_display(quiet=quiet) as display:
        display.say(_estimate(total))
        with stage_on(display, "reading"):
            features, unread = extract_features(
                found.documents,
                on_document=lambda done: display.show("documents read", done=done, total=total),
            )
            display.show(f"{len(features)} documents")
        with stage_on(display, "analysing"):
            audited = audit_documents(features)
            display.show(conclusion_of(audited))
        with stage_on(display, "writing"):
            pages = write_pages(documents_on_sheet(audited), out)
            sheet = write_audit(audited, features, out, source=found.origin, decided=decided, pages=pages)
            display.show(f"{len(pages)} pages")
    return sheet, unread


def _estimate(documents: int) -> str:
    from burnish.datasets.document_features import expected_seconds

    counted = "1 document" if documents == 1 else f"{documents} documents"
    seconds = max(expected_seconds(documents), 1)
    return (
        f"Reading {counted} takes about {rough_duration(seconds)} on an idle machine, less where they have "
        "been read before."
    )


def _show_findings(audit: Audit) -> None:
    from burnish.appearance.quantities import percent
    from burnish.datasets.audit_conclusion import conclusion_of, notes_of

    print_result(f"{conclusion_of(audit)}.")
    for note in notes_of(audit):
        print_result(note)
    if suspects := audit.suspects[:MAX_LISTED]:
        show_table(
            ("document", "label", "suggested", "likely wrong"),
            [
                (one.document.name, one.document.label, one.suggested, percent(one.probability))
                for one in suspects
            ],
        )
    if left := len(audit.suspects) - len(suspects):
        print_result(f"and {left} more, on the sheet")


def _show_json(sheet: AuditSheet, applied: AppliedCorrections | None, notes: tuple[str, ...]) -> None:
    from burnish.datasets.audit_conclusion import conclusion_of
    from burnish.datasets.documents import readable

    audit = sheet.audit
    show_json(
        {
            "conclusion": conclusion_of(audit),
            "nothing_suspicious": bool(audit.judged) and not audit.has_findings,
            "documents": audit.documents,
            "judged": len(audit.judged),
            "estimated_errors": audit.errors,
            "not_judged": {"reason": audit.reason, "labels": audit.unjudged},
            "suspects": [
                {
                    "name": one.document.name,
                    "digest": one.document.digest,
                    "label": one.document.label,
                    "suggested": one.suggested,
                    "probability": round(one.probability, 4),
                }
                for one in audit.suspects
            ],
            "copies": [[one.name for one in group.documents] for group in audit.copies],
            "outliers": [one.name for one in audit.outliers],
            "sheet": readable(str(sheet.page)),
            "corrections": readable(str(sheet.corrections)),
            "notes": notes,
            "applied": applied,
        }
    )
