"""Custom Model Import: jobs that bring weights from S3, written down and left to the supervisor."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import msgspec

from burnish.server.arns import new_arn
from burnish.server.bedrock.control import (
    Control,
    found,
    kept,
    made_before,
    moment,
    tag_map,
    tell_without_effect,
)
from burnish.server.bedrock.faults import conflict, invalid
from burnish.server.bedrock.paging import page_of
from burnish.server.bedrock.role_access import role_storage
from burnish.server.disk_space import require_room
from burnish.server.resources import ImportedWeights, ImportJob, ImportSecurity
from burnish.server.s3.object_uris import object_uri_problem
from burnish.server.wire.call import Call

log = logging.getLogger(__name__)

SECURITY = ("vpcConfig", "importedModelKmsKeyId")


async def create(control: Control, call: Call) -> Mapping[str, Any]:
    """Accept an import; the supervisor fetches the weights, checks them and loads the model."""
    if earlier := made_before(control, call):
        return {"jobArn": earlier}
    require_room(control.data)
    job = _job(control, call)
    role_storage(control, job.role_arn, job.arn)
    arn = kept(control, call, job, tags="jobTags")
    log.info("Import %s: accepted, from %s", job.name, job.uri)
    tell_without_effect("Import", job.name, job.security.members)
    return {"jobArn": arn}


async def get(control: Control, call: Call) -> Mapping[str, Any]:
    """An import as it is."""
    job = found(control, ImportJob, call, call.parameters["jobIdentifier"])
    return {
        **_outline(job),
        "roleArn": job.role_arn,
        "modelDataSource": source_of(job),
        "failureMessage": job.failure_message,
        "vpcConfig": msgspec.to_builtins(job.security).get("vpcConfig"),
        "importedModelKmsKeyArn": job.key_arn,
    }


async def list_jobs(control: Control, call: Call) -> Mapping[str, Any]:
    """A page of imports, newest first."""
    page, token = page_of(control, ImportJob, call, {"status": call.parameters.get("statusEquals")})
    return {"modelImportJobSummaries": [_outline(job) for job in page], "nextToken": token}


def source_of(job: ImportJob) -> dict[str, Any]:
    """Where the weights of an import lie, as the API has it."""
    return {"s3DataSource": {"s3Uri": job.uri}}


def _job(control: Control, call: Call) -> ImportJob:
    asked = call.parameters
    uri = (asked["modelDataSource"].get("s3DataSource") or {}).get("s3Uri") or ""
    if problem := object_uri_problem(uri, is_prefix=True):
        raise invalid(f"The URI at 'modelDataSource.s3DataSource.s3Uri' {problem}")
    region, name, model_name = call.caller.region, asked["jobName"], asked["importedModelName"]
    if control.store.find(ImportJob, region, name):
        raise conflict(f"The provided job name {name} is currently in use")
    if control.store.find(ImportedWeights, region, model_name):
        raise conflict(f"The provided model name {model_name} is currently in use")
    return ImportJob(
        arn=new_arn(call.caller, "model-import-job"),
        region=region,
        name=name,
        model_name=model_name,
        role_arn=asked["roleArn"],
        uri=uri,
        model_tags=tag_map(asked.get("importedModelTags")),
        security=msgspec.convert(
            {name: asked[name] for name in SECURITY if asked.get(name) is not None}, ImportSecurity
        ),
    )


def _outline(job: ImportJob) -> dict[str, Any]:
    """What lists say of an import, and what is said of it alone."""
    return {
        "jobArn": job.arn,
        "jobName": job.name,
        "status": job.status,
        "importedModelArn": job.model_arn,
        "importedModelName": job.model_name,
        "creationTime": moment(job.created_at),
        "lastModifiedTime": moment(job.modified_at),
        "endTime": moment(job.ended_at),
    }
