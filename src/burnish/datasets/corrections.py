"""What a person has decided about documents: other labels, and documents that are to be left out.

A CSV with the columns ``name``, ``label`` and ``decision``: a decision is empty or ``keep``, ``drop``, or the
right label. `burnish audit` writes one, a person edits it, and `burnish prepare` takes it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from burnish.datasets.documents import Document, Documents, Skipped
from burnish.errors import InvalidDocuments
from burnish.label_spellings import with_suggestion

COLUMNS = ("name", "label", "decision")
KEEP, DROP = "keep", "drop"


def read_corrections(path: Path) -> dict[str, str]:
    """The decisions by the names of documents. Raises `InvalidDocuments` naming the line."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            if not set(COLUMNS) <= set(reader.fieldnames or ()):
                raise InvalidDocuments(
                    f"{str(path)!r} has the columns {', '.join(reader.fieldnames or ()) or 'of nothing'}: "
                    f"{', '.join(COLUMNS)} are needed, as `burnish audit` writes them"
                )
            return dict(_decisions(path, reader))
    except (FileNotFoundError, IsADirectoryError) as error:
        raise InvalidDocuments(f"There are no corrections at {str(path)!r}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidDocuments(f"{str(path)!r} cannot be read: {error}") from error


def _decisions(path: Path, reader: csv.DictReader[str]) -> Iterator[tuple[str, str]]:
    for row in reader:
        name, decision = (row.get("name") or "").strip(), (row.get("decision") or "").strip()
        if not name:
            raise InvalidDocuments(f"{str(path)!r}, line {reader.line_num}: there is no name")
        if decision and decision.lower() != KEEP:
            yield name, decision


def corrected(found: Documents, decisions: Mapping[str, str], *, origin: str) -> Documents:
    """The documents with the labels that were decided on, and without those that were dropped.

    Raises `InvalidDocuments` for a name that is not among the documents, and for a label that no document
    has: both are more likely slips of the pen than meant.
    """
    names = {one.name for one in found.documents}
    if strange := sorted(set(decisions) - names):
        raise InvalidDocuments(
            f"{origin!r} decides about documents that {found.origin!r} does not hold: "
            f"{', '.join(strange[:5])}"
        )
    wanted = {decision for decision in decisions.values() if decision.lower() != DROP}
    if unknown := sorted(wanted - set(found.labels)):
        named = ", ".join(with_suggestion(label, found.labels) for label in unknown)
        raise InvalidDocuments(
            f"{origin!r} gives labels that no document has: {named}. The labels are "
            f"{', '.join(map(repr, found.labels))}; to leave a document out, write {DROP!r}"
        )
    kept, dropped = [], []
    for one in found.documents:
        decision = decisions.get(one.name, "")
        if decision.lower() == DROP:
            dropped.append(Skipped(name=one.name, reason=f"left out by {origin}"))
        else:
            kept.append(_relabelled(one, decision))
    return replace(found, documents=tuple(kept), skipped=(*found.skipped, *dropped))


def _relabelled(document: Document, decision: str) -> Document:
    return replace(document, label=decision) if decision else document
