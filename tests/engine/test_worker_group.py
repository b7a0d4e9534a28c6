"""A group of workers: what they agree on and add up, and how all of them end when one does."""

from __future__ import annotations

import math
import os

import pytest
import torch
from worker_processes import Failed, outcomes

from burnish.engine.checkpoints import NO_CHECKPOINTS, FolderCheckpoints, Paused
from burnish.engine.group_checkpoints import GroupCheckpoints, of_group
from burnish.engine.worker_group import ALONE, WorkerGroup


def everything_once(group: WorkerGroup) -> dict[str, object]:
    """Each operation, with something else from each worker."""
    asked = []

    def decide() -> bool:
        asked.append(group.rank)
        return group.rank == 0

    weights = [torch.full((2, 3), float(group.rank)), torch.full((4,), 10.0 * group.rank + 1)]
    if group.rank:  # the first one has no gradients: its share was empty
        for weight in weights:
            weight.grad = torch.full_like(weight, float(group.rank))
    loss = group.sum_gradients(weights, float(group.rank))
    gradients = [weight.grad.tolist() for weight in weights]
    group.align(weights)
    return {
        "agreed": group.agreed(decide),
        "asked": asked,
        "loss": loss,
        "gradients": gradients,
        "aligned": [weight.tolist() for weight in weights],
        "total": group.total(0.1 * 3**group.rank),
        "not a number": group.total(math.nan if group.rank == 1 else 1.0),
        "bytes": group.bytes_of_first(b"of %d" % group.rank),
        "no bytes": group.bytes_of_first(b""),
    }


def test_all_workers_have_the_sums_and_what_the_first_one_says(tmp_path):
    found = outcomes(3, everything_once, folder=tmp_path)
    for rank, one in enumerate(found):
        assert one["agreed"]
        assert one["asked"] == ([0] if rank == 0 else [])
        assert one["loss"] == 3.0
        assert one["gradients"] == [[[3.0] * 3] * 2, [3.0] * 4]
        assert one["aligned"] == [[[0.0] * 3] * 2, [1.0] * 4]
        assert one["total"] == math.fsum([0.1, 0.1 * 3, 0.1 * 9])
        assert math.isnan(one["not a number"])
        assert one["bytes"] == b"of 0"
        assert one["no bytes"] == b""


def test_a_worker_alone_changes_nothing():
    weight = torch.ones(2)
    assert ALONE.sum_gradients([weight], 0.5) == 0.5
    assert weight.grad is None
    ALONE.align([weight])
    assert weight.tolist() == [1.0, 1.0]
    assert ALONE.agreed(lambda: True)
    assert ALONE.bytes_of_first(b"its own") == b"its own"
    assert of_group(NO_CHECKPOINTS, ALONE) is NO_CHECKPOINTS


def failing_at_the_third(group: WorkerGroup, who: int) -> None:
    for number in range(6):
        if number == 3 and group.rank == who:
            raise ValueError("no such page: \udcff" + "long" * 1000)
        group.total(float(number))


@pytest.mark.parametrize("who", [0, 2])
def test_an_error_of_one_worker_ends_all_and_says_whose_it_was(tmp_path, who):
    found = outcomes(3, failing_at_the_third, who, folder=tmp_path)
    for rank, one in enumerate(found):
        assert one.error == ("ValueError" if rank == who else "WorkerFailed")
        assert "no such page" in one.text
        assert rank == who or f"worker {who} failed: ValueError" in one.text


def failing_when_the_others_have_done(group: WorkerGroup) -> str:
    if group.rank == 1:
        raise ValueError("at the very end")
    return "done"


def test_nobody_has_done_while_somebody_may_still_fail(tmp_path):
    first, second = outcomes(2, failing_when_the_others_have_done, folder=tmp_path)
    assert first == Failed("WorkerFailed", "worker 1 failed: ValueError: at the very end")
    assert second == Failed("ValueError", "at the very end")


def killed(group: WorkerGroup) -> None:
    if group.rank == 1:
        os._exit(9)
    group.total(1.0)


def test_a_worker_that_is_killed_ends_the_others(tmp_path):
    first, second, third = outcomes(3, killed, folder=tmp_path)
    assert (first.error, second.error, third.error) == ("WorkerLost", "Killed", "WorkerLost")
    assert "see its log" in first.text


def saved_and_resumed(group: WorkerGroup, folder) -> object:
    """The first worker's checkpoint, as each worker finds it, and how a save ends that is to pause."""
    mine = NO_CHECKPOINTS
    if group.rank == 0:
        mine = FolderCheckpoints(folder, fingerprint="one", every_seconds=3600, is_to_pause=lambda: True)
    checkpoints = GroupCheckpoints(mine, group)
    before = checkpoints.latest()
    due = checkpoints.is_due
    try:
        checkpoints.save(lambda place: (place / "state").write_bytes(b"of %d" % group.rank), step=7)
    except Paused as pause:
        found = checkpoints.latest()
        return before, due, str(pause), (found / "state").read_bytes(), found.parent == folder


def test_the_first_worker_writes_the_checkpoint_that_all_of_them_go_on_from(tmp_path):
    found = outcomes(2, saved_and_resumed, tmp_path / "checkpoints", folder=tmp_path)
    assert found == [
        (None, True, "paused after step 7", b"of 0", True),
        (None, True, "paused after step 7", b"of 0", False),
    ]
