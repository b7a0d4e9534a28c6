"""`burnish import`: import your own weights as models of the service."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from burnish.aws import imports
from burnish.aws.identifiers import ResourceKind
from burnish.aws.imports import ImportStatus, ModelImportJobConfig
from burnish.cli.display import waiting_for
from burnish.cli.options import (
    A_DAY,
    AsJson,
    DryRun,
    PollInterval,
    Tags,
    Timeout,
    named,
    open_service,
    polling_seconds,
    region,
    role_arn,
)
from burnish.cli.output import print_result, show_many, show_one, show_plan
from burnish.errors import JobFailed

app = App(
    name="import", help="Import your own weights as models: create, follow, delete.", help_format="plaintext"
)

Import = Annotated[str, Parameter(help="The import job's name, id or ARN.")]


@app.command
def create(
    weights: Annotated[
        str, Parameter(help="The S3 folder with *.safetensors, config.json and the tokenizer.")
    ],
    name: Annotated[str, Parameter(help="The name of the model, and of the job.")],
    /,
    *,
    role: Annotated[str, Parameter(help="A role that can read the folder, by name or ARN.")],
    tag: Tags = (),
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Start importing weights in Hugging Face's layout."""
    config = ModelImportJobConfig(
        job_name=name,
        model_name=name,
        role_arn=role_arn(role),
        model_uri=weights,
        model_tags=dict(named(tag, "--tag")),
    )
    if dry_run:
        request = imports.request_for(config, token="")  # one for a call never made
        show_plan("CreateModelImportJob", request, as_json=as_json)
        return
    show_one(open_service().create_model_import_job(config), as_json=as_json)


@app.command(name="list")
def list_imports(*, as_json: AsJson = False) -> None:
    """List the import jobs in this account and region, newest first."""
    found = open_service().list_model_import_jobs()
    columns = {"name": "job_name", "status": "status", "created": "creation_time", "model": "model_name"}
    show_many(found, columns, as_json=as_json, none=f"No import jobs found in {region()}.")


@app.command
def show(job: Import, /, *, as_json: AsJson = False) -> None:
    """Show an import job."""
    service = open_service()
    show_one(service.get_model_import_job(service.arn_of(ResourceKind.IMPORT, job)), as_json=as_json)


@app.command
def wait(
    job: Import, /, *, poll_interval: PollInterval = None, timeout: Timeout = A_DAY, as_json: AsJson = False
) -> None:
    """Wait until an import job has ended. The exit status is 1 unless it completed."""
    service = open_service()
    goes_on = f"The import keeps running: `burnish import wait {job}` follows it."
    with waiting_for("import", quiet=as_json, goes_on=goes_on):
        done = service.wait_for_model_import_job(
            service.arn_of(ResourceKind.IMPORT, job),
            polling_interval=polling_seconds(poll_interval),
            max_wait_time=timeout,
        )
    show_one(done, as_json=as_json)
    if done.status is not ImportStatus.COMPLETED:
        raise JobFailed(
            f"The {str(done).rstrip('.')}.", remedy="Fix the cause, and import again under another name."
        )


@app.command(name="models")
def list_models(*, as_json: AsJson = False) -> None:
    """List the imported models in this account and region, newest first."""
    found = open_service().list_imported_models()
    columns = {"name": "model_name", "created": "creation_time", "architecture": "architecture"}
    show_many(found, columns, as_json=as_json, none=f"No imported models found in {region()}.")


@app.command
def delete(model: Annotated[str, Parameter(help="The imported model's name, id or ARN.")], /) -> None:
    """Delete an imported model permanently."""
    service = open_service()
    service.delete_imported_model(service.arn_of(ResourceKind.IMPORTED_MODEL, model))
    print_result(f"Deleted the imported model {model}.")
