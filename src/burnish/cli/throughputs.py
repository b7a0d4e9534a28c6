"""`burnish throughput`: provisioned throughput, which bills by the hour from its creation to its deletion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import App, Parameter, validators

from burnish.cli.options import AsJson, AtMost, DryRun, Every, Tags, Wait, named, seconds_between_looks

if TYPE_CHECKING:
    from burnish.service import ModelFinetuningService
    from burnish.types import ProvisionedThroughputResult

app = App(
    name="throughput",
    help="Provisioned throughput, billed by the hour: create, list, delete.",
    help_format="plaintext",
)

Throughput = Annotated[str, Parameter(help="The throughput's ARN or name.")]
AN_HOUR = 3600.0


@app.command
def create(
    model: Annotated[str, Parameter(help="The model to have answer, by ARN or id.")],
    name: Annotated[str, Parameter(help="What the throughput is called.")],
    /,
    *,
    units: Annotated[int, Parameter(help="Model units.", validator=validators.Number(gte=1))] = 1,
    commitment: Annotated[
        Literal["OneMonth", "SixMonths"] | None,
        Parameter(help="Cheaper by the hour, and not to be deleted before its end."),
    ] = None,
    tag: Tags = (),
    wait: Wait = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Have a model answer for a price by the hour, from now until it is deleted."""
    from burnish.aws import throughputs
    from burnish.cli.display import RUN_AGAIN, told_if_interrupted
    from burnish.cli.output import show_one, show_plan
    from burnish.configs import ProvisionedThroughputConfig
    from burnish.service import ModelFinetuningService

    config = ProvisionedThroughputConfig(
        model_id=model,
        provisioned_model_name=name,
        model_units=units,
        commitment_duration=commitment,
        tags=dict(named(tag, "--tag")),
    )
    if dry_run:
        request = throughputs.request_for(config, token="")  # one for a call never made
        show_plan("CreateProvisionedModelThroughput", request, as_json=as_json)
        return
    service = ModelFinetuningService()
    with told_if_interrupted(RUN_AGAIN):
        made = service.create_provisioned_throughput(config)
    if wait:
        arn = made.provisioned_model_arn
        made = _waited(service, arn, every=None, at_most=AN_HOUR, as_json=as_json)
    show_one(made, as_json=as_json)


@app.command(name="list")
def list_throughputs(*, as_json: AsJson = False) -> None:
    """The throughputs of the account in this region: all that is billed by the hour."""
    from burnish.cli.output import show_many
    from burnish.service import ModelFinetuningService

    found = ModelFinetuningService().list_provisioned_throughputs()
    columns = ("provisioned_model_name", "status", "creation_time", "model_units", "provisioned_model_arn")
    show_many(found, columns, as_json=as_json, none="There is no provisioned throughput.")


@app.command
def show(throughput: Throughput, /, *, as_json: AsJson = False) -> None:
    """A throughput as it is now."""
    from burnish.cli.output import show_one
    from burnish.service import ModelFinetuningService

    show_one(ModelFinetuningService().get_provisioned_throughput(throughput), as_json=as_json)


@app.command
def wait(
    throughput: Throughput,
    /,
    *,
    every: Every = None,
    at_most: AtMost = AN_HOUR,
    as_json: AsJson = False,
) -> None:
    """Wait until a throughput is in service. Exits 1 where it fails."""
    from burnish.cli.output import show_one
    from burnish.service import ModelFinetuningService

    service = ModelFinetuningService()
    show_one(_waited(service, throughput, every=every, at_most=at_most, as_json=as_json), as_json=as_json)


@app.command
def update(
    throughput: Throughput,
    /,
    *,
    name: Annotated[str | None, Parameter(help="Its new name.")] = None,
    model: Annotated[
        str | None, Parameter(help="Another model of the same base, to answer from now on.")
    ] = None,
) -> None:
    """Rename a throughput, or have it answer with another model."""
    from burnish.cli.output import tell
    from burnish.errors import InvalidConfig
    from burnish.service import ModelFinetuningService

    if name is None and model is None:
        raise InvalidConfig(f"The change to {throughput}", ["give --name, --model or both"])
    ModelFinetuningService().update_provisioned_throughput(throughput, name=name, model=model)
    tell(f"The throughput {throughput} is changed.")


@app.command
def delete(throughput: Throughput, /, *, wait: Wait = False) -> None:
    """Delete a throughput, which ends its bill."""
    from burnish.cli.display import waiting_for
    from burnish.cli.output import tell
    from burnish.service import ModelFinetuningService

    service = ModelFinetuningService()
    service.delete_provisioned_throughput(throughput)
    if wait:
        goes_on = f"It may not be gone yet: `burnish throughput show {throughput}`."
        with waiting_for("deletion", goes_on=goes_on):
            service.wait_for_deletion(throughput)
    tell(f"The throughput {throughput} is {'gone' if wait else 'being deleted'}.")


def _waited(
    service: ModelFinetuningService, throughput: str, *, every: float | None, at_most: float, as_json: bool
) -> ProvisionedThroughputResult:
    """The throughput in service. Raises `JobFailed` where it fails."""
    from burnish.cli.display import waiting_for
    from burnish.errors import JobFailed
    from burnish.types import ProvisioningStatus

    goes_on = (
        f"The throughput goes on and is billed by the hour: `burnish throughput wait {throughput}` waits "
        f"until it answers, `burnish throughput delete {throughput}` ends its bill."
    )
    with waiting_for("throughput", quiet=as_json, goes_on=goes_on) as show_state:
        done = service.wait_for_provisioning_completion(
            throughput,
            polling_interval=seconds_between_looks(every),
            max_wait_time=at_most,
            on_poll=lambda seen: show_state(str(seen.status)),
        )
        if done.status is not ProvisioningStatus.IN_SERVICE:
            raise JobFailed(f"{done}: delete it, for it may be billed all the same")
    return done
