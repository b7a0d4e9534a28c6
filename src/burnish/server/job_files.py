"""Where the files of a job lie in a server's data folder."""

from __future__ import annotations

from pathlib import Path

LOGS = "logs"
LOCKS = "jobs"


def models_folder(data: Path, job_id: str) -> Path:
    """What the attempts at a job have made: a folder for each."""
    return data / "models" / job_id


def attempt_folder(data: Path, job_id: str, attempt: int) -> Path:
    """The adapter that one attempt at a job has made, which no other attempt touches."""
    return models_folder(data, job_id) / str(attempt)


def log_file(data: Path, job_id: str) -> Path:
    """What the training processes of a job have written."""
    return data / LOGS / f"job-{job_id}.log"


def lock_file(data: Path, job_id: str) -> Path:
    """What the process that works on a job holds for as long as it lives: `job_lock`."""
    return data / LOCKS / f"{job_id}.lock"
