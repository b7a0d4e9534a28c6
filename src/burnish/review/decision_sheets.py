"""Decisions as a table for a spreadsheet: written for whoever decides there, and read back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from burnish.csv_cells import csv_of, unguarded
from burnish.datasets.tables import read_table, refuse
from burnish.datasets.text_files import text_in
from burnish.disk import replace_file, reporting_full_disk
from burnish.errors import InvalidInput
from burnish.review.decision_journal import AlreadyDecided, ReviewEntry
from burnish.review.items import ReviewItem
from burnish.review.queue import ReviewQueue

LEAVE_OUT = "leave-out"
COLUMNS = ("item", "decision")
OPTIONAL = ("document", "pages", "label", "probability", "runner_up", "reason", "path", "seen")
_ALL = (
    *("document", "pages", "label", "probability", "runner_up", "reason"),
    *("decision", "path", "item", "seen"),
)
#: Before a key, so that no spreadsheet takes it for a number.
_ITEM = "item:"


@dataclass(frozen=True, kw_only=True)
class ImportedDecisions:
    """What came of reading a sheet: how many decisions are new, and which were not taken, and why."""

    made: int
    unchanged: int
    conflicts: tuple[str, ...]

    def __str__(self) -> str:
        conflicts = f", {len(self.conflicts)} not taken" if self.conflicts else ""
        return f"{self.made} decisions imported, {self.unchanged} were made before{conflicts}"


@dataclass(frozen=True, kw_only=True)
class _SheetRow:
    line: int
    item: ReviewItem
    #: None to leave it out.
    label: str | None
    seen: str


def export_decisions(queue: ReviewQueue, path: Path) -> int:
    """Write what is to be reviewed, and what is decided already, to a CSV; how many rows it has.

    Texts that a spreadsheet would run as formulas are guarded.
    """
    decided = [queue.item(key) for key in queue.journal.decisions if queue.has(key)]
    items = [*queue.upcoming(), *decided]
    rows = [_row(one, queue.journal.decision_on(one.key)) for one in items]
    with reporting_full_disk(path.parent):
        # With a byte order mark, without which Excel takes UTF-8 for another encoding.
        replace_file(path, csv_of([_ALL, *rows]).encode("utf-8-sig"))
    return len(rows)


def import_decisions(queue: ReviewQueue, path: Path) -> ImportedDecisions:
    """Take the decisions of a sheet that `export_decisions` wrote and a person has filled in.

    The whole sheet is checked first: raises `InvalidDocuments` or `InvalidInput`, naming the line, for what
    is no decision, and then takes none. What somebody else has decided since the export is not overwritten.
    """
    rows = list(_decided_rows(queue, path))
    made = unchanged = 0
    conflicts = []
    for row in rows:
        held = queue.decision_on(row.item)
        if held and held.after == row.label:
            unchanged += 1
        elif (held.id if held else "") != row.seen:
            conflicts.append(f"line {row.line}: {AlreadyDecided(held, row.item.document).message}")
        else:
            queue.journal.decide(row.item, row.label, seen=held)
            made += 1
    return ImportedDecisions(made=made, unchanged=unchanged, conflicts=tuple(conflicts))


def _row(item: ReviewItem, held: ReviewEntry | None) -> tuple[object, ...]:
    return (
        item.document,
        f"p. {item.pages_told}",  # a spreadsheet would take 3-5 for a date
        item.label or "",
        "" if item.probability is None else item.probability,
        item.runner_up or "",
        item.reason,
        (held.after or LEAVE_OUT) if held else "",
        str(item.path or item.uri or ""),
        _ITEM + item.key,
        held.id if held else "",
    )


def _decided_rows(queue: ReviewQueue, path: Path) -> Iterator[_SheetRow]:
    text = text_in(path, missing=f"There are no decisions at {str(path)!r}")
    lines: dict[str, int] = {}
    for line, cells in read_table(path, text, COLUMNS, optional=OPTIONAL, may_be_short=True).rows:
        decision = cells.get("decision", "").strip()
        if not decision:
            continue
        key = cells.get("item", "").strip().removeprefix(_ITEM)
        if not queue.has(key):
            refuse(path, line, f"the review has no {key!r}: leave the column 'item' as it was exported")
        if (earlier := lines.setdefault(key, line)) != line:
            refuse(path, line, f"it decides about the same document as line {earlier}: leave one of them")
        try:
            label = _label_of(queue, decision)
        except InvalidInput as error:
            refuse(path, line, error.message)
        yield _SheetRow(line=line, item=queue.item(key), label=label, seen=cells.get("seen", "").strip())


def _label_of(queue: ReviewQueue, decision: str) -> str | None:
    if decision.casefold() == LEAVE_OUT and LEAVE_OUT not in queue.labels:
        return None
    return queue.known_label(unguarded(decision))
