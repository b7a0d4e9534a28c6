"""`burnish throughput`: provisioned throughput, billed by the hour from its creation to its deletion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter, validators

from burnish.aws import throughputs
from burnish.aws.base_models import require_model_to_serve
from burnish.aws.clients import open_clients
from burnish.aws.identifiers import ResourceKind
from burnish.cli.display import RUN_AGAIN, notice_if_interrupted, waiting_for
from burnish.cli.options import (
    AN_HOUR,
    AsJson,
    DryRun,
    PollInterval,
    Tags,
    Timeout,
    Wait,
    base_or_custom_model,
    named,
    open_service,
    region,
)
from burnish.cli.output import print_result, show_many, show_one, show_plan
from burnish.cli.waits import waited
from burnish.configs import ProvisionedThroughputConfig
from burnish.errors import InvalidConfig
from burnish.types import ProvisionedThroughputResult, ProvisioningStatus

if TYPE_CHECKING:
    from burnish.service import ModelFinetuningService

app = App(
    name="throughput",
    help="Provisioned throughput, billed by the hour: create, list, delete.",
    help_format="plaintext",
)

Throughput = Annotated[str, Parameter(help="The throughput's name, id or ARN.")]


@app.command
def create(
    model: Annotated[str, Parameter(help="A custom model's name, id or ARN, or a base model's id.")],
    name: Annotated[str, Parameter(help="The throughput's name.")],
    /,
    *,
    units: Annotated[int, Parameter(help="Number of model units.", validator=validators.Number(gte=1))] = 1,
    commitment: Annotated[
        Literal["OneMonth", "SixMonths"] | None,
        Parameter(help="Cheaper per hour, but cannot be deleted before the term ends."),
    ] = None,
    tag: Tags = (),
    wait: Wait = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Provision throughput for a model, billed by the hour until it is deleted."""
    service = open_service()
    config = ProvisionedThroughputConfig(
        model_id=base_or_custom_model(service, model),
        provisioned_model_name=name,
        model_units=units,
        commitment_duration=commitment,
        tags=dict(named(tag, "--tag")),
    )
    if dry_run:
        require_model_to_serve(open_clients(), model)
        request = throughputs.request_for(config, token="")  # one for a call never made
        show_plan("CreateProvisionedModelThroughput", request, as_json=as_json)
        return
    with notice_if_interrupted(RUN_AGAIN):
        made = service.create_provisioned_throughput(config)
    if wait:
        made = _waited(service, made.provisioned_model_arn, (None, AN_HOUR), quiet=as_json)
    show_one(made, as_json=as_json)


@app.command(name="list")
def list_throughputs(*, as_json: AsJson = False) -> None:
    """List the provisioned throughputs in this account and region: all that is billed by the hour."""
    found = open_service().list_provisioned_throughputs()
    columns = {
        "name": "provisioned_model_name",
        "status": "status",
        "created": "creation_time",
        "units": "model_units",
        "model": "model_arn",
    }
    show_many(found, columns, as_json=as_json, none=f"No provisioned throughput found in {region()}.")


@app.command
def show(throughput: Throughput, /, *, as_json: AsJson = False) -> None:
    """Show a throughput."""
    service = open_service()
    arn = service.arn_of(ResourceKind.THROUGHPUT, throughput)
    show_one(service.get_provisioned_throughput(arn), as_json=as_json)


@app.command
def wait(
    throughput: Throughput,
    /,
    *,
    poll_interval: PollInterval = None,
    timeout: Timeout = AN_HOUR,
    as_json: AsJson = False,
) -> None:
    """Wait until a throughput is in service. The exit status is 1 if it fails."""
    done = _waited(open_service(), throughput, (poll_interval, timeout), quiet=as_json)
    show_one(done, as_json=as_json)


@app.command
def update(
    throughput: Throughput,
    /,
    *,
    name: Annotated[str | None, Parameter(help="Its new name.")] = None,
    model: Annotated[str | None, Parameter(help="Another model of the same base to serve.")] = None,
) -> None:
    """Rename a throughput, or switch it to another model."""
    if name is None and model is None:
        raise InvalidConfig(f"The update of {throughput}", ["give --name, --model or both"])
    service = open_service()
    arn = service.arn_of(ResourceKind.THROUGHPUT, throughput)
    other = base_or_custom_model(service, model) if model else None
    service.update_provisioned_throughput(arn, name=name, model=other)
    print_result(f"Updated the throughput {throughput}.")


@app.command
def delete(throughput: Throughput, /, *, wait: Wait = False) -> None:
    """Delete a throughput, which ends its billing."""
    service = open_service()
    arn = service.arn_of(ResourceKind.THROUGHPUT, throughput)
    service.delete_provisioned_throughput(arn)
    if wait:
        goes_on = f"It may not be gone yet: see `burnish throughput show {throughput}`."
        with waiting_for("deletion", goes_on=goes_on):
            service.wait_for_deletion(arn)
    print_result(f"{'Deleted' if wait else 'Deleting'} the throughput {throughput}.")


def _waited(
    service: ModelFinetuningService, throughput: str, polling: tuple[float | None, float], *, quiet: bool
) -> ProvisionedThroughputResult:
    """The throughput once it is in service. Raises `JobFailed` if it fails."""
    goes_on = (
        f"The throughput continues and is billed by the hour: `burnish throughput wait {throughput}` waits "
        f"for it, `burnish throughput delete {throughput}` deletes it."
    )
    return waited(
        "throughput",
        lambda **polling: service.wait_for_provisioning_completion(
            service.arn_of(ResourceKind.THROUGHPUT, throughput), **polling
        ),
        ProvisioningStatus.IN_SERVICE,
        goes_on=goes_on,
        remedy=f"Delete it, as it may still be billed: `burnish throughput delete {throughput}`.",
        polling=polling,
        quiet=quiet,
    )
