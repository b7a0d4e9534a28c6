"""A run between two steps: its order of examples, and what is said where a checkpoint does not fit."""

from __future__ import annotations

import random
from functools import partial

import pytest
import torch

from burnish.engine.checkpoints import FolderCheckpoints
from burnish.engine.training_run import TrainingRun
from burnish.engine.tunable_model import Progress

UNWATCHED = Progress(on_step=lambda _: None, on_validation=lambda _: None)


def run_of(network: torch.nn.Module) -> TrainingRun:
    optimizer = partial(torch.optim.AdamW, lr=0.1)
    return TrainingRun(network, optimizer, rng=random.Random(0), progress=UNWATCHED)


def test_an_epoch_sees_every_example_once_in_a_new_order():
    run = run_of(torch.nn.Linear(2, 1))
    orders = []
    for _ in range(2):
        batches = list(run.batches(9, 4))
        assert [len(batch) for batch in batches] == [4, 4, 1]
        orders.append([place for batch in batches for place in batch])
        run.end_epoch()
    assert orders[0] != orders[1]
    assert [sorted(order) for order in orders] == [list(range(9))] * 2


def test_a_checkpoint_of_another_dtype_is_not_gone_on_from(tmp_path, caplog):
    checkpoints = FolderCheckpoints(tmp_path, fingerprint="one", every_seconds=0)
    before = run_of(torch.nn.Linear(2, 1))
    next(before.batches(4, 2))
    checkpoints.save(before.save, step=1)
    again = run_of(torch.nn.Linear(2, 1, dtype=torch.bfloat16))
    again.resume(checkpoints)
    assert "Beginning again: the checkpoint is of torch.float32" in caplog.text
    assert [len(batch) for batch in again.batches(4, 2)] == [2, 2]


def test_a_disk_that_is_full_costs_a_run_its_checkpoint_alone(tiny_disk, caplog):
    checkpoints = FolderCheckpoints(tiny_disk.path / "checkpoints", fingerprint="one", every_seconds=0)
    run = run_of(torch.nn.Linear(300, 300))
    checkpoints.save(run.save, step=1)
    tiny_disk.fill()
    checkpoints.save(run.save, step=2)
    assert "No checkpoint after step 2: the disk is full" in caplog.text
    assert [path.name for path in (tiny_disk.path / "checkpoints").iterdir()] == ["step-1"]
    tiny_disk.free()
    checkpoints.save(run.save, step=3)
    assert checkpoints.latest() == tiny_disk.path / "checkpoints" / "step-3"


@pytest.mark.parametrize("threads", [1, 2])
def test_a_run_goes_on_with_as_many_threads_as_before(tmp_path, threads):
    now = torch.get_num_threads()
    checkpoints = FolderCheckpoints(tmp_path, fingerprint="one", every_seconds=0)
    try:
        torch.set_num_threads(threads)
        checkpoints.save(run_of(torch.nn.Linear(2, 1)).save, step=1)
        torch.set_num_threads(3 - threads)
        run_of(torch.nn.Linear(2, 1)).resume(checkpoints)
        assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(now)
