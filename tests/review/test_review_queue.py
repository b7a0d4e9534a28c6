"""The order of a review, and what may be decided in it."""

from __future__ import annotations

import pytest
from reviewed_items import LABELS, item

from burnish.errors import InvalidInput, NotFound
from burnish.review import DecisionJournal, ReviewQueue

FAR = int("0f" * 32, 16)


@pytest.fixture
def queue_of(tmp_path):
    journals = []

    def queue(*items, reviewer="Ada") -> ReviewQueue:
        journals.append(DecisionJournal(tmp_path / "decisions.jsonl", reviewer))
        return ReviewQueue(items=items, labels=LABELS, journal=journals[-1])

    yield queue
    for one in journals:
        one.close()


def order_of(queue):
    return [one.key for one in queue.upcoming()]


def test_the_least_sure_come_first_and_then_what_is_unlike_anything_seen(queue_of):
    queue = queue_of(
        item("sure", probability=0.99, is_for_review=False),
        item("strange", probability=0.97, is_for_review=False, is_unlike_training=True, typicality=0.04),
        item("stranger", probability=0.98, is_for_review=False, is_unlike_training=True, typicality=0.01),
        item("unsure", probability=0.5),
        item("doubtful", probability=0.3),
        item("unanswered", label=None, probability=None),
    )
    assert order_of(queue) == ["unanswered", "doubtful", "unsure", "stranger", "strange"]


def test_what_looks_like_something_decided_comes_last_with_what_was_decided_about_it(queue_of):
    queue = queue_of(
        item("a", probability=0.1, looks=(1,)),
        item("copy of a", probability=0.2, looks=(3,)),
        item("b", probability=0.3, looks=(FAR,)),
    )
    assert order_of(queue) == ["a", "copy of a", "b"]
    queue.decide(queue.item("a"), "memo")
    assert order_of(queue) == ["b", "copy of a"]
    assert queue.suggested_label(queue.item("copy of a")) == "memo"
    assert queue.suggested_label(queue.item("b")) == "letter"


def test_blank_pages_and_pages_without_hashes_are_nobodys_copies(queue_of):
    queue = queue_of(item("a", probability=0.1), item("b", probability=0.2), item("c", probability=0.3))
    queue.decide(queue.item("a"), "memo")
    assert order_of(queue) == ["b", "c"]


def test_what_is_decided_is_gone_what_is_skipped_waits_and_undo_brings_back(queue_of):
    queue = queue_of(item("a", probability=0.1), item("b", probability=0.2))
    queue.leave_out(queue.next())
    assert queue.next().key == "b"
    assert queue.next(without={"b"}) is None
    queue.undo()
    assert queue.next().key == "a"


def test_two_reviewers_are_not_shown_what_the_other_has_decided(queue_of):
    items = [item("a", probability=0.1), item("b", probability=0.2)]
    ada, bob = queue_of(*items), queue_of(*items, reviewer="Bob")
    ada.decide(ada.next(), "memo")
    assert bob.next().key == "b"
    bob.decide(bob.next(), "letter")
    progress = ada.progress()
    assert (progress.items, progress.decided, progress.left) == (2, 2, 0)
    assert progress.reviewers == {"Ada": 1, "Bob": 1}
    assert str(progress) == "2 of 2 decided: 2 labelled, 1 of them not as the model says, 0 left out; 0 to go"


def test_a_file_that_is_there_twice_is_reviewed_once(queue_of):
    queue = queue_of(item("same", probability=0.1), item("same", probability=0.1))
    queue.decide(queue.next(), "memo")
    assert queue.next() is None


def test_a_label_is_taken_in_any_spelling_and_a_new_one_is_refused_with_the_way_to_it(queue_of):
    queue = queue_of(item("a"))
    with pytest.raises(InvalidInput, match=r"no label 'invioce'.*mean.*'invoice'.*prepare_dataset"):
        queue.decide(queue.item("a"), "invioce")
    assert queue.decide(queue.item("a"), " Memo ").after == "memo"


def test_an_item_of_an_earlier_classification_is_not_found(queue_of):
    with pytest.raises(NotFound, match="earlier classification"):
        queue_of(item("a")).item("b")
