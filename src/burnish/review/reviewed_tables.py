"""A classification with what was decided about it: one label for each document, and who says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from burnish.csv_cells import csv_of
from burnish.disk import replace_file, reporting_full_disk
from burnish.review.items import ReviewItem
from burnish.review.queue import ReviewQueue

COLUMNS = ("document", "pages", "label", "state", "model_label", "probability", "decided_by", "reason")


class ReviewedState(StrEnum):
    """Where the label of a document is from, or why it has none."""

    #: By a person.
    DECIDED = "decided"
    #: By the model, which was sure enough.
    ACCEPTED = "accepted"
    #: A person said that no label fits.
    LEFT_OUT = "left-out"
    TO_REVIEW = "to-review"
    #: It could not be read, or is gone.
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, kw_only=True)
class ReviewedTable:
    """What was written: how many documents are in each state."""

    states: Mapping[ReviewedState, int]

    def __str__(self) -> str:
        told = ", ".join(f"{count} {state}" for state, count in self.states.items())
        total = sum(self.states.values())
        return f"{total} {'document' if total == 1 else 'documents'}: {told or 'none'}"


def write_reviewed_table(queue: ReviewQueue, path: Path) -> ReviewedTable:
    """Write every document of a review to a CSV, with its label where that is settled.

    Texts that a spreadsheet would run as formulas are guarded.
    """
    queue.journal.refresh()
    rows = [*(_row(queue, one) for one in queue.items), *_unavailable(queue)]
    with reporting_full_disk(path.parent):
        # With a byte order mark, without which Excel takes UTF-8 for another encoding.
        replace_file(path, csv_of([COLUMNS, *rows]).encode("utf-8-sig"))
    counts = Counter(row[COLUMNS.index("state")] for row in rows)
    return ReviewedTable(states={state: counts[state] for state in ReviewedState if counts[state]})


def _row(queue: ReviewQueue, item: ReviewItem) -> tuple[object, ...]:
    held = queue.journal.decision_on(item.key)
    label = item.label if not item.is_for_review else None
    state = ReviewedState.TO_REVIEW if item.is_for_review else ReviewedState.ACCEPTED
    if held:
        label, state = held.after, ReviewedState.DECIDED if held.after else ReviewedState.LEFT_OUT
    return (
        item.document,
        f"p. {item.pages_told}",  # a spreadsheet would take 3-5 for a date
        label or "",
        state,
        item.label or "",
        "" if item.probability is None else item.probability,
        held.by if held else "",
        item.reason,
    )


def _unavailable(queue: ReviewQueue) -> Iterator[tuple[object, ...]]:
    for name, reason in queue.unavailable.items():
        yield (name, "", "", ReviewedState.UNAVAILABLE, "", "", "", reason)
