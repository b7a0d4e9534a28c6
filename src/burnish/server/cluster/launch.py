"""What is written down of an attempt before Ray is asked to run it: a server that starts finds it again."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from burnish.disk import replace_file
from burnish.server.job_folder.paths import JobFolder

FILE_NAME = "cluster.json"


class Launch(msgspec.Struct, frozen=True, kw_only=True):
    """The latest attempt at a job that was given to a cluster.

    ``log`` is the place of its log as seen from the job's folder. ``sessions`` are ended with it.
    """

    attempt: int
    submission_id: str
    log: str
    threads: int
    sessions: tuple[str, ...] = ()
    is_submitted: bool = False
    is_over: bool = False


def new_launch(folder: JobFolder, *, attempt: int, log: Path, threads: int) -> Launch:
    """A launch whose id follows from the job and the attempt, so that no attempt is run twice."""
    return Launch(
        attempt=attempt,
        submission_id=f"burnish-{folder.path.name}-{attempt}",
        log=os.path.relpath(log, folder.path),
        threads=threads,
    )


def write_launch(folder: JobFolder, launch: Launch) -> None:
    """Write a launch down, unless the job's folder is gone, with which it is over."""
    if folder.path.exists():
        replace_file(folder.path / FILE_NAME, msgspec.json.encode(launch))


def read_launch(folder: JobFolder) -> Launch | None:
    """The latest launch of a job; None where there is none."""
    try:
        return msgspec.json.decode((folder.path / FILE_NAME).read_bytes(), type=Launch)
    # As a `ValueError`: msgspec raises `UnicodeDecodeError` for bytes that are no text.
    except (FileNotFoundError, ValueError):
        return None
