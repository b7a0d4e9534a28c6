"""A spreadsheet's decisions are taken as they are meant, or refused by the line."""

from __future__ import annotations

import csv

import pytest
from reviewed_items import LABELS, item

from burnish.errors import InvalidDocuments
from burnish.review import DecisionJournal, ReviewQueue, export_decisions, import_decisions


@pytest.fixture
def queue_of(tmp_path):
    journals = []

    def queue(reviewer="Ada") -> ReviewQueue:
        journals.append(DecisionJournal(tmp_path / "decisions.jsonl", reviewer))
        items = [item("=cmd.pdf", probability=0.1), item("b.pdf", probability=0.2), item("c.pdf")]
        return ReviewQueue(items=items, labels=LABELS, journal=journals[-1])

    yield queue
    for one in journals:
        one.close()


@pytest.fixture
def sheet(tmp_path):
    return tmp_path / "sheet.csv"


def rows_of(sheet):
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def fill_in(sheet, decisions, delimiter=","):
    rows = rows_of(sheet)
    for row, decision in zip(rows, decisions, strict=False):
        row["decision"] = decision
    with sheet.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, rows[0], delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)


def test_names_that_a_spreadsheet_would_run_are_guarded_and_decisions_still_find_their_documents(
    queue_of, sheet
):
    queue = queue_of()
    assert export_decisions(queue, sheet) == 3
    assert [row["document"] for row in rows_of(sheet)] == ["'=cmd.pdf", "b.pdf", "c.pdf"]
    fill_in(sheet, ["Memo", "leave-out", ""], delimiter=";")
    done = import_decisions(queue, sheet)
    assert (done.made, done.unchanged, done.conflicts) == (2, 0, ())
    assert queue.decision_on(queue.item("=cmd.pdf")).after == "memo"
    assert queue.decision_on(queue.item("b.pdf")).after is None
    assert str(import_decisions(queue, sheet)) == "0 decisions imported, 2 were made before"


@pytest.mark.parametrize(
    ("decision", "said"), [("=HYPERLINK(1)", "no label '=HYPERLINK"), ("invioce", "mean 'invoice'")]
)
def test_one_line_that_is_no_decision_refuses_the_sheet_and_none_is_taken(queue_of, sheet, decision, said):
    queue = queue_of()
    export_decisions(queue, sheet)
    fill_in(sheet, ["memo", decision])
    with pytest.raises(InvalidDocuments, match=said) as refused:
        import_decisions(queue, sheet)
    assert "line 3" in str(refused.value)
    assert not queue.journal.entries


def test_what_somebody_has_decided_since_the_export_is_not_overwritten(queue_of, sheet):
    ada, bob = queue_of(), queue_of("Bob")
    export_decisions(ada, sheet)
    fill_in(sheet, ["memo", "memo"])
    bob.decide(bob.item("b.pdf"), "invoice")
    done = import_decisions(ada, sheet)
    assert done.made == 1
    assert "Bob has decided 'invoice'" in done.conflicts[0]
    assert ada.decision_on(ada.item("b.pdf")).after == "invoice"


def test_a_decision_is_changed_in_the_sheet_that_was_exported_after_it(queue_of, sheet):
    queue = queue_of()
    queue.decide(queue.item("b.pdf"), "invoice")
    export_decisions(queue, sheet)
    (row,) = [number for number, row in enumerate(rows_of(sheet)) if row["decision"]]
    fill_in(sheet, [""] * row + ["memo"])
    assert import_decisions(queue, sheet).made == 1
    assert queue.decision_on(queue.item("b.pdf")).after == "memo"


def test_rows_of_another_review_and_rows_that_are_there_twice_are_named(queue_of, sheet):
    queue = queue_of()
    sheet.write_text("item,decision\nitem:nothing,memo\n")
    with pytest.raises(InvalidDocuments, match=r"line 2.*no 'nothing'"):
        import_decisions(queue, sheet)
    sheet.write_text("item,decision\nitem:b.pdf,memo\nitem:b.pdf,letter\n")
    with pytest.raises(InvalidDocuments, match=r"line 3.*line 2"):
        import_decisions(queue, sheet)
