"""The audit as a sheet to review: an HTML page with thumbnails, and a CSV to write decisions into."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from burnish.appearance.pages import rendered
from burnish.appearance.quantities import percent
from burnish.csv_cells import unguarded
from burnish.datasets.audit_conclusion import conclusion_of, limits_of
from burnish.datasets.auditing import MIN_PROBABILITY, Audit
from burnish.datasets.correction_files import (
    SHA256,
    Correction,
    csv_of_corrections,
    read_corrections,
)
from burnish.datasets.document_features import DocumentFeatures
from burnish.datasets.documents import Document
from burnish.datasets.source_names import is_source, source_name
from burnish.disk import replace_file

SHEET_NAME, CORRECTIONS_NAME = "audit.html", "corrections.csv"
#: More than a person reviews in one go. The corrections file has a row for every finding.
MAX_SUSPECTS, MAX_GROUPS, MAX_OUTLIERS = 200, 60, 60
#: How many documents of a group of copies are shown.
GROUP_SIZE = 6


@dataclass(frozen=True, kw_only=True)
class AuditSheet:
    """An audit as files: a page to view, and a file for the decisions."""

    audit: Audit
    page: Path
    corrections: Path


def write_audit(
    audit: Audit,
    features: Sequence[DocumentFeatures],
    folder: Path,
    *,
    source: str,
    decided: Sequence[Correction] = (),
    pages: Mapping[str, str] | None = None,
) -> AuditSheet:
    """Write the audit of a source to ``folder``. Earlier decisions (``decided``) are kept in the new file.

    ``pages`` are the paths of pages at full size, relative to the folder, by the digest of the document.
    """
    folder.mkdir(parents=True, exist_ok=True)
    thumbnails = {one.document.digest: one.thumbnail for one in features}
    view = {
        "audit": audit,
        "source": source_name(source),
        "conclusion": conclusion_of(audit),
        "limits": limits_of(audit),
        "least": MIN_PROBABILITY,
        "suspects": audit.suspects[:MAX_SUSPECTS],
        "copies": audit.copies[:MAX_GROUPS],
        "group_size": GROUP_SIZE,
        "outliers": audit.outliers[:MAX_OUTLIERS],
        "thumbnail": partial(_data_uri, thumbnails),
        "pages": pages or {},
        "corrections": CORRECTIONS_NAME,
    }
    page = folder / SHEET_NAME
    replace_file(page, rendered("audit.html.jinja", view, package="burnish.datasets").encode())
    corrections = folder / CORRECTIONS_NAME
    text = csv_of_corrections(_rows(_review_items(audit), source, decided))
    replace_file(corrections, text.encode())
    return AuditSheet(audit=audit, page=page, corrections=corrections)


def documents_on_sheet(audit: Audit) -> list[Document]:
    """The documents whose pages are shown, each once."""
    shown = [
        *(one.document for one in audit.suspects[:MAX_SUSPECTS]),
        *(one for group in audit.copies[:MAX_GROUPS] for one in group.documents[:GROUP_SIZE]),
        *audit.outliers[:MAX_OUTLIERS],
    ]
    return list({one.digest: one for one in shown}.values())


def decisions_in(*files: Path) -> tuple[Correction, ...]:
    """The distinct decisions in those files that exist. Raises `InvalidDocuments` for a malformed file."""
    rows = [row for file in files if file.exists() for row in read_corrections(file).rows]
    decided = {(one.name, one.source, one.digest, one.decision): one for one in rows if one.decision.strip()}
    return tuple(decided.values())


def _data_uri(thumbnails: Mapping[str, bytes], digest: str) -> str:
    """The thumbnail of a first page, inline: the sheet stays one file that can be sent to somebody."""
    return f"data:image/webp;base64,{base64.b64encode(thumbnails[digest]).decode()}"


@dataclass(frozen=True, kw_only=True)
class _ReviewItem:
    """A document to decide about, with the most important reason."""

    document: Document
    suggested: str = ""
    reason: str


def _rows(
    items: Sequence[_ReviewItem], source: str, decided: Sequence[Correction]
) -> Iterator[Sequence[str]]:
    """The rows of the corrections file, earlier decisions about documents that are not suspect included."""
    earlier = {one.digest: one for one in decided if one.digest and _is_about(one, source)}
    for item in items:
        one, known = item.document, earlier.get(item.document.digest)
        decision = unguarded(known.decision) if known else ""
        yield (
            *(one.name, one.label, decision, item.suggested, item.reason),
            *(source_name(source), SHA256 + one.digest),
        )
    # A decision about what is no longer suspect is work of a person, and must not be lost with the old file.
    repeated = {one.document.digest for one in items}
    for row in decided:
        if row.digest is None or row.digest not in repeated or earlier.get(row.digest) != row:
            digest = SHA256 + row.digest if row.digest else ""
            name, label, decision, origin = map(unguarded, (row.name, row.label, row.decision, row.source))
            yield name, label, decision, "", "decided before", origin, digest


def _is_about(row: Correction, source: str) -> bool:
    return not row.source or is_source(row.source, source)


def _review_items(audit: Audit) -> list[_ReviewItem]:
    """Every document to decide about, once, with its most important reason."""
    reasons = [
        *(
            _ReviewItem(
                document=one.document,
                suggested=one.suggested,
                reason=f"the label is {percent(one.probability)} likely to be wrong",
            )
            for one in audit.suspects
        ),
        *(
            _ReviewItem(
                document=document,
                reason=f"a copy of {copies.documents[0].name}, labelled {copies.documents[0].label}",
            )
            for copies in audit.copies
            for document in copies.documents[1:]
        ),
        *(_ReviewItem(document=document, reason="unlike any other document") for document in audit.outliers),
    ]
    # The reasons are ordered by importance, so the first one of a document is kept.
    first: dict[str, _ReviewItem] = {}
    for one in reasons:
        first.setdefault(one.document.digest, one)
    return list(first.values())
