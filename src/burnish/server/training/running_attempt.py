"""An attempt that works on a job: started by this server, or found as an earlier server has left it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from burnish.engine.inference_messages import ModelPlace
from burnish.policies.evaluation import Grants
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.places import sources_of
from burnish.server.bedrock.teachers import teacher_of
from burnish.server.job_files import log_file
from burnish.server.job_folder.attempt_input import AttemptInput, RemoteTeacher, write_input
from burnish.server.job_folder.attempt_share import read_share, write_share
from burnish.server.job_folder.orders import Orders, write_orders
from burnish.server.job_folder.paths import JobFolder, job_folder
from burnish.server.job_folder.spec import spec_of, write_spec
from burnish.server.resources import CustomModel, Job, ResourceReference
from burnish.server.training.launcher import LaunchedAttempt, Launcher
from burnish.server.training.reports import AttemptReports

#: At most so much of a training is done again after its process was killed.
CHECKPOINT_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class RunningAttempt:
    """An attempt at work, how far its job had come before it, and the GPU that it has to itself."""

    job: ResourceReference
    attempt: LaunchedAttempt
    reports: AttemptReports
    progress_before: int
    gpu: str | None


def adopted(control: Control, launcher: Launcher, job: Job) -> RunningAttempt | None:
    """What works on a job without this server having started it; None where nothing does."""
    folder = job_folder(control.data, job.id)
    attempt = launcher.adopt(folder, attempt=job.attempts)
    if attempt is None:
        return None
    share = read_share(folder.attempt(attempt.number))
    return _running(job, attempt, folder, gpu=share.gpu if share else None)


def started(
    control: Control,
    launcher: Launcher,
    job: Job,
    *,
    number: int,
    weights: Path,
    gpus_taken: Collection[str | None],
) -> RunningAttempt:
    """A new attempt at a job, which owns the job from here on, with its share of the machine."""
    folder = job_folder(control.data, job.id)
    share = control.capacity.share(gpus_taken)
    write_spec(folder, spec_of(job))
    write_input(folder.attempt(number), _input(control, job, weights))
    write_share(folder.attempt(number), share)
    # The fence, before anything is started: from here on, earlier attempts do not own the job any more.
    write_orders(folder, Orders(attempt=number))
    attempt = launcher.start(folder, attempt=number, share=share, log=log_file(control.data, job.id))
    return _running(job, attempt, folder, gpu=share.gpu)


def _running(job: Job, attempt: LaunchedAttempt, folder: JobFolder, *, gpu: str | None) -> RunningAttempt:
    return RunningAttempt(
        job=ResourceReference(arn=job.arn, name=job.name),
        attempt=attempt,
        reports=AttemptReports(folder.attempt(attempt.number)),
        progress_before=job.progress,
        gpu=gpu,
    )


def _input(control: Control, job: Job, weights: Path) -> AttemptInput:
    model = control.store.find(CustomModel, job.region, job.request.base_model_identifier)
    role = control.iam.role_by_arn(job.request.role_arn)
    teacher = teacher_of(control, job)
    return AttemptInput(
        weights=weights,
        sources=sources_of(control, weights),
        tuned_before=model.adapter_in(control.data) if model else None,
        objects_endpoint=control.objects_endpoint,
        credentials=control.data,
        grants=control.iam.grants_of(role) if role else Grants(),
        checkpoint_seconds=CHECKPOINT_SECONDS,
        teacher=teacher if isinstance(teacher, ModelPlace) else None,
        remote_teacher=teacher if isinstance(teacher, RemoteTeacher) else None,
    )
