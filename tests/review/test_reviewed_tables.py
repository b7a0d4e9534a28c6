"""What comes of a review: every document once, with its label and who says so."""

from __future__ import annotations

import csv

import pytest
from reviewed_items import LABELS, item

from burnish.review import DecisionJournal, ReviewQueue, write_reviewed_table


@pytest.fixture
def queue(tmp_path):
    items = [
        item("accepted.pdf", probability=0.99, is_for_review=False),
        item("open.pdf", reason="below the threshold"),
        item("=decided.pdf", pages=(3, 5)),
        item("corrected.pdf", probability=0.98, is_for_review=False),
        item("none.pdf"),
    ]
    with DecisionJournal(tmp_path / "decisions.jsonl", "Ada") as journal:
        yield ReviewQueue(items=items, labels=LABELS, journal=journal, unavailable={"torn.pdf": "no PDF"})


def test_every_document_is_told_with_its_label_and_where_that_is_from(queue, tmp_path):
    queue.decide(queue.item("=decided.pdf"), "memo")
    queue.decide(queue.item("corrected.pdf"), "invoice")
    queue.leave_out(queue.item("none.pdf"))
    told = write_reviewed_table(queue, tmp_path / "reviewed.csv")
    assert str(told) == "6 documents: 2 decided, 1 accepted, 1 left-out, 1 to-review, 1 unavailable"
    with (tmp_path / "reviewed.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(one["document"], one["label"], one["state"], one["decided_by"]) for one in rows] == [
        ("accepted.pdf", "letter", "accepted", ""),
        ("open.pdf", "", "to-review", ""),
        ("'=decided.pdf", "memo", "decided", "Ada"),
        ("corrected.pdf", "invoice", "decided", "Ada"),
        ("none.pdf", "", "left-out", "Ada"),
        ("torn.pdf", "", "unavailable", ""),
    ]
    assert rows[2]["pages"] == "p. 3-5"
    assert rows[1]["model_label"] == "letter"


def test_what_is_taken_back_is_to_be_reviewed_again(queue, tmp_path):
    queue.decide(queue.item("open.pdf"), "memo")
    queue.undo()
    assert "2 to-review" not in str(write_reviewed_table(queue, tmp_path / "reviewed.csv"))
    assert "3 to-review" in str(write_reviewed_table(queue, tmp_path / "reviewed.csv"))
