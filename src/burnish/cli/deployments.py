"""`burnish deployment`: custom models on demand, which bill by the token and nothing while idle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from burnish.cli.options import AsJson, AtMost, DryRun, Every, Tags, Wait, named, seconds_between_looks

if TYPE_CHECKING:
    from burnish.service import ModelFinetuningService
    from burnish.types import CustomModelDeploymentResult

app = App(
    name="deployment",
    help="Custom models on demand, billed by the token: create, list, delete.",
    help_format="plaintext",
)

Deployment = Annotated[str, Parameter(help="The deployment's ARN.")]
AN_HOUR = 3600.0


@app.command
def create(
    model: Annotated[str, Parameter(help="The custom model's ARN.")],
    name: Annotated[str, Parameter(help="What the deployment is called.")],
    /,
    *,
    description: Annotated[str | None, Parameter(help="What it is for.")] = None,
    tag: Tags = (),
    wait: Wait = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Have a custom model answer on demand."""
    from burnish.aws import deployments
    from burnish.cli.display import RUN_AGAIN, told_if_interrupted
    from burnish.cli.output import show_one, show_plan
    from burnish.configs import CustomModelDeploymentConfig
    from burnish.service import ModelFinetuningService

    config = CustomModelDeploymentConfig(
        model_id=model,
        deployment_name=name,
        description=description,
        tags=dict(named(tag, "--tag")),
    )
    if dry_run:
        request = deployments.request_for(config, token="")  # one for a call never made
        show_plan("CreateCustomModelDeployment", request, as_json=as_json)
        return
    service = ModelFinetuningService()
    with told_if_interrupted(RUN_AGAIN):
        made = service.create_custom_model_deployment(config)
    if wait:
        made = _waited(service, made.deployment_arn, every=None, at_most=AN_HOUR, as_json=as_json)
    show_one(made, as_json=as_json)


@app.command(name="list")
def list_deployments(*, as_json: AsJson = False) -> None:
    """The deployments of the account in this region, newest first."""
    from burnish.cli.output import show_many
    from burnish.service import ModelFinetuningService

    found = ModelFinetuningService().list_custom_model_deployments()
    columns = ("deployment_name", "status", "creation_time", "model_arn", "deployment_arn")
    show_many(found, columns, as_json=as_json, none="There are no deployments.")


@app.command
def show(deployment: Deployment, /, *, as_json: AsJson = False) -> None:
    """A deployment as it is now."""
    from burnish.cli.output import show_one
    from burnish.service import ModelFinetuningService

    show_one(ModelFinetuningService().get_custom_model_deployment(deployment), as_json=as_json)


@app.command
def wait(
    deployment: Deployment,
    /,
    *,
    every: Every = None,
    at_most: AtMost = AN_HOUR,
    as_json: AsJson = False,
) -> None:
    """Wait until a deployment answers. Exits 1 where it fails."""
    from burnish.cli.output import show_one
    from burnish.service import ModelFinetuningService

    service = ModelFinetuningService()
    show_one(_waited(service, deployment, every=every, at_most=at_most, as_json=as_json), as_json=as_json)


@app.command
def update(
    deployment: Deployment,
    /,
    *,
    model: Annotated[str, Parameter(help="Another custom model of the same base, by ARN.")],
) -> None:
    """Have a deployment answer with another model."""
    from burnish.cli.output import tell
    from burnish.service import ModelFinetuningService

    ModelFinetuningService().update_custom_model_deployment(deployment, model_arn=model)
    tell(f"The deployment {deployment} is changed.")


@app.command
def delete(deployment: Deployment, /) -> None:
    """Delete a deployment, and return once it is gone. The model itself stays."""
    from burnish.cli.display import waiting_for
    from burnish.cli.output import tell
    from burnish.service import ModelFinetuningService

    with waiting_for("deletion", goes_on=f"It may not be gone yet: `burnish deployment show {deployment}`."):
        ModelFinetuningService().delete_custom_model_deployment(deployment)
    tell(f"The deployment {deployment} is gone.")


def _waited(
    service: ModelFinetuningService, deployment: str, *, every: float | None, at_most: float, as_json: bool
) -> CustomModelDeploymentResult:
    """The deployment that answers. Raises `JobFailed` where it fails."""
    from burnish.cli.display import waiting_for
    from burnish.errors import JobFailed
    from burnish.types import DeploymentStatus

    goes_on = f"The deployment goes on: `burnish deployment wait {deployment}` waits until it answers."
    with waiting_for("deployment", quiet=as_json, goes_on=goes_on) as show_state:
        done = service.wait_for_deployment(
            deployment,
            polling_interval=seconds_between_looks(every),
            max_wait_time=at_most,
            on_poll=lambda seen: show_state(str(seen.status)),
        )
        if done.status is not DeploymentStatus.ACTIVE:
            raise JobFailed(f"{done}: delete it, and create another")
    return done
