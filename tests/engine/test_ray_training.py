"""Training on Ray: two workers reach the loss of one, and a run goes on that has lost a machine."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import training_on_ray
from ray_cluster import RayCluster, running_ray_cluster
from training_on_ray import STEPS, steps_in, trained, wait_for

from burnish.engine.checkpoints import NO_CHECKPOINTS
from burnish.engine.ray_training import RayRun, train_on_ray
from burnish.engine.worker_group import ALONE

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install burnish[ray]")


@contextmanager
def connected_to(cluster: RayCluster) -> Iterator[None]:
    # The workers cannot import what lies beside tests.
    ray.cloudpickle.register_pickle_by_value(training_on_ray)
    # Without the address, Ray's own actors take the latest cluster of this machine for theirs.
    environment = {"env_vars": {"RAY_ADDRESS": cluster.address}}
    ray.init(address=cluster.address, runtime_env=environment, log_to_driver=False)
    try:
        yield
    finally:
        ray.shutdown()
        ray.cloudpickle.unregister_pickle_by_value(training_on_ray)


def alone(weights: Path, folder: Path) -> list[float]:
    """The losses of one worker, here."""
    folder.mkdir()
    return trained(weights, folder)(ALONE, NO_CHECKPOINTS)


def run_in(folder: Path, *, workers: int = 2) -> RayRun:
    return RayRun(name="one", storage=str(folder / "storage"), workers=workers, checkpoint_seconds=0)


def test_two_workers_reach_the_loss_of_one(ray_cluster, tiny_weights, tmp_path):
    with connected_to(ray_cluster):
        losses = train_on_ray(trained(tiny_weights, tmp_path), run_in(tmp_path))
        again = train_on_ray(trained(tiny_weights, tmp_path), run_in(tmp_path, workers=1))
    assert losses == pytest.approx(alone(tiny_weights, tmp_path / "alone"), rel=1e-3)
    # Under its name a run is found where it was, on another number of workers, too: here at its end.
    assert again == losses
    assert steps_in(tmp_path) == [
        *((step, False, 2) for step in range(STEPS)),
        *((step, True, 1) for step in range(STEPS)),
    ]


def test_a_run_that_loses_a_machine_goes_on_from_its_latest_checkpoint(tiny_weights, tmp_path):
    def lose_a_machine(cluster: RayCluster) -> None:
        wait_for(tmp_path / "held")
        at_work = (tmp_path / "held").read_text()
        node = next(one for one in cluster.cluster.worker_nodes if one.node_id == at_work)
        cluster.cluster.remove_node(node)

    with running_ray_cluster() as cluster, connected_to(cluster), ThreadPoolExecutor(1) as beside:
        losing = beside.submit(lose_a_machine, cluster)
        run = replace(run_in(tmp_path), min_workers=1)
        losses = train_on_ray(trained(tiny_weights, tmp_path, is_held=True), run)
        losing.result()
    before, *_, after = split_by_attempt(steps_in(tmp_path))
    assert before == [(step, False, 2) for step in range(5)]
    repeated = sum(was_repeated for _, was_repeated, _ in after)
    assert repeated > 0
    assert after == [(step, step < repeated, 1) for step in range(STEPS)]
    assert losses == pytest.approx(alone(tiny_weights, tmp_path / "alone"), rel=1e-3)


def split_by_attempt(steps: list[tuple]) -> list[list[tuple]]:
    """Each attempt begins at the first step, made or repeated."""
    begun = [at for at, (number, *_) in enumerate(steps) if number == 0]
    return [steps[at:end] for at, end in pairwise([*begun, len(steps)])]
