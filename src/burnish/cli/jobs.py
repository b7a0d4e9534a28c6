"""`burnish job`: fine-tuning jobs, from a data set to a custom model."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter

from burnish.cli.job_config import JobFiles, TuningOptions, buckets_of, config_of, files_of
from burnish.cli.options import (
    AsJson,
    AtMost,
    DryRun,
    Every,
    Wait,
    seconds_between_looks,
)

if TYPE_CHECKING:
    from burnish.service import ModelFinetuningService
    from burnish.types import FinetuningJobResult

app = App(name="job", help="Fine-tuning jobs: create, follow, stop.", help_format="plaintext")

Job = Annotated[str, Parameter(help="The job's ARN or name.")]
ROLE_BASE = "BurnishModelCustomizationRole"
ANY_ROLE = "arn:aws:iam::000000000000:role/to-be-made"
A_DAY = 86_400.0


@app.command
def create(
    data: Annotated[str, Parameter(help="A data set's folder or manifest as s3://…, or a .jsonl there.")],
    /,
    *,
    model: Annotated[str, Parameter(help="The base model by id or ARN, or a custom model's ARN.")],
    name: Annotated[str, Parameter(help="What the job is called.")],
    tuning: TuningOptions | None = None,
    wait: Wait = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Fine-tune a model on a data set. Data, rights and hyperparameters are checked before it is created."""
    from burnish.cli.display import RUN_AGAIN, told_if_interrupted
    from burnish.cli.output import show_one
    from burnish.service import ModelFinetuningService

    tuning, service = tuning or TuningOptions(), ModelFinetuningService()
    files = files_of(data, tuning.validation)
    if dry_run:
        _plan(service, files, model, name, tuning, as_json=as_json)
        return
    # Made with any role first: what cannot work must be told before a role is made for it.
    config = config_of(files, model, name, tuning, tuning.role or ANY_ROLE)
    if tuning.role is None:
        buckets = buckets_of(files, tuning.output)
        made = service.create_or_update_model_customization_role(ROLE_BASE, buckets=buckets)
        config = replace(config, role_arn=made)
    with told_if_interrupted(RUN_AGAIN):
        job = service.create_finetuning_job(config)
    if wait:
        job = _followed(service, name, every=None, at_most=A_DAY, as_json=as_json)
    show_one(job, as_json=as_json)


@app.command
def check(
    data: Annotated[str, Parameter(help="A data set's folder or manifest as s3://…, or a .jsonl there.")],
    /,
    *,
    model: Annotated[str, Parameter(help="The base model by id or ARN.")],
    role: Annotated[str, Parameter(help="The role for the job, by ARN.")],
    as_json: AsJson = False,
) -> None:
    """Look for what would make a job fail: its region, data, role and your rights. Nothing is created."""
    from burnish.cli.output import show_json, tell
    from burnish.service import ModelFinetuningService

    files = files_of(data, None)
    config = config_of(files, model, "check", TuningOptions(role=role), role)
    found = ModelFinetuningService().check_finetuning_job(config)
    if as_json:
        show_json(found)
    for problem in () if as_json else found.unchecked:
        tell(f"not checked: {problem}")
    found.require_none(f"A job on {data}")
    if not as_json:
        tell("Nothing was found that would make the job fail.")


@app.command(name="list")
def list_jobs(
    *,
    status: Annotated[
        Literal["InProgress", "Completed", "Failed", "Stopping", "Stopped"] | None,
        Parameter(help="Only those in this state."),
    ] = None,
    name: Annotated[str | None, Parameter(help="Only those whose name contains this.")] = None,
    as_json: AsJson = False,
) -> None:
    """The jobs of the account in this region, newest first."""
    from burnish.cli.output import show_many
    from burnish.service import ModelFinetuningService
    from burnish.types import JobStatus

    found = ModelFinetuningService().list_jobs(
        status=JobStatus(status) if status else None, name_contains=name
    )
    columns = ("job_name", "status", "creation_time", "end_time", "job_arn")
    show_many(found, columns, as_json=as_json, none="There are no such jobs.")


