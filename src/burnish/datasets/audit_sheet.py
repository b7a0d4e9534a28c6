"""The audit as a sheet to review: one HTML file with thumbnails, and a CSV to write decisions into."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from burnish.csv_cells import unguarded
from burnish.datasets.auditing import Audit, Suspect
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
from burnish.shown_texts import visible

SHEET_NAME, CORRECTIONS_NAME = "audit.html", "corrections.csv"
#: The share of documents that is shown: most planted wrong labels rank among them (benchmarks/auditing.py).
SHOWN_SHARE = 0.15
MIN_SHOWN = 12
MAX_GROUPS = 60


@dataclass(frozen=True, kw_only=True)
class AuditSheet:
    """An audit as files: a page to view, and a file for the decisions."""

    audit: Audit
    page: Path
    corrections: Path

    @property
    def suspects(self) -> tuple[Suspect, ...]:
        """The suspects that are shown, the most doubtful first."""
        return self.audit.suspects[: shown_count(self.audit)]


def write_audit(
    audit: Audit,
    features: Sequence[DocumentFeatures],
    folder: Path,
    *,
    source: str,
    decided: Sequence[Correction] = (),
) -> AuditSheet:
    """Write the audit of a source to ``folder``. Earlier decisions (``decided``) are kept in the new file."""
    from jinja2 import Environment, PackageLoader

    folder.mkdir(parents=True, exist_ok=True)
    thumbnails = {one.document.digest: one.thumbnail for one in features}
    environment = Environment(
        loader=PackageLoader("burnish.datasets"),
        autoescape=True,
        finalize=visible,
    )
    shown = shown_count(audit)
    sheet = environment.get_template("audit.html").render(
        audit=audit,
        suspects=audit.suspects[:shown],
        copies=audit.copies[:MAX_GROUPS],
        contradictions=sum(len(one.labels) > 1 for one in audit.copies),
        outliers=audit.outliers[:MAX_GROUPS],
        thumbnail=partial(_data_uri, thumbnails),
        corrections=CORRECTIONS_NAME,
    )
    page = folder / SHEET_NAME
    replace_file(page, sheet.encode())
    corrections = folder / CORRECTIONS_NAME
    text = csv_of_corrections(_rows(_review_items(audit, shown), source, decided))
    replace_file(corrections, text.encode())
    return AuditSheet(audit=audit, page=page, corrections=corrections)


def decisions_in(*files: Path) -> tuple[Correction, ...]:
    """The distinct decisions in those files that exist. Raises `InvalidDocuments` for a malformed file."""
    rows = [row for file in files if file.exists() for row in read_corrections(file).rows]
    decided = {(one.name, one.source, one.digest, one.decision): one for one in rows if one.decision.strip()}
    return tuple(decided.values())


def shown_count(audit: Audit) -> int:
    """How many suspects are shown."""
    # Never more than there are, and of small sets enough to be worth a person's while.
    return min(max(round(len(audit.suspects) * SHOWN_SHARE), MIN_SHOWN), len(audit.suspects))


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


def _review_items(audit: Audit, shown: int) -> list[_ReviewItem]:
    """Every document to decide about, once, with its most important reason."""
    reasons = [
        *(
            _ReviewItem(document=one.document, suggested=one.suggested, reason="the label may be wrong")
            for one in audit.suspects[:shown]
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
