"""The audit as a sheet for people: one HTML file with thumbnails, and a CSV to write decisions into."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from PIL import Image

from burnish.datasets.auditing import Audit, Looked
from burnish.datasets.corrections import COLUMNS
from burnish.datasets.documents import Document

SHEET_NAME, CORRECTIONS_NAME = "audit.html", "corrections.csv"
#: Of so many documents the most doubtful are shown: as far as wrong labels are likely to reach.
SHOWN_SHARE = 0.15
LEAST_SHOWN = 12
MOST_GROUPS = 60
THUMBNAIL = (300, 400)


def write_audit(audit: Audit, looked: Sequence[Looked], folder: Path) -> tuple[Path, Path]:
    """The sheet and the corrections file, in ``folder``. Decisions that are there already are kept."""
    from jinja2 import Environment, PackageLoader

    folder.mkdir(parents=True, exist_ok=True)
    pictures = {one.document.name: one.png for one in looked}
    environment = Environment(loader=PackageLoader("burnish.datasets"), autoescape=True)
    shown = shown_of(audit)
    sheet = environment.get_template("audit.html").render(
        audit=audit,
        suspects=audit.suspects[:shown],
        copies=audit.copies[:MOST_GROUPS],
        contradictions=sum(len(one.labels) > 1 for one in audit.copies),
        outliers=audit.outliers[:MOST_GROUPS],
        thumbnail=partial(_thumbnail, pictures),
        corrections=CORRECTIONS_NAME,
    )
    page = folder / SHEET_NAME
    page.write_text(sheet, encoding="utf-8")
    return page, _write_corrections(audit, folder / CORRECTIONS_NAME, shown)


def shown_of(audit: Audit) -> int:
    """How many suspects are worth a look."""
    return min(max(round(len(audit.suspects) * SHOWN_SHARE), LEAST_SHOWN), len(audit.suspects))


def _thumbnail(pictures: Mapping[str, bytes], name: str) -> str:
    """A small picture of a document's first page, as a data URI."""
    with Image.open(io.BytesIO(pictures[name])) as page:
        small = page.convert("L")
        small.thumbnail(THUMBNAIL)
    body = io.BytesIO()
    small.save(body, "WEBP", quality=60)
    return f"data:image/webp;base64,{base64.b64encode(body.getvalue()).decode()}"


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
