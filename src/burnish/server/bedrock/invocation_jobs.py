"""Batch inference: accepted after Bedrock's checks, written down, and left to the supervisor."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import msgspec

from burnish.errors import ServiceUnavailable
from burnish.server.arns import new_arn
from burnish.server.batch_request import BatchInput, BatchRequest
from burnish.server.bedrock.control import (
    Control,
    found,
    kept,
    made_before,
    moment,
    require_free_job_name,
    without_effect,
)
from burnish.server.bedrock.faults import conflict, invalid
from burnish.server.bedrock.paging import page_of
from burnish.server.bedrock.places import batch_place
from burnish.server.bedrock.role_access import role_storage
from burnish.server.disk_space import require_room
from burnish.server.resources import InvocationJob
from burnish.server.s3.object_uris import object_uri_problem
from burnish.server.s3.role_storage import RoleStorage, bucket_and_key
from burnish.server.wire.call import Call, ServiceFault

log = logging.getLogger(__name__)

#: What a batch may be stopped in.
STOPPABLE = ("Submitted", "Validating", "Scheduled", "InProgress")


async def create(control: Control, call: Call) -> Mapping[str, Any]:
    """Accept a batch. Its records are checked when it is validated."""
    if earlier := made_before(control, call):
        return {"jobArn": earlier}
    require_room(control.data)
    job = _job(control, call)
    storage = role_storage(control, job.batch_request.role_arn, job.arn)
    await asyncio.to_thread(_check_objects, storage, job.batch_request)
    # The checks may have taken a while: the same request, or another of this name, may have come meanwhile.
    if earlier := made_before(control, call):
        return {"jobArn": earlier}
    require_free_job_name(control, InvocationJob, call)
    arn = kept(control, call, job)
    log.info("Batch %s: accepted, to be answered by %s", job.name, job.batch_request.model_id)
    return {"jobArn": arn}


async def get(control: Control, call: Call) -> Mapping[str, Any]:
    """A batch as it is."""
    return _described(found(control, InvocationJob, call, call.parameters["jobIdentifier"]))


async def list_jobs(control: Control, call: Call) -> Mapping[str, Any]:
    """A page of batches, newest first."""
    page, token = page_of(control, InvocationJob, call, {"status": call.parameters.get("statusEquals")})
    return {"invocationJobSummaries": [_described(job) for job in page], "nextToken": token}


async def stop(control: Control, call: Call) -> Mapping[str, Any]:
    """Ask a batch to stop. What has been answered by then is written to its output."""
    job = found(control, InvocationJob, call, call.parameters["jobIdentifier"])
    for status in STOPPABLE:
        if control.store.change(InvocationJob, job.arn, expected={"status": status}, status="Stopping"):
            return {}
    job = found(control, InvocationJob, call, job.arn)
    raise conflict(f"The batch {job.name} is {job.status}: only one that has not ended can be stopped")


def _job(control: Control, call: Call) -> InvocationJob:
    given = {name: value for name, value in call.parameters.items() if value is not None}
    for config, member in (
        ("inputDataConfig", "s3InputDataConfig"),
        ("outputDataConfig", "s3OutputDataConfig"),
    ):
        if not given[config].get(member):
            raise invalid(f"{config} needs a {member}")
    request = msgspec.convert(given, BatchRequest)
    _check_uris(request)
    _check_owners(request, control.credentials.account_id)
    batch_place(control, call.caller.region, request.model_id)
    require_free_job_name(control, InvocationJob, call)
    return InvocationJob(
        arn=new_arn(call.caller, "model-invocation-job"),
        region=call.caller.region,
        name=call.parameters["jobName"],
        batch_request=request,
    )


def _check_uris(request: BatchRequest) -> None:
    source = request.input
    problems = {
        "inputDataConfig.s3InputDataConfig.s3Uri": object_uri_problem(
            source.s3_uri, is_prefix=source.is_folder
        ),
        "outputDataConfig.s3OutputDataConfig.s3Uri": object_uri_problem(
            request.output.s3_uri, is_prefix=True
        ),
    }
    told = "; ".join(f"The URI at '{member}' {problem}" for member, problem in problems.items() if problem)
    if told:
        raise invalid(told)


def _check_owners(request: BatchRequest, account_id: str) -> None:
    for owner in (request.input.s3_bucket_owner, request.output.s3_bucket_owner):
        if owner not in (None, account_id):
            raise invalid(f"No bucket of the account {owner} is here: all are of {account_id}")


def _check_objects(storage: RoleStorage, request: BatchRequest) -> None:
    try:
        _check_input(storage, request.input)
        _check_output(storage, request.output.s3_uri)
    except ServiceUnavailable as error:
        # The operation declares no ServiceUnavailableException; clients try this one again as well.
        raise ServiceFault(
            "InternalServerException", f"Nothing was created, and the same request may succeed later: {error}"
        ) from error


def _check_input(storage: RoleStorage, source: BatchInput) -> None:
    uri = source.s3_uri
    bucket, key = bucket_and_key(uri)
    if source.is_folder:
        needed = {"s3:ListBucket": f"s3://{bucket}", "s3:GetObject": f"{uri.rstrip('/')}/any.jsonl"}
        place = f"s3://{bucket}"
    else:
        needed, place = {"s3:GetObject": uri}, uri
    for action, resource in needed.items():
        if not storage.may(action, resource):
            raise invalid(
                f"Could not validate {action.partition(':')[2]} permissions to access Amazon S3 bucket: "
                f"{bucket} at key prefix: {key}. Allow the role {action}"
            )
    if not storage.exists(place):
        raise invalid(f"There is no input at {uri}: give a file whose name ends with .jsonl, or a folder")


def _check_output(storage: RoleStorage, uri: str) -> None:
    bucket, _ = bucket_and_key(uri)
    # Policies are about keys below the prefix and not the prefix itself, so some key is asked about.
    if not storage.may("s3:PutObject", f"{uri.rstrip('/')}/any") or not storage.exists(f"s3://{bucket}"):
        raise invalid(
            f"Could not validate PutObject permissions to access Amazon S3 bucket: {bucket}. "
            "Check that the bucket exists and that the role may write to it"
        )


def _described(job: InvocationJob) -> dict[str, Any]:
    request = job.batch_request
    asked = msgspec.to_builtins(request)
    processed = job.successes + job.failures
    return {
        **asked,
        "modelInvocationType": request.model_invocation_type,
        "timeoutDurationInHours": request.timeout_duration_in_hours,
        "jobArn": job.arn,
        "jobName": job.name,
        "status": job.status,
        "message": _message_of(job),
        "submitTime": moment(job.created_at),
        "lastModifiedTime": moment(job.modified_at),
        "endTime": moment(job.ended_at),
        "jobExpirationTime": moment(job.expires_at),
        "totalRecordCount": job.total_records,
        "processedRecordCount": processed if job.total_records is not None else None,
        "successRecordCount": job.successes if job.total_records is not None else None,
        "errorRecordCount": job.failures if job.total_records is not None else None,
    }


def _message_of(job: InvocationJob) -> str | None:
    """Why a batch failed, or what was asked of it that changes nothing here."""
    return job.message or without_effect(job.batch_request.without_effect) or None
