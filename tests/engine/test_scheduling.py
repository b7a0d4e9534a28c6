"""Which requests are answered together: decisions among the same labels, in the order in which they came."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tiny_engine import asked

from burnish.engine.inference import Choice, ModelPlace
from burnish.engine.scheduling import LARGEST_BATCH, BatchScheduler, InferenceRequest

PLACE = ModelPlace(weights=Path("weights"))
DECISION = InferenceRequest(
    id="0", place=PLACE, conversation=asked("a page"), choice=Choice(name="type", labels=("form", "letter"))
)


def batches(*requests: InferenceRequest) -> list[list[str]]:
    """The ids of the batches in which requests are answered that all wait."""
    scheduler = BatchScheduler()
    for request in requests:
        scheduler.put(request)
    taken: list[list[str]] = []
    while sum(map(len, taken)) < len(requests):
        taken.append([one.id for one in scheduler.next_batch()])
    return taken


@pytest.mark.parametrize(
    "changes",
    [
        {"choice": None},
        {"choice": Choice(name="kind", labels=("form", "letter"))},
        {"place": ModelPlace(weights=Path("weights"), adapter=Path("adapter"))},
        {"conversation": None},
        {"alone": True},
    ],
)
def test_a_request_of_another_kind_is_answered_for_itself(changes):
    other = replace(DECISION, id="other", **changes)
    first, last = replace(DECISION, id="first"), replace(DECISION, id="last")
    assert batches(first, other, last) == [["first", "last"], ["other"]]
    assert batches(other, first, last) == [["other"], ["first", "last"]]


def test_a_batch_has_a_size_and_the_rest_waits_in_its_order():
    numbers = [str(number) for number in range(LARGEST_BATCH + 3)]
    taken = batches(*(replace(DECISION, id=number) for number in numbers))
    assert taken == [numbers[:LARGEST_BATCH], numbers[LARGEST_BATCH:]]


def test_what_was_dropped_is_not_answered():
    scheduler = BatchScheduler()
    for number in "012":
        scheduler.put(replace(DECISION, id=number))
    assert scheduler.drop("1")
    assert not scheduler.drop("1")
    assert [one.id for one in scheduler.next_batch()] == ["0", "2"]
