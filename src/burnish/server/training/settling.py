"""What follows from how an attempt at a job ended: its model is taken, and its folder cleared away."""

from __future__ import annotations

import errno
import logging
import shutil
import time
from pathlib import Path

from burnish.disk import write_through
from burnish.server.arns import new_arn
from burnish.server.bedrock.control import Control
from burnish.server.job_files import model_folder, models_folder
from burnish.server.job_folder.paths import job_folder
from burnish.server.job_folder.result import JobResult
from burnish.server.resources import CustomModel, Job, ended_phases
from burnish.server.wire.call import Identity

log = logging.getLogger(__name__)


def settle_by_result(control: Control, job: Job, result: JobResult) -> None:
    """End a job as its attempt says that it ended; where the model is gone that it made, make it again."""
    attempt = job_folder(control.data, job.id).attempt(job.attempts)
    kept = model_folder(control.data, job.id, job.attempts)
    if result.status != "Completed":
        settle(control, job, result.status, result.failure_message)
    elif attempt.model.exists() or kept.exists():
        _complete(control, job, result)
    else:
        log.warning("Job %s: its model is not in %s any more, and is made again", job.name, attempt.path)
        attempt.result.unlink()


def settle(control: Control, job: Job, status: str, message: str | None = None) -> None:
    """End a job without a model, unless it has changed in the meantime."""
    control.store.change(
        Job,
        job.arn,
        expected={"status": job.status, "attempts": job.attempts},
        status=status,
        failure_message=message,
        phases=ended_phases(job.phases, status),
        waiting_for=None,
        ended_at=time.time(),
    )
    shutil.rmtree(models_folder(control.data, job.id), ignore_errors=True)


def clear_away(data: Path, job_id: str) -> None:
    """Remove the folder of a job that is over: what is left of use lies in its output."""
    folder = job_folder(data, job_id)
    # The orders first: whoever still works on the job reads there that it is not its own any more.
    folder.orders.unlink(missing_ok=True)
    shutil.rmtree(folder.path, ignore_errors=True)


def _complete(control: Control, job: Job, result: JobResult) -> None:
    """Take the model and complete the job; a job that was to stop in the meantime is stopped, without it."""
    model = _taken_model(control, job)
    completed = control.store.complete(
        job,
        model,
        ended_at=result.ended_at,
        training_loss=result.training_loss,
        validation_loss=result.validation_loss,
        phases=result.phases,
    )
    if not completed and (now := control.store.get(Job, job.arn)) and now.status == "Stopping":
        settle(control, now, "Stopped")


def _taken_model(control: Control, job: Job) -> CustomModel:
    """The model that the latest attempt has made, moved to where models are kept."""
    kept = model_folder(control.data, job.id, job.attempts)
    # Moved already where the server was killed before it could say so.
    if not kept.exists():
        move_whole(job_folder(control.data, job.id).attempt(job.attempts).model, kept)
    caller = Identity(account_id=job.arn.split(":")[4], access_key="", region=job.region)
    return CustomModel(
        arn=new_arn(caller, f"custom-model/{job.base_model_id}"),
        region=job.region,
        name=job.model_name,
        job_arn=job.arn,
        base_model_id=job.base_model_id,
        weights_id=job.weights_id,
        adapter=kept.relative_to(control.data).as_posix(),
    )


def move_whole(made: Path, kept: Path) -> None:
    """Move a model to its place in one step, also where that lies on another disk."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    try:
        made.rename(kept)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        draft = kept.with_name(f".{kept.name}")
        shutil.rmtree(draft, ignore_errors=True)
        shutil.copytree(made, draft)
        for path in (*draft.rglob("*"), draft):
            write_through(path)
        draft.rename(kept)
    write_through(kept.parent)
    write_through(kept.parent.parent)
