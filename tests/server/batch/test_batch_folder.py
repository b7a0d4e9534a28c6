"""The answers of a batch on disk: whatever a kill leaves behind, none is lost and none is doubled."""

from __future__ import annotations

import pytest

from burnish.server.batch.batch_folder import batch_folder, remove_other_folders
from burnish.server.batch.records import Outcome

ANSWERS = [
    Outcome(line=b"first\n", is_error=False, input_tokens=3, output_tokens=2),
    Outcome(line=b"second\n", is_error=True),
    Outcome(line=b"third\n", is_error=False, input_tokens=5, output_tokens=1),
]


@pytest.fixture
def folder(tmp_path):
    folder = batch_folder(tmp_path, "abcdefghijkl")
    folder.begin()
    with folder.journal(0) as journal:
        for answer in ANSWERS:
            journal.append(answer)
    return folder


def test_a_journal_goes_on_with_what_was_counted(folder):
    with folder.journal(0) as journal:
        assert (journal.tally.successes, journal.tally.failures) == (2, 1)
        assert (journal.tally.input_tokens, journal.tally.output_tokens) == (8, 3)
        journal.append(ANSWERS[0])
    assert folder.output(0).read_bytes() == b"first\nsecond\nthird\nfirst\n"


@pytest.mark.parametrize("cut", range(1, 19))
def test_an_answer_that_was_cut_off_is_given_again(folder, cut):
    whole = folder.output(0).read_bytes()
    folder.output(0).write_bytes(whole[:-cut])
    with folder.journal(0) as journal:
        answered = journal.tally.records
        for answer in ANSWERS[answered:]:
            journal.append(answer)
    assert folder.output(0).read_bytes() == whole


@pytest.mark.parametrize("cut", range(1, 18))
def test_an_answer_that_was_not_counted_is_given_again(folder, cut):
    whole, tally = folder.output(0).read_bytes(), folder.path / "0.tally"
    tally.write_bytes(tally.read_bytes()[:-cut])
    with folder.journal(0) as journal:
        for answer in ANSWERS[journal.tally.records :]:
            journal.append(answer)
        assert journal.tally.records == 3
    assert folder.output(0).read_bytes() == whole


def test_files_count_as_fetched_once_all_of_them_are_named(folder):
    assert folder.names is None
    folder.keep_names(["a.jsonl"])
    assert folder.names == ["a.jsonl"]
    folder.begin()
    assert folder.names is None


def test_the_folder_of_a_batch_that_has_ended_is_cleared_away(tmp_path, folder):
    other = batch_folder(tmp_path, "mnopqrstuvwx")
    other.begin()
    remove_other_folders(tmp_path, {"abcdefghijkl"})
    assert folder.path.exists()
    assert not other.path.exists()
