"""A decision is kept whatever happens to the program, and nobody's is overwritten unseen."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from reviewed_items import item

from burnish.errors import InvalidConfig, InvalidInput
from burnish.review import AlreadyDecided, DecisionJournal, ReviewAction

#: Decides without end, and says so after each decision.
DECIDING = """
import sys
from reviewed_items import item
from burnish.review import DecisionJournal
journal = DecisionJournal(__import__("pathlib").Path(sys.argv[1]), "Ada")
for number in range(10**6):
    print(journal.decide(item(str(number)), "memo").id, flush=True)
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "out.csv.decisions.jsonl"


@pytest.fixture
def ada(path):
    with DecisionJournal(path, "Ada") as journal:
        yield journal


@pytest.fixture
def bob(path):
    with DecisionJournal(path, "Bob") as journal:
        yield journal


def test_a_decision_says_who_when_what_and_before_what_and_the_next_program_knows_it(path, ada):
    first = ada.decide(item("a.pdf", "letter", 0.6), "memo")
    ada.decide(item("a.pdf", "letter", 0.6), "invoice", seen=first)
    with DecisionJournal(path, "Bob") as later:
        entry = later.decision_on("a.pdf")
    assert (entry.by, entry.before, entry.after) == ("Ada", "memo", "invoice")
    assert (entry.answer, entry.probability) == ("letter", 0.6)
    assert entry.at >= first.at
    assert first.before == "letter"


def test_what_was_shown_before_somebody_decided_cannot_be_decided_without_looking_again(ada, bob):
    seen = bob.decision_on("a")
    held = ada.decide(item("a"), "memo")
    with pytest.raises(AlreadyDecided, match="Ada has decided 'memo'") as refused:
        bob.decide(item("a"), "letter", seen=seen)
    assert refused.value.entry == held
    bob.decide(item("a"), "letter", seen=held)
    ada.refresh()
    assert ada.decision_on("a").after == "letter"


def test_everybody_takes_back_their_own_last_decision_and_the_one_before_counts_again(ada, bob):
    ada.decide(item("a"), "memo")
    first = ada.decide(item("b"), "memo")
    bob.decide(item("b"), None, seen=bob.refresh() and bob.decision_on("b"))
    assert ada.undo().item == "a"
    assert ada.decision_on("a") is None
    assert ada.undo() is None
    assert bob.undo().action is ReviewAction.LEAVE_OUT
    assert bob.decision_on("b") == first
    assert [one.action for one in bob.entries].count(ReviewAction.UNDO) == 2


def test_decisions_of_many_at_once_are_all_kept_and_about_one_item_only_one_is(path):
    def decide_all(reviewer: str) -> int:
        refused = 0
        with DecisionJournal(path, reviewer) as journal:
            for number in range(25):
                journal.decide(item(f"{reviewer} {number}"), "memo")
                try:
                    journal.decide(item(f"everybody's {number}"), reviewer)
                except AlreadyDecided:
                    refused += 1
        return refused

    with ThreadPoolExecutor(4) as pool:
        refused = sum(pool.map(decide_all, ("Ada", "Bob", "Cy", "Di")))
    with DecisionJournal(path, "Eve") as journal:
        assert len(journal.entries) == len(journal.decisions) == 5 * 25
    assert refused == 3 * 25


def test_a_process_that_is_killed_has_lost_no_decision_that_it_said_was_made(path):
    command = [sys.executable, "-c", DECIDING, str(path)]
    here = str(Path(__file__).parent)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment_with(here)) as process:
        said = [process.stdout.readline().strip() for _ in range(20)]
        process.kill()
        said += process.stdout.read().split()
    with DecisionJournal(path, "Bob") as journal:
        kept = {entry.id for entry in journal.entries}
        assert set(said) <= kept
        journal.decide(item("the next"), "memo")
    assert all(json.loads(line) for line in path.read_bytes().splitlines())


def environment_with(folder):
    import os

    return {**os.environ, "PYTHONPATH": os.pathsep.join([folder, *sys.path])}


def test_half_a_line_at_the_end_is_no_decision_and_spoils_none(path, ada):
    ada.decide(item("a"), "memo")
    with path.open("ab") as file:
        file.write(b'{"id":"77","at":"2026')
    with DecisionJournal(path, "Bob") as journal:
        journal.decide(item("b"), "letter")
    ada.refresh()
    assert set(ada.decisions) == {"a", "b"}


def test_what_is_no_decision_is_named_by_its_line_and_left_as_it_is(path, ada):
    ada.decide(item("a"), "memo")
    with path.open("ab") as file:
        file.write(b"my notes\n")
    with pytest.raises(InvalidInput, match="line 2, is no decision"):
        DecisionJournal(path, "Bob")
    assert path.read_bytes().endswith(b"my notes\n")


def test_a_file_that_was_shortened_under_a_review_is_not_written_to(path, ada):
    ada.decide(item("a"), "memo")
    path.write_bytes(b"")
    with pytest.raises(InvalidInput, match="shortened"):
        ada.decide(item("b"), "memo")
    assert path.read_bytes() == b""


@pytest.mark.parametrize("name", ["", "  ", "A\nda", "A" * 201])
def test_a_reviewer_has_a_name_on_one_line(path, name):
    with pytest.raises(InvalidConfig, match="printable"):
        DecisionJournal(path, name or " ")


def test_the_environment_names_the_reviewer_where_nobody_else_does(path, monkeypatch):
    monkeypatch.setenv("BURNISH_REVIEWER", "Grace")
    with DecisionJournal(path) as journal:
        assert journal.reviewer == "Grace"
