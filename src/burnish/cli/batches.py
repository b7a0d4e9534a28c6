"""`burnish batch`: batch inference, files of requests at half the price of single calls."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter, validators

from burnish.cli.display import RUN_AGAIN, Display, notice_if_interrupted, open_stage
from burnish.cli.jobs import ANY_ROLE, ROLE_BASE
from burnish.cli.options import (
    A_DAY,
    AsJson,
    DryRun,
    PollInterval,
    Tags,
    Timeout,
    Wait,
    base_or_custom_model,
    named,
    open_service,
    option,
    region,
    role_arn,
)
from burnish.cli.output import print_message, print_result, show_json, show_many, show_one, show_plan
from burnish.cli.waits import waited

if TYPE_CHECKING:
    from burnish.aws.batches import BatchJob, BatchJobConfig
    from burnish.evaluation.prices import ModelPrice
    from burnish.service import ModelFinetuningService

app = App(
    name="batch", help="Batch inference at half the price: create, follow, stop.", help_format="plaintext"
)

Batch = Annotated[str, Parameter(help="The batch's name, id or ARN.")]


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class BatchOptions:
    """How a batch runs."""

    output: Annotated[
        str | None, Parameter(help="The S3 folder for the answers; by default output/ beside the input.")
    ] = None
    role: Annotated[
        str | None, Parameter(help="The batch's role, by name or ARN; without it one is created.")
    ] = None
    native: Annotated[
        bool, option("The records are in the format of the model's family, not in that of Converse.")
    ] = False
    hours: Annotated[
        int | None,
        Parameter(
            help="End after so many hours with what is answered.",
            validator=validators.Number(gte=24, lte=168),
        ),
    ] = None
    price: Annotated[
        tuple[float, float] | None,
        option("On-demand US dollars per 1,000 input and 1,000 output tokens, as two numbers."),
    ] = None
    tag: Tags = ()

    def model_price(self) -> ModelPrice | None:
        """The price that is given."""
        from burnish.evaluation.prices import ModelPrice

        return ModelPrice(input_usd=self.price[0], output_usd=self.price[1]) if self.price else None


@app.command
def create(
    records: Annotated[str, Parameter(help="A .jsonl of requests, or a folder of them, as s3://…")],
    /,
    *,
    model: Annotated[str, Parameter(help="A base model, an inference profile, or a custom model by name.")],
    name: Annotated[str, Parameter(help="The batch's name.")],
    batch: BatchOptions | None = None,
    wait: Wait = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Start a batch. Its input is checked, and the cost estimated, first."""
    options, service = batch or BatchOptions(), open_service()
    # With a placeholder first: what cannot work must be reported before a role is created for it.
    role = role_arn(options.role) if options.role else ANY_ROLE
    config = _config(base_or_custom_model(service, model), name, records, options, role)
    estimate = str(service.batches.estimate(config, price=options.model_price()))
    print_message(f"{estimate[0].upper()}{estimate[1:]}.")
    if dry_run:
        _plan(service, config, options, as_json=as_json)
        return
    if options.role is None:
        made = service.create_or_update_model_customization_role(ROLE_BASE, buckets=_buckets(config))
        config = replace(config, role_arn=made)
    with notice_if_interrupted(RUN_AGAIN), open_stage("request", quiet=as_json) as display:
        job = service.batches.create(config)
        display.show("accepted")
    if wait:
        job = _waited(service, job.job_arn, name, (None, A_DAY), quiet=as_json)
    _show(job, as_json=as_json)


@app.command(name="list")
def list_batches(
    *,
    status: Annotated[
        Literal["Submitted", "InProgress", "Completed", "PartiallyCompleted", "Failed", "Stopped", "Expired"]
        | None,
        Parameter(help="Only batches with this status."),
    ] = None,
    name: Annotated[str | None, Parameter(help="Only batches whose name contains this.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the batches in this account and region, newest first."""
    from burnish.aws.batches import BatchStatus

    found = open_service().batches.list(status=BatchStatus(status) if status else None, name_contains=name)
    columns = {"name": "job_name", "status": "status", "created": "submit_time", "model": "model_id"}
    show_many(found, columns, as_json=as_json, none=f"No batches found in {region()}.")


@app.command
def show(batch: Batch, /, *, as_json: AsJson = False) -> None:
    """Show a batch, and where its answers are."""
    _show(open_service().batches.get(batch), as_json=as_json)


@app.command
def wait(
    batch: Batch, /, *, poll_interval: PollInterval = None, timeout: Timeout = A_DAY, as_json: AsJson = False
) -> None:
    """Wait until a batch has ended. The exit status is 1 unless it completed."""
    done = _waited(open_service(), batch, batch, (poll_interval, timeout), quiet=as_json)
    _show(done, as_json=as_json)


@app.command
def stop(batch: Batch, /) -> None:
    """Stop a batch. What is answered by then is written, and billed."""
    open_service().batches.stop(batch)
    print_result(f"Stopping the batch {batch}.")


def _config(model: str, name: str, records: str, options: BatchOptions, role: str) -> BatchJobConfig:
    from burnish.aws.batches import BatchJobConfig, InvocationType

    beside = records.rpartition("/")[0] if records.endswith(".jsonl") else records.rstrip("/")
    return BatchJobConfig(
        job_name=name,
        model_id=model,
        role_arn=role,
        input_uri=records,
        output_uri=options.output or f"{beside}/output/",
        invocation_type=InvocationType.INVOKE_MODEL if options.native else InvocationType.CONVERSE,
        timeout_hours=options.hours,
        tags=dict(named(options.tag, "--tag")),
    )


def _plan(
    service: ModelFinetuningService, config: BatchJobConfig, options: BatchOptions, *, as_json: bool
) -> None:
    """Show what would be created, the role included."""
    from burnish.aws.batches import request_for

    if options.role is None:
        planned = service.plan_model_customization_role(ROLE_BASE, buckets=_buckets(config))
        config = replace(config, role_arn=planned.arn or ANY_ROLE)
        if not as_json:
            print_result(str(planned))
    show_plan("CreateModelInvocationJob", request_for(config, token=""), as_json=as_json)


def _buckets(config: BatchJobConfig) -> list[str]:
    from burnish.aws.objects import S3Uri

    return sorted({S3Uri.parse(uri).bucket for uri in (config.input_uri, config.output_uri)})


def _waited(
    service: ModelFinetuningService,
    batch: str,
    called: str,
    polling: tuple[float | None, float],
    *,
    quiet: bool,
) -> BatchJob:
    """The batch once it has completed. Raises `JobFailed` where it ends otherwise."""
    from burnish.aws.batches import BatchStatus

    return waited(
        "batch",
        lambda **polling: service.batches.wait(batch, **polling),
        BatchStatus.COMPLETED,
        goes_on=f"The batch continues: `burnish batch wait {called}` follows it.",
        remedy=f"See `burnish batch show {called}`: what was answered is in its output.",
        polling=polling,
        quiet=quiet,
        show=_show_progress,
    )


def _show_progress(seen: BatchJob, display: Display) -> None:
    display.show(seen.progress)


def _show(job: BatchJob, *, as_json: bool) -> None:
    if as_json:
        show_json(job)
        return
    show_one(job, as_json=False)
    if job.status.is_final and job.output_folder:
        print_result(f"Answers: {job.output_folder}")
