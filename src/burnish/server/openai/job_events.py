"""What has happened to a job, told from its phases and from the losses that it leaves in S3."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from burnish.errors import NotFound
from burnish.server.openai.step_losses import StepLoss
from burnish.server.s3.role_storage import RoleStorage

_BEGUN = {
    "validationDetails": "Validating training file",
    "dataProcessingDetails": "Reading training file",
    "trainingDetails": "Fine-tuning job started",
}
_ENDED = {
    "Completed": "The job has successfully completed",
    "Failed": "The job failed",
    "Stopped": "The job was cancelled",
}
STEP, LOSS = "step_number", "training_loss"


def events_of(
    objects: RoleStorage, job: Mapping[str, Any], model: str | None, *, so_far: Iterable[StepLoss] = ()
) -> list[Mapping[str, Any]]:
    """The events of a job, newest first, the losses of its steps among them.

    They are those that it has left in S3 and, before that is so, what it has reported ``so_far``.
    """
    name = job["jobName"]
    told = [_event(job["creationTime"], f"Created fine-tuning job: {name}")]
    for phase, begun_message in _BEGUN.items():
        if begun := job["statusDetails"][phase]["creationTime"]:
            told.append(_event(begun, begun_message))
    if not model:
        told += [_metric(one.step, one.loss, one.at) for one in so_far]
    else:
        told += _metrics(objects, job)
        told.append(_event(job["endTime"], f"New fine-tuned model created: {model}"))
    if message := _ENDED.get(job["status"]):
        reason = f": {job['failureMessage']}" if job["failureMessage"] else ""
        level = "error" if job["status"] == "Failed" else "info"
        told.append(_event(job["endTime"], message + reason, level=level))
    numbered = [{"id": f"ftevent-{name}-{number}", **one} for number, one in enumerate(told)]
    return list(reversed(numbered))


def checkpoints_of(
    objects: RoleStorage, job: Mapping[str, Any], model: str | None
) -> list[Mapping[str, Any]]:
    """The model at the end of a job, with its losses; none before, for only that one can be called."""
    if model is None:
        return []
    steps = list(_steps(objects, job))
    validation = job["validationMetrics"] or [{}]
    return [
        {
            "id": f"ftckpt-{job['jobName']}",
            "object": "fine_tuning.job.checkpoint",
            "created_at": int(job["endTime"].timestamp()),
            "fine_tuned_model_checkpoint": model,
            "fine_tuning_job_id": job["jobName"],
            "step_number": int(steps[-1][STEP]) + 1 if steps else 0,
            "metrics": {
                "step": int(steps[-1][STEP]) + 1 if steps else None,
                "train_loss": (job["trainingMetrics"] or {}).get("trainingLoss"),
                "valid_loss": validation[0].get("validationLoss"),
            },
        }
    ]


def _metrics(objects: RoleStorage, job: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for row in _steps(objects, job):
        yield _metric(int(row[STEP]) + 1, float(row[LOSS]), job["endTime"])


def _metric(step: int, loss: float, at: datetime) -> dict[str, Any]:
    return {
        **_event(at, f"Step {step}: training loss={loss:.4f}"),
        "type": "metrics",
        "data": {"step": step, "train_loss": loss},
    }


def _steps(objects: RoleStorage, job: Mapping[str, Any]) -> Iterator[Mapping[str, str]]:
    """The rows of the losses that a job has left."""
    folder = f"{job['outputDataConfig']['s3Uri'].rstrip('/')}/model-customization-job-{id_of(job)}"
    try:
        body = objects.read(f"{folder}/training_artifacts/step_wise_training_metrics.csv")
    except NotFound:  # of models that are not trained in steps
        return
    yield from csv.DictReader(io.StringIO(body.decode()))


def id_of(job: Mapping[str, Any]) -> str:
    """The id that a job has in its ARN."""
    return str(job["jobArn"]).rpartition("/")[2]


def _event(at: datetime, message: str, *, level: str = "info") -> dict[str, Any]:
    return {
        "object": "fine_tuning.job.event",
        "created_at": int(at.timestamp()),
        "level": level,
        "message": message,
        "type": "message",
        "data": None,
    }
