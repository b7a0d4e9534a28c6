"""`burnish audit`: which documents a person should look at again before anything is trained."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from burnish.cli.dataset_options import Source, documents_of
from burnish.cli.lines import complain, tell
from burnish.cli.options import AsJson
from burnish.cli.tables import show_json


def audit(
    source: Source,
    /,
    *,
    out: Annotated[Path, Parameter(help="Where the sheet and the corrections file go.")] = Path(
        "burnish-audit"
    ),
    corrections: Annotated[Path | None, Parameter(help="Decisions that were made already.")] = None,
    as_json: AsJson = False,
) -> None:
    """Find labels that may be wrong, copies, and pages like no other, and write a sheet to decide by."""
    from burnish.cli.display import open_display
    from burnish.datasets.audit_sheet import shown_of, write_audit
    from burnish.datasets.auditing import audit_documents
    from burnish.datasets.looking import look_at

    found = documents_of(source, held_out=None, corrections=corrections)
    total = len(found.documents)
    with open_display(quiet=as_json) as display:
        display.begin("reading")
        looked, unread = look_at(
            found.documents,
            on_document=lambda done: display.show("documents read", done=done, total=total),
        )
        display.show(f"{len(looked)} documents")
        display.end(well=True)
        display.begin("judging")
        audited = audit_documents(looked)
        sheet, decisions = write_audit(audited, looked, out)
        display.show(f"{shown_of(audited)} labels to look at, {len(audited.copies)} groups of copies")
        display.end(well=True)
    if as_json:
        show_json(
            {
                "suspects": [
                    {"name": one.document.name, "label": one.document.label, "suggested": one.suggested}
                    for one in audited.suspects[: shown_of(audited)]
                ],
                "copies": [[one.name for one in group.documents] for group in audited.copies],
                "outliers": [one.name for one in audited.outliers],
                "sheet": str(sheet),
                "corrections": str(decisions),
            }
        )
        return
    for one in (*found.skipped, *unread):
        complain(f"Left out: {one}")
    tell(f"Sheet: {sheet}")
    tell(f"Decide in {decisions}, and then: burnish prepare {source} --corrections {decisions} …")
