"""`burnish deployment`: on-demand deployments of custom models, billed per token and not while idle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from burnish.aws import deployments
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
    named,
    open_service,
    region,
)
from burnish.cli.output import print_result, show_many, show_one, show_plan
from burnish.cli.waits import waited
from burnish.configs import CustomModelDeploymentConfig
from burnish.types import CustomModelDeploymentResult, DeploymentStatus

if TYPE_CHECKING:
    from burnish.service import ModelFinetuningService

app = App(
    name="deployment",
    help="On-demand deployments of custom models, billed per token: create, list, delete.",
    help_format="plaintext",
)

Deployment = Annotated[str, Parameter(help="The deployment's name, id or ARN.")]


@app.command
def create(
    model: Annotated[str, Parameter(help="The custom model's name, id or ARN.")],
    name: Annotated[str, Parameter(help="The deployment's name.")],
    /,
    *,
    description: Annotated[str | None, Parameter(help="A description of it.")] = None,
    tag: Tags = (),
    wait: Wait = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Deploy a custom model on demand."""
    service = open_service()
    config = CustomModelDeploymentConfig(
        model_id=service.arn_of(ResourceKind.MODEL, model),
        deployment_name=name,
        description=description,
        tags=dict(named(tag, "--tag")),
    )
    if dry_run:
        request = deployments.request_for(config, token="")  # one for a call never made
        show_plan("CreateCustomModelDeployment", request, as_json=as_json)
        return
    with notice_if_interrupted(RUN_AGAIN):
        made = service.create_custom_model_deployment(config)
    if wait:
        made = _waited(service, made.deployment_arn, (None, AN_HOUR), quiet=as_json)
    show_one(made, as_json=as_json)


@app.command(name="list")
def list_deployments(*, as_json: AsJson = False) -> None:
    """List the deployments in this account and region, newest first."""
    found = open_service().list_custom_model_deployments()
    columns = {
        "name": "deployment_name",
        "status": "status",
        "created": "creation_time",
        "model": "model_arn",
    }
    show_many(found, columns, as_json=as_json, none=f"No deployments found in {region()}.")


@app.command
def show(deployment: Deployment, /, *, as_json: AsJson = False) -> None:
    """Show a deployment."""
    service = open_service()
    arn = service.arn_of(ResourceKind.DEPLOYMENT, deployment)
    show_one(service.get_custom_model_deployment(arn), as_json=as_json)


@app.command
def wait(
    deployment: Deployment,
    /,
    *,
    poll_interval: PollInterval = None,
    timeout: Timeout = AN_HOUR,
    as_json: AsJson = False,
) -> None:
    """Wait until a deployment is active. The exit status is 1 if it fails."""
    done = _waited(open_service(), deployment, (poll_interval, timeout), quiet=as_json)
    show_one(done, as_json=as_json)


@app.command
def update(
    deployment: Deployment,
    /,
    *,
    model: Annotated[str, Parameter(help="Another custom model of the same base, by name, id or ARN.")],
) -> None:
    """Switch a deployment to another model."""
    service = open_service()
    service.update_custom_model_deployment(
        service.arn_of(ResourceKind.DEPLOYMENT, deployment),
        model_arn=service.arn_of(ResourceKind.MODEL, model),
    )
    print_result(f"Updated the deployment {deployment}.")


@app.command
def delete(deployment: Deployment, /) -> None:
    """Delete a deployment and wait until it is gone. The model is kept."""
    service = open_service()
    goes_on = f"It may not be gone yet: see `burnish deployment show {deployment}`."
    with waiting_for("deletion", goes_on=goes_on):
        service.delete_custom_model_deployment(service.arn_of(ResourceKind.DEPLOYMENT, deployment))
    print_result(f"Deleted the deployment {deployment}.")


def _waited(
    service: ModelFinetuningService, deployment: str, polling: tuple[float | None, float], *, quiet: bool
) -> CustomModelDeploymentResult:
    """The deployment once it is active. Raises `JobFailed` if it fails."""
    return waited(
        "deployment",
        lambda **polling: service.wait_for_deployment(
            service.arn_of(ResourceKind.DEPLOYMENT, deployment), **polling
        ),
        DeploymentStatus.ACTIVE,
        goes_on=f"The deployment continues: `burnish deployment wait {deployment}` waits for it.",
        remedy=f"Delete it, then create another: `burnish deployment delete {deployment}`.",
        polling=polling,
        quiet=quiet,
    )
