"""Where a server keeps what its jobs have made and logged; `job_folder.paths` says where they work."""

from __future__ import annotations

from pathlib import Path

LOGS = "logs"


def models_folder(data: Path, job_id: str) -> Path:
    """The models of a job."""
    return data / "models" / job_id


def model_folder(data: Path, job_id: str, attempt: int) -> Path:
    """The model that one attempt at a job has made."""
    return models_folder(data, job_id) / str(attempt)


def log_file(data: Path, job_id: str) -> Path:
    """What the training processes of a job have written."""
    return data / LOGS / f"job-{job_id}.log"
