"""`burnish model import`: a model comes to a server of one's own, or to Amazon Bedrock."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from burnish.aws.imports import ImportStatus, ModelImportJobConfig
from burnish.cli.display import waiting_for
from burnish.cli.options import A_DAY, AsJson, PollInterval, Tags, Timeout, named, polling_seconds, role_arn
from burnish.cli.output import print_message, print_result, show_one
from burnish.errors import JobFailed


def import_model(
    source: Annotated[
        str, Parameter(help="A folder that `burnish model download` wrote, or weights, here or in S3.")
    ],
    /,
    *,
    name: Annotated[str, Parameter(help="The name of the model, and of the job.")],
    role: Annotated[str, Parameter(help="A role that can read the folder in S3, by name or ARN.")],
    to: Annotated[
        str | None, Parameter(help="The S3 folder to upload to, where the source is a folder here.")
    ] = None,
    tag: Tags = (),
    poll_interval: PollInterval = None,
    timeout: Timeout = A_DAY,
    as_json: AsJson = False,
) -> None:
    """Import a model, wait until it answers, and print the ARN to call it by."""
    from burnish.aws.clients import open_clients
    from burnish.model_imports import uploaded_model
    from burnish.service import ModelFinetuningService

    clients = open_clients()
    service = ModelFinetuningService(clients=clients)
    config = ModelImportJobConfig(
        job_name=name,
        model_name=name,
        role_arn=role_arn(role),
        model_uri=uploaded_model(
            clients, source, to, on_upload=lambda place: print_message(f"Uploading {source} to {place}")
        ),
        model_tags=dict(named(tag, "--tag")),
    )
    goes_on = f"The import keeps running: `burnish import wait {name}` follows it."
    with waiting_for("import", quiet=as_json, goes_on=goes_on):
        job = service.create_model_import_job(config)
        done = service.wait_for_model_import_job(
            job.job_arn, polling_interval=polling_seconds(poll_interval), max_wait_time=timeout
        )
    if done.status is not ImportStatus.COMPLETED:
        raise JobFailed(
            f"The {str(done).rstrip('.')}.", remedy="Fix the cause, and import again under another name."
        )
    show_one(done, as_json=True) if as_json else print_result(str(done.model_arn))
