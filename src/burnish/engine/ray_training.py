"""Training on the machines of a Ray cluster: on several workers, with restarts.

Ray Train starts the workers, joins them to a process group and keeps the checkpoints, in a storage that all
machines reach. A run that is begun again under its name goes on from its latest checkpoint, on as many
workers as it is given then. Needs the extra ``burnish[ray]``, here and on each machine.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from burnish.engine.checkpoints import KEPT, NO_CHECKPOINTS, Checkpoints, NoCheckpoints, Write
from burnish.engine.worker_group import ALONE, TIMEOUT, DistributedGroup, WorkerGroup

ResultT = TypeVar("ResultT")

#: What each worker does. Only the first one's result is kept; it is sent, as this function is, by pickle.
Work = Callable[[WorkerGroup, Checkpoints], ResultT]


@dataclass(frozen=True, kw_only=True)
class RayRun:
    """How a training runs on a cluster.

    Under its ``name``, which must be of this training alone (such as its fingerprint), it is found again in
    ``storage``: a folder that all machines have, or a URL such as ``s3://bucket/key``.
    """

    name: str
    storage: str
    workers: int
    #: With fewer than ``workers`` it goes on where machines are missing; it is resized where they come back.
    min_workers: int | None = None
    cores_of_each: int = 1
    has_gpus: bool = False
    #: How often a training is begun again that has lost a worker, or in which one has failed.
    restarts: int = 3
    checkpoint_seconds: float = 30.0


def train_on_ray(work: Work[ResultT], run: RayRun) -> ResultT:
    """What ``work`` returns on the first of the workers, which this waits for.

    Raises Ray's ``TrainingFailedError`` where a worker still fails after as many restarts.
    """
    from ray import train
    from ray.train.torch import TorchConfig, TorchTrainer

    # What Ray takes here and returns is more than its annotations say.
    workers: Any = run.workers if run.min_workers is None else (run.min_workers, run.workers)

    def work_here() -> Any:
        return _work_here(work, run.checkpoint_seconds)

    trainer = TorchTrainer(
        work_here,
        torch_config=TorchConfig(
            backend="cpu:gloo,cuda:nccl" if run.has_gpus else "gloo", timeout_s=int(TIMEOUT.total_seconds())
        ),
        scaling_config=train.ScalingConfig(
            num_workers=workers,
            use_gpu=run.has_gpus,
            resources_per_worker={"CPU": run.cores_of_each, **({"GPU": 1} if run.has_gpus else {})},
        ),
        run_config=train.RunConfig(
            name=run.name,
            storage_path=run.storage,
            failure_config=train.FailureConfig(max_failures=run.restarts),
            checkpoint_config=train.CheckpointConfig(num_to_keep=KEPT),
        ),
    )
    result: Any = trainer.fit()
    returned: ResultT = result.return_value
    return returned


def _work_here(work: Work[ResultT], checkpoint_seconds: float) -> ResultT:
    """Work as one of the workers that Ray has started."""
    from ray import train

    # Not in its `with` block: Ray itself ends the others where one fails, which may be waiting for it in Ray.
    group = ALONE if train.get_context().get_world_size() == 1 else DistributedGroup()
    return work(group, RayCheckpoints(every_seconds=checkpoint_seconds))


class RayCheckpoints:
    """The checkpoints of a run on Ray, every so many seconds. Each worker takes part in each save.

    The first one's are kept. One that was not uploaded as a whole is no checkpoint.
    """

    def __init__(self, *, every_seconds: float) -> None:
        self._every_seconds = every_seconds
        self._written_at = time.monotonic()
        self._copy: tempfile.TemporaryDirectory[str] | None = None

    @property
    def is_due(self) -> bool:
        """Whether the seconds since the last one are over."""
        return time.monotonic() - self._written_at >= self._every_seconds

    def latest(self) -> Path | None:
        """A copy of the latest of the run, on this machine, that lasts as long as this object does."""
        from ray import train

        checkpoint = train.get_checkpoint()
        if checkpoint is None:
            return None
        self._copy = tempfile.TemporaryDirectory(prefix="burnish-checkpoint-")
        return Path(checkpoint.to_directory(self._copy.name))

    def save(self, write: Write, *, step: int) -> None:
        """Upload what the first worker writes, and wait until it is there."""
        from ray import train

        reported: dict[str, Any] = {"step": step}
        if train.get_context().get_world_rank() == 0:
            with tempfile.TemporaryDirectory(prefix="burnish-checkpoint-") as folder:
                write(Path(folder))
                train.report(reported, checkpoint=train.Checkpoint.from_directory(folder))
        else:
            train.report(reported)
        self._written_at = time.monotonic()

    def within(self, name: str) -> NoCheckpoints:
        """None: a run has those of one training. A part of it begins again."""
        return NO_CHECKPOINTS
