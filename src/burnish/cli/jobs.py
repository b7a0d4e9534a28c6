"""`burnish job`: fine-tuning jobs, from a data set to a custom model."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from burnish.aws import jobs
from burnish.aws.clients import open_clients
from burnish.aws.identifiers import ResourceKind
from burnish.cli.display import RUN_AGAIN, Display, notice_if_interrupted, open_stage
from burnish.cli.job_confidence import show_confidence, tell_confidence
from burnish.cli.job_config import (
    JobFiles,
    PreTraining,
    TuningOptions,
    buckets_of,
    config_of,
    files_of,
)
from burnish.cli.job_logs import JobLines
from burnish.cli.job_progress import show_job
from burnish.cli.loss_plot import loss_plot
from burnish.cli.notifications import run_notification
from burnish.cli.options import (
    A_DAY,
    AsJson,
    DryRun,
    PollInterval,
    Timeout,
    Wait,
    base_or_custom_model,
    open_service,
    option,
    polling_seconds,
    region,
)
from burnish.cli.output import (
    cells_of,
    print_result,
    show_json,
    show_many,
    show_one,
    show_plan,
    show_table,
)
from burnish.cli.terminal_text import draws_unicode
from burnish.cli.waits import waited
from burnish.job_standing import outlook
from burnish.phrasing import in_terminal
from burnish.types import FinetuningJobResult, JobStatus

if TYPE_CHECKING:
    from burnish.aws.artifacts import TrainingStep
    from burnish.service import ModelFinetuningService

app = App(name="job", help="Fine-tuning jobs: create, check, follow, stop.", help_format="plaintext")

Job = Annotated[str, Parameter(help="The job's name, id or ARN.")]
Notify = Annotated[
    str | None,
    Parameter(
        help="Wait, and run this command in the shell once the job has ended, with BURNISH_JOB_NAME, "
        "BURNISH_JOB_ARN, BURNISH_JOB_STATUS, BURNISH_JOB_FAILURE and BURNISH_MODEL_ARN in its environment."
    ),
]
STILL_RUNNING = "Still running: `burnish job wait {job}` follows it, `burnish job stop {job}` stops it."
ROLE_BASE = "BurnishModelCustomizationRole"
ANY_ROLE = "arn:aws:iam::000000000000:role/to-be-made"


@app.command
def create(
    data: Annotated[str, Parameter(help="A data set's folder or manifest, or a .jsonl, as s3://…")],
    /,
    *,
    model: Annotated[str, Parameter(help="A base model, by id or ARN, or a custom model, by name or ARN.")],
    name: Annotated[str, Parameter(help="The job's name.")],
    tuning: TuningOptions | None = None,
    wait: Wait = False,
    notify: Notify = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Fine-tune a model on a data set, or pre-train it further on plain text.

    Data, permissions and hyperparameters are checked first.
    """
    from burnish.aws.clients import open_clients
    from burnish.datasets.prepared_for import require_match

    tuning, service = tuning or TuningOptions(), open_service()
    files, model = files_of(data, tuning), base_or_custom_model(service, model)
    if dry_run:
        _plan(service, files, model, name, tuning, as_json=as_json)
        return
    # With a placeholder first: what cannot work must be reported before a role is created for it.
    config = config_of(files, model, name, tuning, tuning.role or ANY_ROLE)
    if tuning.role is None:
        require_match(open_clients().s3, config)
        buckets = buckets_of(files, tuning.output)
        made = service.create_or_update_model_customization_role(ROLE_BASE, buckets=buckets)
        config = replace(config, role_arn=made)
    with notice_if_interrupted(RUN_AGAIN), open_stage("request", quiet=as_json) as display:
        display.show("checking data and permissions")
        job = service.create_finetuning_job(config)
        display.show("accepted")
    if wait or notify:
        job = _followed(service, name, (None, A_DAY), notify=notify, quiet=as_json)
    show_one(job, as_json=as_json)


