"""The audit as a sheet for people: one HTML file with thumbnails, and a CSV to write decisions into."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from burnish.datasets.auditing import Audit, Suspect
from burnish.datasets.correction_files import (
    SHA256,
    Correction,
    csv_of_corrections,
    read_corrections,
)
from burnish.datasets.document_features import Looked
from burnish.datasets.documents import Document
from burnish.datasets.source_names import is_source, source_name
from burnish.disk import replace_file
from burnish.shown_texts import visible
from burnish.spreadsheets import unguarded

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


def write_audit(
    audit: Audit,
    looked: Sequence[Looked],
    folder: Path,
    *,
    source: str,
    decided: Sequence[Correction] = (),
) -> Sheet:
    """The audit of a source as files in ``folder``. What was ``decided`` earlier stays in the new file."""
    from jinja2 import Environment, PackageLoader

    folder.mkdir(parents=True, exist_ok=True)
    thumbnails = {one.document.digest: one.thumbnail for one in looked}
    environment = Environment(
        loader=PackageLoader("burnish.datasets"),
        autoescape=True,
        finalize=visible,
    )
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
    replace_file(page, sheet.encode())
    corrections = folder / CORRECTIONS_NAME
    text = csv_of_corrections(_rows(_doubts(audit, shown), source, decided))
    replace_file(corrections, text.encode())
    return Sheet(audit=audit, page=page, corrections=corrections)


def decisions_in(*files: Path) -> tuple[Correction, ...]:
    """What was decided in files that are there, each once. Raises `InvalidDocuments` for one that is none."""
    rows = [row for file in files if file.exists() for row in read_corrections(file).rows]
    decided = {(one.name, one.source, one.digest, one.decision): one for one in rows if one.decision.strip()}
    return tuple(decided.values())


def shown_of(audit: Audit) -> int:
    """How many suspects are worth a look."""
    return min(max(round(len(audit.suspects) * SHOWN_SHARE), LEAST_SHOWN), len(audit.suspects))


def _data_uri(thumbnails: Mapping[str, bytes], digest: str) -> str:
    """The small picture of a document's first page, as the page can hold it."""
    return f"data:image/webp;base64,{base64.b64encode(thumbnails[digest]).decode()}"


@dataclass(frozen=True, kw_only=True)
class _Doubt:
    """A document that a person may have to decide about, and the reason that comes first."""

    document: Document
    suggested: str = ""
    why: str


def _rows(doubts: Sequence[_Doubt], source: str, decided: Sequence[Correction]) -> Iterator[Sequence[str]]:
    """The rows to decide in. What was decided before stays as it was, doubted again or not."""
    earlier = {one.digest: one for one in decided if one.digest and _is_of(one, source)}
    for doubt in doubts:
        one, known = doubt.document, earlier.get(doubt.document.digest)
        decision = unguarded(known.decision) if known else ""
        yield (
            *(one.name, one.label, decision, doubt.suggested, doubt.why),
            *(source_name(source), SHA256 + one.digest),
        )
    repeated = {one.document.digest for one in doubts}
    for row in decided:
        if row.digest is None or row.digest not in repeated or earlier.get(row.digest) != row:
            digest = SHA256 + row.digest if row.digest else ""
            name, label, decision, origin = map(unguarded, (row.name, row.label, row.decision, row.source))
            yield name, label, decision, "", "decided before", origin, digest


def _is_of(row: Correction, source: str) -> bool:
    return not row.source or is_source(row.source, source)


def _doubts(audit: Audit, shown: int) -> list[_Doubt]:
    """Every document that a person may have to decide about, once, with the reason that comes first."""
    reasons = [
        *(
            _Doubt(document=one.document, suggested=one.suggested, why="the label may be wrong")
            for one in audit.suspects[:shown]
        ),
        *(
            _Doubt(
                document=document,
                why=f"a copy of {copies.documents[0].name}, labelled {copies.documents[0].label}",
            )
            for copies in audit.copies
            for document in copies.documents[1:]
        ),
        *(_Doubt(document=document, why="like no other document") for document in audit.outliers),
    ]
    first: dict[str, _Doubt] = {}
    for one in reasons:
        first.setdefault(one.document.digest, one)
    return list(first.values())
