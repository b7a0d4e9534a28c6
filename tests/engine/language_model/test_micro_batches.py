"""Micro-batches: as much goes through at once as there is memory for."""

from __future__ import annotations

import random

import pytest
import torch

from burnish.engine.language_model import micro_batches as limits
from burnish.engine.language_model.micro_batches import (
    MicroBatchLimit,
    kept_bytes,
    measured_limit,
    micro_batches,
    room_for_activations,
)

FLOAT = 4


def sequences(*lengths: int, shared: int = 10) -> list[tuple[int, ...]]:
    rng = random.Random(0)
    return [(*range(shared), *(rng.randrange(100, 999) for _ in range(length))) for length in lengths]


@pytest.mark.parametrize("packs", [True, False])
@pytest.mark.parametrize("limit", [1, 30, 70, 10_000])
def test_every_sequence_goes_through_once_within_the_limit(limit, packs):
    batch = sequences(5, 60, 22, 8, 31, 31)
    parts = list(micro_batches(batch, 10, limit, packed=packs))
    assert sorted(index for part in parts for index in part) == [*range(6)]
    for part in parts:
        own = [len(batch[index]) - 10 for index in part]
        assert len(part) == 1 or (sum(own) if packs else len(own) * max(own)) <= limit


def test_what_sequences_share_counts_once_and_keeps_them_together():
    rng = random.Random(1)
    pages = [tuple(rng.randrange(1000, 2000) for _ in range(50)) for _ in range(2)]
    batch = [(*page, *one[10:]) for one in sequences(5, 5, 5) for page in pages]
    parts = list(micro_batches(batch, 0, 65, packed=True))
    assert sorted(map(sorted, parts)) == [[0, 2, 4], [1, 3, 5]]


def test_what_is_kept_for_the_way_back_is_measured_without_the_weights():
    weight = torch.ones(8, 8, requires_grad=True)
    states = torch.ones(100, 8, requires_grad=True)
    with kept_bytes([weight]) as kept:
        (states @ weight).exp().sum()
    assert sum(kept.values()) == 2 * 100 * 8 * FLOAT  # the product's input, and the result of `exp`


def test_the_limit_is_what_fits_into_the_room_that_there_is():
    weight = torch.ones(8, 8, requires_grad=True)
    room = room_for_activations(torch.device("cpu"))
    found = measured_limit(lambda: torch.ones(100, 8) @ weight, 100, [weight])
    assert found.tokens == pytest.approx(room / (8 * FLOAT), rel=0.1)  # what is free may change in between
    assert not found.checkpointed


@pytest.mark.parametrize(("share", "checkpointed"), [(1 / 4, False), (0.0, True)])
def test_an_example_of_more_than_several_may_take_keeps_its_blocks_while_memory_is_free(
    monkeypatch, share, checkpointed
):
    monkeypatch.setattr(limits, "MAX_ROOM", 100)
    monkeypatch.setattr(limits, "SHARE_OF_FREE", share)
    weight = torch.ones(8, 8, requires_grad=True)
    found = measured_limit(lambda: torch.ones(100, 8) @ weight, 100, [weight])
    assert found.tokens < 100
    assert found.checkpointed == checkpointed


def test_the_limit_is_halved_until_one_example_is_left_which_is_then_checkpointed():
    limit = MicroBatchLimit(tokens=100)
    assert limit.halved(4) == MicroBatchLimit(tokens=50)
    least = limit.halved(1)
    assert least == MicroBatchLimit(tokens=100, checkpointed=True)
    assert least.halved(1) is None
