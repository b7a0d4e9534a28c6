"""Copies of the checkpoints of unfinished jobs, made while they are trained."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from burnish.engine.checkpoints import newest_first, whole_manifest
from burnish.server.job_folder.paths import JobFolder

#: Each time that the checkpoints of a training are listed, the latest may be removed before it is copied.
TRIES = 3


def copy_checkpoints(job: JobFolder, target: JobFolder) -> None:
    """Copy the latest whole checkpoint of a job, and of each part of its training. Raises `OSError`."""
    shutil.rmtree(target.checkpoints, ignore_errors=True)
    for place, folders, _ in os.walk(job.checkpoints):
        if any(name.startswith("step-") for name in folders):
            _copy_latest(Path(place), target.checkpoints / Path(place).relative_to(job.checkpoints))


def _copy_latest(folder: Path, target: Path) -> None:
    for _ in range(TRIES):
        if any(_copied(checkpoint, target / checkpoint.name) for checkpoint in newest_first(folder)):
            return


def _copied(checkpoint: Path, target: Path) -> bool:
    """Whether a checkpoint was copied whole; else nothing of it lies in its place."""
    target.mkdir(parents=True)
    try:
        for path in checkpoint.iterdir():
            shutil.copyfile(path, target / path.name)
        whole_manifest(target)
    except (FileNotFoundError, ValueError):
        shutil.rmtree(target)
        return False
    return True
