"""Results that are looked through a screenful at a time."""

from __future__ import annotations

import sqlite3

import pytest
from answered_pages import LABELS, document, page

from burnish.classification.decisions import DecisionRules, ReviewDecision, ReviewThreshold
from burnish.classification.result_files import ResultFile, result_row, write_result_file
from burnish.classification.rules import PageRule
from burnish.errors import InvalidInput, NotFound

RULES = DecisionRules(
    threshold=ReviewThreshold(value=0.8, source="as given"), labels=LABELS, rule=PageRule.FIRST_PAGE
)


def rows(count):
    """Documents of every label in turn, of which each is less sure than the one before."""
    for at in range(count):
        answers = document(page(1, LABELS[at % 3], 1 - at / (2 * count)), name=f"{at:03}.pdf")
        yield result_row(answers, RULES.of_document(answers)[0])
    unreadable = document(name="broken.pdf", reason="damaged")
    yield result_row(unreadable, RULES.of_document(unreadable)[0])


@pytest.fixture
def path(tmp_path):
    write_result_file(tmp_path / "out.csv.results.sqlite", rows(30))
    return tmp_path / "out.csv.results.sqlite"


def test_rows_come_by_the_page_as_they_were_written(path):
    with ResultFile(path) as results:
        assert results.count() == 31
        assert [*results.rows(limit=20), *results.rows(offset=20, limit=20)] == list(rows(30))


def test_decision_and_label_choose_rows(path):
    written = list(rows(30))
    with ResultFile(path) as results:
        for decision in ReviewDecision:
            chosen = [one for one in written if one.decision is decision]
            assert results.rows(decision=decision) == chosen
            assert results.count(decision=decision) == len(chosen)
            assert results.labels(decision=decision) == {
                label: sum(one.label == label for one in chosen) for label in LABELS
            }
        memos = [one for one in written if one.label == "memo" and one.decision is ReviewDecision.REVIEW]
        assert results.rows(label="memo", decision=ReviewDecision.REVIEW, limit=2, offset=1) == memos[1:3]


def test_the_least_sure_come_first_on_request(path):
    with ResultFile(path) as results:
        found = [one.document for one in results.rows(order="least-sure", limit=3)]
    assert found == ["broken.pdf", "029.pdf", "028.pdf"]


def test_what_is_open_stays_as_it_is_while_results_are_written_anew(path):
    with ResultFile(path) as results:
        write_result_file(path, rows(2))
        assert results.count() == 31
    with ResultFile(path) as results:
        assert results.count() == 3
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_other_files_are_refused(tmp_path):
    with pytest.raises(NotFound, match="does not exist"):
        ResultFile(tmp_path / "none.sqlite")
    (tmp_path / "notes.sqlite").write_text("to do\n" * 100)
    with pytest.raises(InvalidInput, match="no results"):
        ResultFile(tmp_path / "notes.sqlite")
    with sqlite3.connect(tmp_path / "other.sqlite") as database:
        database.execute("CREATE TABLE other (one)")
    with pytest.raises(InvalidInput, match="another version"):
        ResultFile(tmp_path / "other.sqlite")
