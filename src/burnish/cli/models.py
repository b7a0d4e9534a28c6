"""`burnish model`: custom models, and the shortest way to deploy one."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from cyclopts import App, Parameter

from burnish.aws import deployments, throughputs
from burnish.aws.deploying import deployment_type_for
from burnish.aws.identifiers import ResourceKind
from burnish.cli.display import waiting_for
from burnish.cli.model_downloads import download
from burnish.cli.model_imports import import_model
from burnish.cli.options import AsJson, DryRun, Tags, named, open_service, option, polling_seconds, region
from burnish.cli.output import print_result, show_many, show_one, show_plan
from burnish.configs import CustomModelDeploymentConfig, ProvisionedThroughputConfig
from burnish.types import DeploymentType

app = App(
    name="model", help="Custom models: list, show, deploy, download, import, delete.", help_format="plaintext"
)
app.command(download)
app.command(import_model, name="import")

Model = Annotated[str, Parameter(help="The model's name, id or ARN.")]


@app.command(name="list")
def list_models(
    *,
    base: Annotated[bool, option("List the base models that can be fine-tuned instead.")] = False,
    name: Annotated[
        str | None, Parameter(help="Only models whose name contains this; with --base, whose id.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the custom models in this account and region, newest first; storing them is billed.

    With --base, the base models that can be fine-tuned there.
    """
    if base:
        _list_base_models(name or "", as_json=as_json)
        return
    found = open_service().list_custom_models(name_contains=name)
    columns = {"name": "model_name", "created": "creation_time", "base model": "base_model_arn"}
    show_many(found, columns, as_json=as_json, none=f"No custom models found in {region()}.")


@app.command
def show(model: Model, /, *, as_json: AsJson = False) -> None:
    """Show a custom model."""
    service = open_service()
    show_one(service.get_custom_model(service.arn_of(ResourceKind.MODEL, model)), as_json=as_json)


@app.command(usage="Usage: burnish model deploy [OPTIONS] MODEL [NAME]")
def deploy(
    model: Model,
    name: Annotated[str | None, Parameter(help="The deployment's name; by default the model's.")] = None,
    /,
    *,
    kind: Annotated[
        Literal["on-demand", "provisioned"] | None,
        Parameter(help="Billed per token or per hour; by default what its family allows."),
    ] = None,
    tag: Tags = (),
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Deploy a custom model, wait until it answers, and print the ARN to call it by."""
    service = open_service()
    chosen = {"on-demand": DeploymentType.ON_DEMAND, "provisioned": DeploymentType.PROVISIONED}.get(
        kind or ""
    )
    tags = dict(named(tag, "--tag"))
    arn = service.arn_of(ResourceKind.MODEL, model)
    name = name or service.get_custom_model(arn).model_name
    if dry_run:
        show_plan(*_plan(arn, name, chosen or deployment_type_for(arn), tags), as_json=as_json)
        return
    goes_on = (
        "What was created stays, and provisioned throughput is billed: `burnish status` lists it. Run the "
        "same command again to wait for it."
    )
    with waiting_for("deployment", quiet=as_json, goes_on=goes_on):
        made = service.deploy_custom_model(
            arn, name, deployment_type=chosen, tags=tags, polling_interval=polling_seconds()
        )
    show_one(made, as_json=True) if as_json else print_result(made.model_id)


@app.command
def undeploy(
    deployed: Annotated[
        str,
        Parameter(help="The deployment or throughput by name, id or ARN, or the model that has only one."),
    ],
    /,
) -> None:
    """Delete a deployment or a throughput and wait until it is gone. The model is kept."""
    goes_on = "It may not be gone yet: see `burnish status`."
    with waiting_for("deletion", goes_on=goes_on):
        open_service().undeploy_custom_model(deployed)
    print_result(f"{deployed} is no longer deployed.")


@app.command
def delete(model: Model, /) -> None:
    """Delete a custom model permanently. Undeploy it first."""
    service = open_service()
    service.delete_custom_model(service.arn_of(ResourceKind.MODEL, model))
    print_result(f"Deleted the model {model}.")


def _list_base_models(name: str, *, as_json: bool) -> None:
    from burnish.aws.base_models import list_base_models
    from burnish.aws.clients import open_clients

    tunable = list_base_models(open_clients().bedrock, customization="FINE_TUNING")
    found = [model for model in tunable if name in model.model_id]
    columns = {
        "id": "model_id",
        "reads": "input_modalities",
        "served": "inference_types",
        "name": "model_name",
    }
    none = f"No base model that can be fine-tuned is found in {region()}."
    show_many(found, columns, as_json=as_json, none=none)


def _plan(model: str, name: str, kind: DeploymentType, tags: dict[str, str]) -> tuple[str, dict[str, Any]]:
    """The operation that would deploy the model, and its arguments."""
    if kind is DeploymentType.ON_DEMAND:
        on_demand = CustomModelDeploymentConfig(model_id=model, deployment_name=name, tags=tags)
        request = deployments.request_for(on_demand, token="")  # one for a call never made
        return "CreateCustomModelDeployment", request
    hourly = ProvisionedThroughputConfig(model_id=model, provisioned_model_name=name, tags=tags)
    return "CreateProvisionedModelThroughput", throughputs.request_for(hourly, token="")
