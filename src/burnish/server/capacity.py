"""How many jobs are trained at once, and what each of them may use of this machine."""

from __future__ import annotations

import logging
import os
from collections.abc import Collection
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import msgspec

from burnish.engine.kind_files import members_of
from burnish.processes.memory import free_memory, in_gib

#: Without a GPU, a further job for as many cores: two that share fewer are both slower, and end later.
CORES_OF_A_JOB = 4
#: What a training takes beside its weights, which are in memory with their gradients and activations: a
#: rough bound, over what was seen of models of 135 million parameters.
OTHER_MEMORY, TIMES_WEIGHTS = 1.5 * 2**30, 3
#: NVIDIA's driver makes a device for each GPU; a container has those that it may use. Neither takes torch,
#: which this process never imports.
_DEVICES, _GPU_DEVICE = Path("/dev"), "nvidia[0-9]*"
#: What CUDA reads of the environment: which GPUs a process sees, by their numbers or UUIDs.
VISIBLE_GPUS = "CUDA_VISIBLE_DEVICES"

log = logging.getLogger(__name__)


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """What an attempt may use of a machine: so many threads, and one of its GPUs, as CUDA calls it."""

    threads: int
    gpu: str | None = None


@dataclass(frozen=True, kw_only=True)
class Capacity:
    """So many jobs at once, on so many cores and on these GPUs, by their numbers or UUIDs.

    Where there are GPUs, each job has one to itself, and there are never more jobs than GPUs. One that is
    elsewhere takes nothing of this machine.
    """

    jobs: int
    cores: int
    gpus: tuple[str, ...] = ()
    is_elsewhere: bool = False

    @property
    def slots(self) -> int:
        """How many jobs are trained at once."""
        return min(self.jobs, len(self.gpus)) if self.gpus else self.jobs

    def share(self, taken: Collection[str | None]) -> Share:
        """What a further job may use, beside others that have taken some GPUs."""
        free = [gpu for gpu in self.gpus if gpu not in taken]
        return Share(threads=max(1, self.cores // self.slots), gpu=free[0] if free else None)


def capacity_here(jobs: int | None = None) -> Capacity:
    """The capacity of this machine for so many jobs at once: a job for each GPU, or for every four cores."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    gpus = visible_gpus(len(list(_DEVICES.glob(_GPU_DEVICE))), os.environ.get(VISIBLE_GPUS))
    usual = len(gpus) or max(1, cores // CORES_OF_A_JOB)
    found = Capacity(jobs=jobs or usual, cores=cores, gpus=gpus)
    if found.slots < found.jobs:
        log.warning("Training %d jobs at once and not %d: each has a GPU to itself", found.slots, found.jobs)
    return found


def visible_gpus(count: int, listed: str | None) -> tuple[str, ...]:
    """The GPUs that processes may use of so many, given ``CUDA_VISIBLE_DEVICES``; None where it is not set.

    As CUDA reads it: an empty list hides all of them, and what names none of them hides what follows it.
    """
    if listed is None or not count:
        return tuple(map(str, range(count)))
    found = takewhile(lambda name: _names_a_gpu(name, count), map(str.strip, listed.split(",")))
    # One that is named twice is one all the same.
    return tuple(dict.fromkeys(found))


def _names_a_gpu(name: str, count: int) -> bool:
    return int(name) < count if name.isdecimal() else name.startswith(("GPU-", "MIG-"))


def missing_memory(weights: Path) -> str | None:
    """What keeps a further job with these weights from being started beside others, or None."""
    folders = [*members_of(weights).values()] or [weights]
    size = sum(path.stat().st_size for folder in folders for path in folder.rglob("*") if path.is_file())
    needed, free = OTHER_MEMORY + TIMES_WEIGHTS * size, free_memory()
    if free >= needed:
        return None
    return (
        f"for memory: beside the other jobs it takes about {in_gib(round(needed))}, of which {in_gib(free)} "
        "are free"
    )