@app.command
def show(job: Job, /, *, as_json: AsJson = False) -> None:
    """A job as it is now."""
    from burnish.cli.output import show_one
    from burnish.service import ModelFinetuningService

    show_one(ModelFinetuningService().get_job_status(job), as_json=as_json)


@app.command
def wait(job: Job, /, *, every: Every = None, at_most: AtMost = A_DAY, as_json: AsJson = False) -> None:
    """Follow a job to its end. Exits 1 where that is not completion."""
    from burnish.cli.output import show_one
    from burnish.service import ModelFinetuningService

    done = _followed(ModelFinetuningService(), job, every=every, at_most=at_most, as_json=as_json)
    show_one(done, as_json=as_json)


@app.command
def stop(job: Job, /) -> None:
    """Ask a job to stop. It leaves no model, and cannot be resumed."""
    from burnish.cli.output import tell
    from burnish.service import ModelFinetuningService

    ModelFinetuningService().stop_job(job)
    tell(f"The job {job} was asked to stop.")


@app.command
def metrics(
    job: Job,
    /,
    *,
    part: Annotated[Literal["training", "validation"], Parameter(help="Which loss.")] = "training",
    tensorboard: Annotated[
        str | None, Parameter(help="Also write both losses for TensorBoard into this folder.")
    ] = None,
    mlflow: Annotated[
        str | None, Parameter(help="Also log both losses to MLflow, at this tracking URI or folder.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """The loss of a job, step by step."""
    from burnish.cli.output import show_many
    from burnish.service import ModelFinetuningService

    service = ModelFinetuningService()
    found = service.get_job_status(job)
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
    columns = ("step", "epoch", "loss", "perplexity")
    show_many(losses[part], columns, as_json=as_json, none=f"The job has no {part} loss yet.")


def _plan(
    service: ModelFinetuningService,
    files: JobFiles,
    model: str,
    name: str,
    tuning: TuningOptions,
    *,
    as_json: bool,
) -> None:
    """Say what would be created, having looked at everything that can be looked at without it."""
    from burnish.aws import jobs
    from burnish.aws.clients import open_clients
    from burnish.cli.output import show_plan, tell
    from burnish.datasets.provenance import with_provenance
    from burnish.settings import resolve_settings, settings_from

    role = tuning.role
    if role is None:
        planned = service.plan_model_customization_role(ROLE_BASE, buckets=buckets_of(files, tuning.output))
        role = planned.arn or ANY_ROLE
        if not as_json:
            tell(str(planned))
    config = with_provenance(open_clients().s3, config_of(files, model, name, tuning, role))
    if tuning.role:
        service.check_finetuning_job(config).require_none(f"The fine-tuning job {name!r}")
    request = jobs.request_for(config, resolve_settings(config, settings_from(None)), token="")
    show_plan("CreateModelCustomizationJob", request, as_json=as_json)


def _followed(
    service: ModelFinetuningService, job: str, *, every: float | None, at_most: float, as_json: bool
) -> FinetuningJobResult:
    """The job once it has completed. Raises `JobFailed` where it ends otherwise."""
    from burnish.cli.display import waiting_for
    from burnish.errors import JobFailed
    from burnish.types import JobStatus

    goes_on = f"The job goes on: `burnish job wait {job}` follows it, `burnish job stop {job}` ends it."
    with waiting_for("job", quiet=as_json, goes_on=goes_on) as show_state:
        done = service.wait_for_job_completion(
            job,
            polling_interval=seconds_between_looks(every),
            max_wait_time=at_most,
            on_poll=lambda seen: show_state(_phase_of(seen)),
        )
        if done.status is not JobStatus.COMPLETED:
            raise JobFailed(f"{done}: `burnish job show {done.job_arn}` says more")
    return done


def _phase_of(seen: FinetuningJobResult) -> str:
    """What the job is at."""
    phases = [phase for phase, state in seen.status_details.items() if state == "InProgress"]
    return phases[-1].replace("_", " ") if phases else str(seen.status)
