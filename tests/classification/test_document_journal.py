"""Answers survive whatever ends a run."""

from __future__ import annotations

import pytest
from answered_pages import document, page

from burnish.classification.document_journal import DocumentJournal
from burnish.errors import Conflict, InvalidInput


@pytest.fixture
def path(tmp_path):
    return tmp_path / "out.csv.answers.jsonl"


def kept_in(path, *keys):
    with DocumentJournal(path) as journal:
        return [one.document for one in journal.answers_of(map(bytes.fromhex, keys))]


def test_what_was_kept_is_known_to_the_next_run_in_the_order_that_is_asked_for(path):
    with DocumentJournal(path) as journal:
        journal.keep(document(page(1, "memo", 0.9, input_tokens=7), key="aa", name="a"))
        journal.keep(document(page(1, "memo", 0.9, input_tokens=5), key="bb", name="b"))
    with DocumentJournal(path) as journal:
        assert journal.knows("aa")
        assert not journal.knows("cc")
        assert journal.input_tokens == 12
    assert kept_in(path, "bb", "cc", "aa") == ["b", "a"]


def test_half_a_line_at_the_end_is_no_answer_and_spoils_none(path):
    with DocumentJournal(path) as journal:
        journal.keep(document(page(1, "memo"), key="aa", name="a"))
    path.write_bytes(path.read_bytes() + b'{"key":"bb","docu')
    with DocumentJournal(path) as journal:
        journal.keep(document(page(1, "memo"), key="cc", name="c"))
    assert kept_in(path, "aa", "bb", "cc") == ["a", "c"]


@pytest.mark.parametrize(
    "unfinished", [document(reason="damaged"), document(page(1, None, problem="busy", has_failed=True))]
)
def test_what_failed_is_tried_again_and_its_last_answer_counts(path, unfinished):
    with DocumentJournal(path) as journal:
        journal.keep(unfinished)
        assert not journal.knows("aa")
        journal.keep(document(page(1, "memo"), name="at last"))
        assert journal.knows("aa")
    assert kept_in(path, "aa") == ["at last"]


def test_answers_can_be_taken_back(path):
    with DocumentJournal(path) as journal:
        journal.keep(document(page(1, "memo"), key="aa", name="a"))
        size = journal.size
        journal.keep(document(page(1, "memo"), key="bb", name="b"))
        journal.rewind(size)
        assert not journal.knows("bb")
    assert kept_in(path, "aa", "bb") == ["a"]


def test_another_file_is_refused_and_left_as_it_is(path):
    path.write_text("my notes\n")
    with pytest.raises(InvalidInput, match="line 1, is no answer"):
        DocumentJournal(path)
    assert path.read_text() == "my notes\n"


def test_a_journal_belongs_to_one_run_at_a_time_and_may_be_read_by_others(path):
    with DocumentJournal(path) as journal:
        journal.keep(document(page(1, "memo"), key="aa", name="a"))
        with pytest.raises(Conflict, match=r"Another run .* is writing 'out.csv'"):
            DocumentJournal(path)
        path.write_bytes(path.read_bytes() + b'{"key":"bb","docu')
        with DocumentJournal(path, only_read=True) as reader:
            assert reader.knows("aa")
        assert path.read_bytes().endswith(b'"docu')
    with DocumentJournal(path) as journal:
        assert journal.knows("aa")


def test_to_read_a_journal_that_does_not_exist_makes_none(path):
    with DocumentJournal(path, only_read=True) as journal:
        assert not journal.knows("aa")
    assert not path.exists()
