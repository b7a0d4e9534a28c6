"""`burnish import`: weights of one's own that become models of the service."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from burnish.cli.options import AsJson, AtMost, DryRun, Every, Tags, named, seconds_between_looks

app = App(
    name="import", help="Weights of your own as models: create, follow, delete.", help_format="plaintext"
)

Import = Annotated[str, Parameter(help="The import job's ARN or name.")]
A_DAY = 86_400.0


@app.command
def create(
    weights: Annotated[str, Parameter(help="The folder in S3 with *.safetensors, config.json, tokenizer.")],
    name: Annotated[str, Parameter(help="What the model is called, and the job.")],
    /,
    *,
    role: Annotated[str, Parameter(help="The role that can read the folder, by ARN.")],
    tag: Tags = (),
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Start to import weights in Hugging Face's layout."""
    from burnish.aws import imports
    from burnish.aws.imports import ModelImportJobConfig
    from burnish.cli.output import show_one, show_plan
    from burnish.service import ModelFinetuningService

    config = ModelImportJobConfig(
        job_name=name,
        model_name=name,
        role_arn=role,
        model_uri=weights,
        model_tags=dict(named(tag, "--tag")),
    )
    if dry_run:
        request = imports.request_for(config, token="")  # one for a call never made
        show_plan("CreateModelImportJob", request, as_json=as_json)
        return
    show_one(ModelFinetuningService().create_model_import_job(config), as_json=as_json)


@app.command(name="list")
def list_imports(*, as_json: AsJson = False) -> None:
    """The import jobs of the account in this region, newest first."""
    from burnish.cli.output import show_many
    from burnish.service import ModelFinetuningService

    found = ModelFinetuningService().list_model_import_jobs()
    columns = ("job_name", "status", "creation_time", "model_name", "job_arn")
    show_many(found, columns, as_json=as_json, none="There are no import jobs.")


@app.command
def show(job: Import, /, *, as_json: AsJson = False) -> None:
    """An import job as it is now."""
    from burnish.cli.output import show_one
    from burnish.service import ModelFinetuningService

    show_one(ModelFinetuningService().get_model_import_job(job), as_json=as_json)


@app.command
def wait(job: Import, /, *, every: Every = None, at_most: AtMost = A_DAY, as_json: AsJson = False) -> None:
    """Wait for an import job's end. Exits 1 where that is not completion."""
    from burnish.aws.imports import ImportStatus
    from burnish.cli.display import waiting_for
    from burnish.cli.output import show_one
    from burnish.errors import JobFailed
    from burnish.service import ModelFinetuningService

    service = ModelFinetuningService()
    goes_on = f"The import goes on: `burnish import wait {job}` follows it."
    with waiting_for("import", quiet=as_json, goes_on=goes_on):
        done = service.wait_for_model_import_job(
            job, polling_interval=seconds_between_looks(every), max_wait_time=at_most
        )
    show_one(done, as_json=as_json)
    if done.status is not ImportStatus.COMPLETED:
        raise JobFailed(f"{done}: correct the weights or the role, and import again")


@app.command(name="models")
def list_models(*, as_json: AsJson = False) -> None:
    """The imported models of the account in this region, newest first."""
    from burnish.cli.output import show_many
    from burnish.service import ModelFinetuningService

    found = ModelFinetuningService().list_imported_models()
    columns = ("model_name", "creation_time", "architecture", "model_arn")
    show_many(found, columns, as_json=as_json, none="There are no imported models.")


@app.command
def delete(model: Annotated[str, Parameter(help="The imported model's ARN or name.")], /) -> None:
    """Delete an imported model for good."""
    from burnish.cli.output import tell
    from burnish.service import ModelFinetuningService

    ModelFinetuningService().delete_imported_model(model)
    tell(f"The imported model {model} is deleted.")
