"""`burnish audit --task extraction`: which fields a person should review before anything is trained."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from burnish.cli.display import open_display, stage_on
from burnish.cli.output import print_message, print_result, show_json, show_table
from burnish.cli.source_options import SourceOptions, documents_with_fields, show_notes

if TYPE_CHECKING:
    from burnish.datasets.documents import Documents, SkippedDocument
    from burnish.datasets.field_audit_sheet import FieldAuditSheet

#: How many suspect values the terminal lists. The sheet and the table have them all.
MAX_LISTED = 10


def audit_fields_of(source: str, reading: SourceOptions, out: Path, *, as_json: bool) -> None:
    """Audit the documents of a source with their fields, and show what was found."""
    found = documents_with_fields(source, reading)
    if not as_json:
        show_notes(found)
    sheet, unread = _audited(found, out, quiet=as_json)
    if as_json:
        _show_json(sheet)
        return
    for one in (*found.skipped, *unread):
        print_message(f"Skipped: {one}")
    _show(sheet)


def _audited(found: Documents, out: Path, *, quiet: bool) -> tuple[FieldAuditSheet, list[SkippedDocument]]:
    """The sheet about the documents, and those that could not be read; shows progress."""
    from burnish.datasets.audit_pages import write_pages
    from burnish.datasets.document_features import extract_features
    from burnish.datasets.field_audit_sheet import conclusion_of, documents_shown, write_field_audit
    from burnish.datasets.field_auditing import audit_fields
    from burnish.datasets.pages import usual_rendering

    total = len(found.documents)
    with open_display(quiet=quiet) as display:
        with stage_on(display, "reading"):
            features, unread = extract_features(
                found.documents,
                rendering=usual_rendering(extracts=True),
                on_document=lambda done: display.show("documents read", done=done, total=total),
            )
            display.show(f"{len(features)} documents")
        with stage_on(display, "analysing"):
            audit = audit_fields(features)
            display.show(conclusion_of(audit))
        with stage_on(display, "writing"):
            pages = write_pages(documents_shown(audit), out)
            sheet = write_field_audit(audit, features, out, source=found.origin, pages=pages)
            display.show(f"{len(pages)} pages")
    return sheet, unread


def _show(sheet: FieldAuditSheet) -> None:
    from burnish.datasets.field_audit_sheet import FIELD_COLUMNS, conclusion_of, field_row, notes_of

    audit = sheet.audit
    print_result(f"{conclusion_of(audit)}.")
    for note in notes_of(audit):
        print_result(note)
    show_table(FIELD_COLUMNS, [field_row(one) for one in audit.fields])
    if suspects := audit.unprinted[:MAX_LISTED]:
        rows = [(one.document.name, one.field, one.value) for one in suspects]
        show_table(("not on its document", "field", "value"), rows)
    if left := len(audit.unprinted) - len(suspects):
        print_result(f"and {left} more, on the sheet")
    print_result(f"Sheet: {sheet.page}")
    if audit.has_findings:
        print_result(f"Every finding: {sheet.findings}. Correct the fields where they are written.")


def _show_json(sheet: FieldAuditSheet) -> None:
    from burnish.datasets.documents import readable
    from burnish.datasets.field_audit_sheet import COLUMNS, conclusion_of, finding_rows

    audit = sheet.audit
    show_json(
        {
            "conclusion": conclusion_of(audit),
            "nothing_suspicious": not audit.has_findings,
            "documents": audit.documents,
            "fields": audit.fields,
            "findings": [dict(zip(COLUMNS, row, strict=True)) for row in finding_rows(audit)],
            "sheet": readable(str(sheet.page)),
        }
    )