@app.command
def check(
    data: Annotated[str, Parameter(help="A data set's folder or manifest, or a .jsonl, as s3://…")],
    /,
    *,
    model: Annotated[str, Parameter(help="A base model, by id or ARN, or a custom model, by name or ARN.")],
    role: Annotated[str, Parameter(help="The job's role, by name or ARN.")],
    pre_training: PreTraining = False,
    as_json: AsJson = False,
) -> None:
    """Check region, data, role and permissions for what would make a job fail. Nothing is created."""
    service = open_service()
    tuned = base_or_custom_model(service, model)
    tuning = TuningOptions(role=role, pre_training=pre_training)
    config = config_of(files_of(data, tuning), tuned, "check", tuning, role)
    found = service.check_finetuning_job(config)
    if as_json:
        show_json({"problems": list(map(in_terminal, found.problems)), "unchecked": found.unchecked})
    found.require_none(f"A job on {data}")
    if not as_json:
        print_result("Found nothing that would make the job fail.")


@app.command(name="list")
def list_jobs(
    *,
    status: Annotated[
        Literal["InProgress", "Completed", "Failed", "Stopping", "Stopped"] | None,
        Parameter(help="Only jobs with this status."),
    ] = None,
    name: Annotated[str | None, Parameter(help="Only jobs whose name contains this.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the jobs in this account and region, newest first; of your own server, also when they end."""
    found = list(open_service().list_jobs(status=JobStatus(status) if status else None, name_contains=name))
    columns = {"name": "job_name", "status": "status", "created": "creation_time", "ended": "end_time"}
    none = f"No jobs found in {region()}."
    if as_json or not any(job.schedule for job in found):
        show_many(found, columns, as_json=as_json, none=none)
        return
    rows = [[*cells_of(job, columns.values()), outlook(job) or "-"] for job in found]
    show_table([*columns, "outlook"], rows)


@app.command
def show(job: Job, /, *, as_json: AsJson = False) -> None:
    """Show a job."""
    service = open_service()
    show_one(service.get_job_status(service.arn_of(ResourceKind.JOB, job)), as_json=as_json)


@app.command
def wait(
    job: Job,
    /,
    *,
    poll_interval: PollInterval = None,
    timeout: Timeout = A_DAY,
    notify: Notify = None,
    as_json: AsJson = False,
) -> None:
    """Wait until a job has ended. The exit status is 1 unless it completed."""
    done = _followed(open_service(), job, (poll_interval, timeout), notify=notify, quiet=as_json)
    show_one(done, as_json=as_json)


@app.command
def logs(
    job: Job,
    /,
    *,
    follow: Annotated[bool, option("Print new lines until the job has ended.")] = False,
    poll_interval: PollInterval = None,
    timeout: Timeout = A_DAY,
) -> None:
    """Print what a job has logged, or its status on Amazon Bedrock, which keeps no log."""
    service, lines = open_service(), JobLines(open_clients())
    with notice_if_interrupted(STILL_RUNNING.format(job=job) if follow else ""):
        arn = service.arn_of(ResourceKind.JOB, job)
        if not follow:
            lines.print_new(service.get_job_status(arn))
            return
        service.wait_for_job_completion(
            arn,
            polling_interval=polling_seconds(poll_interval),
            max_wait_time=timeout,
            on_poll=lines.print_new,
        )


@app.command
def stop(
    job: Job,
    /,
    *,
    keep_model: Annotated[
        bool,
        option("On your own server: end the training after its current step, and keep the model as it is."),
    ] = False,
) -> None:
    """Stop a job. It cannot be resumed and, unless its model is kept, leaves none."""
    if keep_model:
        jobs.require_models_of_stopped_jobs(open_clients())
    service = open_service()
    service.stop_job(service.arn_of(ResourceKind.JOB, job), keep_model=keep_model)
    print_result(
        f"The job {job} ends after its current step, and keeps its model."
        if keep_model
        else f"Stopping the job {job}."
    )


@app.command
def metrics(
    job: Job,
    /,
    *,
    part: Annotated[
        Literal["training", "validation", "confidence"],
        Parameter(help="Which loss to print, or how far the model's confidence is to be trusted."),
    ] = "training",
    tensorboard: Annotated[
        str | None, Parameter(help="Also write both losses to this folder, for TensorBoard.")
    ] = None,
    mlflow: Annotated[
        str | None, Parameter(help="Also log both losses to MLflow, at this tracking URI or folder.")
    ] = None,
    plot: Annotated[bool, option("Only draw the loss.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print a job's loss, step by step, and what its model's confidence is worth on held-out pages.

    In a terminal the loss is drawn as well.
    """
    service = open_service()
    found = service.get_job_status(service.arn_of(ResourceKind.JOB, job))
    confidence = service.get_held_out_confidence(found.job_arn)
    losses = {
        "training": service.get_training_metrics(found.job_arn),
        "validation": service.get_validation_metrics(found.job_arn),
    }
    if tensorboard:
        from burnish.tracking import write_tensorboard

        write_tensorboard(losses, tensorboard)
    if mlflow:
        from burnish.tracking import log_to_mlflow

        log_to_mlflow(found, losses, mlflow)
    if part == "confidence":
        show_confidence(confidence, as_json=as_json)
        return
    columns = {name: name for name in ("step", "epoch", "loss", "perplexity")}
    none = f"The job has no {part} loss yet."
    if as_json or not plot or not losses[part]:
        show_many(losses[part], columns, as_json=as_json, none=none)
    if plot or (sys.stdout.isatty() and not as_json):
        _plot(losses[part])
    if not (as_json or plot):
        tell_confidence(confidence)


def _plot(losses: Sequence[TrainingStep]) -> None:
    points = [(one.step, one.loss) for one in losses]
    width = shutil.get_terminal_size().columns
    for line in loss_plot(points, width=width, in_unicode=draws_unicode(sys.stdout)):
        print_result(line)


def _plan(
    service: ModelFinetuningService,
    files: JobFiles,
    model: str,
    name: str,
    tuning: TuningOptions,
    *,
    as_json: bool,
) -> None:
    """Show what would be created, after every check that is possible without creating it."""
    from burnish.datasets.provenance import with_provenance
    from burnish.settings import resolve_settings, settings_from

    # The plan shows the tags that the job itself would get, by which its data set is found again.
    config = config_of(files, model, name, tuning, tuning.role or ANY_ROLE)
    config = with_provenance(open_clients().s3, config)
    found = service.check_finetuning_job(config, has_role=tuning.role is not None)
    found.require_none(f"The fine-tuning job {name!r}")
    if tuning.role is None:
        planned = service.plan_model_customization_role(ROLE_BASE, buckets=buckets_of(files, tuning.output))
        config = replace(config, role_arn=planned.arn or ANY_ROLE)
        if not as_json:
            print_result(str(planned))
    request = jobs.request_for(config, resolve_settings(config, settings_from(None)), token="")
    show_plan("CreateModelCustomizationJob", request, as_json=as_json)


def _followed(
    service: ModelFinetuningService,
    job: str,
    polling: tuple[float | None, float],
    *,
    notify: str | None,
    quiet: bool,
) -> FinetuningJobResult:
    """The job once it has completed. Raises `JobFailed` where it ends otherwise."""
    ended: FinetuningJobResult | None = None

    def show(seen: FinetuningJobResult, display: Display) -> None:
        nonlocal ended
        show_job(seen, display)
        ended = seen if seen.status.is_final else None

    try:
        return _waited(service, job, polling, show, quiet=quiet)
    finally:
        # Not while the display is open, which paints over what the command prints.
        if notify and ended:
            run_notification(notify, ended)


def _waited(
    service: ModelFinetuningService,
    job: str,
    polling: tuple[float | None, float],
    show: Callable[[FinetuningJobResult, Display], None],
    *,
    quiet: bool,
) -> FinetuningJobResult:
    return waited(
        "job",
        lambda **polling: service.wait_for_job_completion(service.arn_of(ResourceKind.JOB, job), **polling),
        JobStatus.COMPLETED,
        goes_on=STILL_RUNNING.format(job=job),
        remedy=f"See `burnish job logs {job}`.",
        polling=polling,
        quiet=quiet,
        show=show,
    )
