"""Which requests are answered together: decisions among the same labels, in the order in which they came."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tiny_engine import asked

from burnish.engine.inference_messages import Choice, ModelPlace
from burnish.engine.scheduling import MAX_BATCH, BatchScheduler, ReadyRequest

PLACE = ModelPlace(weights=Path("weights"))
DECISION = ReadyRequest(
    id=0, place=PLACE, conversation=asked("a page"), choice=Choice(name="type", labels=("form", "letter"))
)


def batches(*requests: ReadyRequest) -> list[list[int]]:
    """The ids of the batches in which requests are answered that all wait."""
    scheduler = BatchScheduler()
    for request in requests:
        scheduler.put(request)
    taken: list[list[int]] = []
    while sum(map(len, taken)) < len(requests):
        taken.append([one.id for one in scheduler.next_batch()])
    return taken


@pytest.mark.parametrize(
    "changes",
    [
        {"choice": None},
        {"choice": Choice(name="kind", labels=("form", "letter"))},
        {"place": ModelPlace(weights=Path("weights"), tuned=Path("tuned"))},
        {"conversation": None},
        {"alone": True},
    ],
)
def test_a_request_of_another_kind_is_answered_for_itself(changes):
    other = replace(DECISION, id=7, **changes)
    first, last = replace(DECISION, id=1), replace(DECISION, id=9)
    assert batches(first, other, last) == [[1, 9], [7]]
    assert batches(other, first, last) == [[7], [1, 9]]


def test_a_batch_has_a_size_and_the_rest_waits_in_its_order():
    numbers = list(range(MAX_BATCH + 3))
    taken = batches(*(replace(DECISION, id=number) for number in numbers))
    assert taken == [numbers[:MAX_BATCH], numbers[MAX_BATCH:]]


def test_what_may_not_be_answered_yet_is_passed_over_unless_it_is_to_be_alone():
    scheduler = BatchScheduler()
    text, alone = replace(DECISION, id=1, choice=None), replace(DECISION, id=3, alone=True)
    for request in (text, replace(DECISION, id=2), alone, replace(DECISION, id=4)):
        scheduler.put(request)

    def taken(*not_yet: int) -> list[int]:
        return [one.id for one in scheduler.next_batch(lambda request: request.id not in not_yet)]

    assert taken(1) == [2, 4]
    scheduler.put(replace(DECISION, id=5))
    assert taken(1, 3) == []
    assert taken(3) == [1]
    assert taken() == [3]
    assert taken() == [5]


def test_what_was_dropped_is_not_answered():
    scheduler = BatchScheduler()
    for number in range(3):
        scheduler.put(replace(DECISION, id=number))
    assert scheduler.drop(1)
    assert not scheduler.drop(1)
    assert [one.id for one in scheduler.next_batch()] == [0, 2]
