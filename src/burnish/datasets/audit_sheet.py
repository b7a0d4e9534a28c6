"""The audit as a sheet for people: one HTML file with thumbnails, and a CSV to write decisions into."""

from __future__ import annotations

import base64
import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from burnish.datasets.auditing import Audit, Suspect
from burnish.datasets.corrections import COLUMNS
from burnish.datasets.documents import Document
from burnish.datasets.looking import Looked

SHEET_NAME, CORRECTIONS_NAME = "audit.html", "corrections.csv"
#: Of so many documents the most doubtful are shown: as far as wrong labels are likely to reach.
SHOWN_SHARE = 0.15
LEAST_SHOWN = 12
MOST_GROUPS = 60


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """An audit as files: a page to look at, and a file to decide in."""

    audit: Audit
    page: Path
    corrections: Path

    @property
    def suspects(self) -> tuple[Suspect, ...]:
        """Those that are shown: the most doubtful."""
        return self.audit.suspects[: shown_of(self.audit)]


def write_audit(audit: Audit, looked: Sequence[Looked], folder: Path) -> Sheet:
    """The audit as files in ``folder``. Decisions that are there already are kept."""
    from jinja2 import Environment, PackageLoader

    folder.mkdir(parents=True, exist_ok=True)
    thumbnails = {one.document.name: one.thumbnail for one in looked}
    environment = Environment(loader=PackageLoader("burnish.datasets"), autoescape=True)
    shown = shown_of(audit)
    sheet = environment.get_template("audit.html").render(
        audit=audit,
        suspects=audit.suspects[:shown],
        copies=audit.copies[:MOST_GROUPS],
        contradictions=sum(len(one.labels) > 1 for one in audit.copies),
        outliers=audit.outliers[:MOST_GROUPS],
        thumbnail=partial(_data_uri, thumbnails),
        corrections=CORRECTIONS_NAME,
    )
    page = folder / SHEET_NAME
    page.write_text(sheet, encoding="utf-8")
    corrections = _write_corrections(audit, folder / CORRECTIONS_NAME, shown)
    return Sheet(audit=audit, page=page, corrections=corrections)


def shown_of(audit: Audit) -> int:
    """How many suspects are worth a look."""
    return min(max(round(len(audit.suspects) * SHOWN_SHARE), LEAST_SHOWN), len(audit.suspects))


def _data_uri(thumbnails: Mapping[str, bytes], name: str) -> str:
    """The small picture of a document's first page, as the page can hold it."""
    return f"data:image/webp;base64,{base64.b64encode(thumbnails[name]).decode()}"


def _write_corrections(audit: Audit, path: Path, shown: int) -> Path:
    """The file to decide in. What was decided before stays, suspected again or not."""
    decided = {row["name"]: row for row in _earlier(path)}
    with path.with_suffix(".new").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*COLUMNS, "suggested", "why"])
        for document, suggested, why in _rows(audit, shown):
            decision = decided.pop(document.name, {}).get("decision", "")
            writer.writerow([document.name, document.label, decision, suggested, why])
        for name, row in decided.items():
            writer.writerow([name, row.get("label"), row["decision"], "", "decided before"])
    path.with_suffix(".new").replace(path)
    return path


def _earlier(path: Path) -> Iterator[dict[str, str]]:
    """The rows of a corrections file in which something was decided."""
    if path.exists():
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from (row for row in csv.DictReader(file) if row.get("name") and row.get("decision"))


def _rows(audit: Audit, shown: int) -> Iterable[tuple[Document, str, str]]:
    """Every document that a person may have to decide about, once, with the reason that comes first."""
    seen: set[str] = set()
    reasons = [
        *((one.document, one.suggested, "the label may be wrong") for one in audit.suspects[:shown]),
        *(
            (document, "", f"a copy of {copies.documents[0].name}, labelled {copies.documents[0].label}")
            for copies in audit.copies
            for document in copies.documents[1:]
        ),
        *((document, "", "like no other document") for document in audit.outliers),
    ]
    for document, suggested, why in reasons:
        if document.name not in seen:
            seen.add(document.name)
            yield document, suggested, why
