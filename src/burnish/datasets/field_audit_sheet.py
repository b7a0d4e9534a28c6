"""The sheet of an audit of fields: a page to review, and a table of what is suspect."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from burnish.appearance.pages import rendered
from burnish.csv_cells import csv_of
from burnish.datasets.audit_sheet import GROUP_SIZE, MAX_GROUPS, MAX_SUSPECTS, SHEET_NAME
from burnish.datasets.document_features import DocumentFeatures
from burnish.datasets.documents import Document
from burnish.datasets.field_auditing import USUALLY_PRINTED, FieldAudit, FieldSummary
from burnish.datasets.source_names import source_name
from burnish.disk import replace_file

FINDINGS_NAME = "findings.csv"
COLUMNS = ("document", "field", "value", "reason")
FIELD_COLUMNS = ("field", "has a value", "different", "on its document")


@dataclass(frozen=True, kw_only=True)
class FieldAuditSheet:
    """An audit of fields as files: a page to view, and a table of every finding."""

    audit: FieldAudit
    page: Path
    findings: Path


def write_field_audit(
    audit: FieldAudit,
    features: Sequence[DocumentFeatures],
    folder: Path,
    *,
    source: str,
    pages: Mapping[str, str],
) -> FieldAuditSheet:
    """Write the audit of a source to ``folder``.

    ``pages`` are the paths of pages at full size, relative to the folder, by the digest of the document.
    """
    folder.mkdir(parents=True, exist_ok=True)
    thumbnails = {one.document.digest: one.thumbnail for one in features}

    def thumbnail(digest: str) -> str:
        return f"data:image/webp;base64,{base64.b64encode(thumbnails[digest]).decode()}"

    view = {
        "audit": audit,
        "source": source_name(source),
        "conclusion": conclusion_of(audit),
        "notes": notes_of(audit),
        "fields": [field_row(one) for one in audit.fields],
        "columns": FIELD_COLUMNS,
        "unprinted": audit.unprinted[:MAX_SUSPECTS],
        "copies": audit.copies[:MAX_GROUPS],
        "group_size": GROUP_SIZE,
        "thumbnail": thumbnail,
        "pages": pages,
        "findings": FINDINGS_NAME,
        "usually": USUALLY_PRINTED,
    }
    page, findings = folder / SHEET_NAME, folder / FINDINGS_NAME
    replace_file(page, rendered("field-audit.html.jinja", view, package="burnish.datasets").encode())
    replace_file(findings, csv_of((COLUMNS, *finding_rows(audit))).encode())
    return FieldAuditSheet(audit=audit, page=page, findings=findings)


def documents_shown(audit: FieldAudit) -> list[Document]:
    """The documents whose pages are shown, each once."""
    shown = [
        *(one.document for one in audit.unprinted[:MAX_SUSPECTS]),
        *(one for group in audit.copies[:MAX_GROUPS] for one in group.documents[:GROUP_SIZE]),
    ]
    return list({one.digest: one for one in shown}.values())


def conclusion_of(audit: FieldAudit) -> str:
    """What an audit of fields found, in one sentence."""
    found = [
        (len(audit.unprinted), "value is not on its document", "values are not on their documents"),
        (
            audit.contradictions,
            "group of copies has different fields",
            "groups of copies have different fields",
        ),
        (audit.leaks, "group of copies is in training and test", "groups of copies are in training and test"),
        (len(audit.empty), "document has no value at all", "documents have no value at all"),
    ]
    told = [f"{count} {one if count == 1 else several}" for count, one, several in found if count]
    whole = "1 document" if audit.documents == 1 else f"{audit.documents} documents"
    return ", ".join(told) or f"Nothing suspicious in the fields of {whole}"


def notes_of(audit: FieldAudit) -> list[str]:
    """What a reader must know beside the conclusion."""
    notes = []
    if same := [one.name for one in audit.fields if one.distinct == 1 and one.filled > 1]:
        notes.append(f"Always the same, so that nothing is learned of them: {', '.join(same)}.")
    unjudged = [one for one in audit.fields if one.values and not one.is_usually_printed]
    if unjudged:
        told = ", ".join(f"{one.name} ({one.printed} of {one.values})" for one in unjudged)
        notes.append(
            f"Seldom printed as they are written, or too few, so that their values are not judged: {told}."
        )
    if plain := [one for one in audit.copies if not one.differing and not one.is_leak]:
        notes.append(f"Groups of copies with the same fields: {len(plain)}. A split keeps them together.")
    return notes


def field_row(one: FieldSummary) -> tuple[str, str, str, str]:
    """A row of `FIELD_COLUMNS`."""
    printed = f"{one.printed} of {one.values}" if one.values else "-"
    return one.name, f"{one.filled} of {one.documents}", str(one.distinct), printed


def finding_rows(audit: FieldAudit) -> Iterator[tuple[str, str, str, str]]:
    """A row of `COLUMNS` for each finding."""
    for one in audit.unprinted:
        yield one.document.name, one.field, one.value, "it is not on the document"
    for group in audit.copies:
        first, *others = group.documents
        differing = f", with another {' and '.join(group.differing)}" if group.differing else ""
        leak = ", one to train on and one to test with" if group.is_leak else ""
        for document in others:
            yield document.name, ", ".join(group.differing), "", f"a copy of {first.name}{differing}{leak}"
    for document in audit.empty:
        yield document.name, "", "", "it has no value at all"
