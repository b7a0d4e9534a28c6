"""Evaluation jobs: accepted where their metrics can be computed, written down, and left to the supervisor."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import msgspec

from burnish.errors import ServiceUnavailable
from burnish.server.arns import new_arn
from burnish.server.bedrock.control import (
    Control,
    found,
    kept,
    made_before,
    moment,
    require_free_job_name,
    tell_without_effect,
)
from burnish.server.bedrock.evaluation_requests import checked_request
from burnish.server.bedrock.faults import conflict, invalid
from burnish.server.bedrock.paging import page_of
from burnish.server.bedrock.permissions import bedrock_permissions
from burnish.server.bedrock.places import callable_place
from burnish.server.bedrock.role_access import role_identity, role_storage
from burnish.server.disk_space import require_room
from burnish.server.evaluation_request import EvaluationRequest
from burnish.server.resources import EvaluationJob
from burnish.server.s3.role_storage import RoleStorage, bucket_and_key
from burnish.server.wire.access import refusal_of
from burnish.server.wire.call import Call, ServiceFault

#: What can be deleted.
ENDED = ("Completed", "Failed", "Stopped")
_RUNTIME, _CONVERSE = "bedrock-runtime", "Converse"

log = logging.getLogger(__name__)


async def create(control: Control, call: Call) -> Mapping[str, Any]:
    """Accept an evaluation. Its prompts are checked when they are fetched."""
    if earlier := made_before(control, call):
        return {"jobArn": earlier}
    require_room(control.data)
    job = _job(control, call)
    storage = role_storage(control, job.evaluation_request.role_arn, job.arn)
    _check_model(control, job)
    await asyncio.to_thread(_check_objects, storage, job.evaluation_request)
    # The checks may have taken a while: the same request, or another of this name, may have come meanwhile.
    if earlier := made_before(control, call):
        return {"jobArn": earlier}
    require_free_job_name(control, EvaluationJob, call)
    arn = kept(control, call, job, tags="jobTags")
    log.info("Evaluation %s: accepted, of %s", job.name, job.evaluation_request.model.model_identifier)
    tell_without_effect("Evaluation", job.name, job.evaluation_request.without_effect)
    return {"jobArn": arn}


async def get(control: Control, call: Call) -> Mapping[str, Any]:
    """An evaluation as it is."""
    job = found(control, EvaluationJob, call, call.parameters["jobIdentifier"])
    return {
        **msgspec.to_builtins(job.evaluation_request),
        **_state_of(job),
        "lastModifiedTime": moment(job.modified_at),
        "failureMessages": [job.message] if job.message else None,
    }


async def list_jobs(control: Control, call: Call) -> Mapping[str, Any]:
    """A page of evaluations, newest first. All are of models: none of RAG is accepted."""
    if call.parameters.get("applicationTypeEquals") == "RagEvaluation":
        return {"jobSummaries": None}
    page, token = page_of(control, EvaluationJob, call, {"status": call.parameters.get("statusEquals")})
    # By its shape it has one at least, or is left out.
    return {"jobSummaries": [_summary(job) for job in page] or None, "nextToken": token}


async def stop(control: Control, call: Call) -> Mapping[str, Any]:
    """Ask an evaluation to stop. It writes no scores."""
    job = found(control, EvaluationJob, call, call.parameters["jobIdentifier"])
    if not control.store.change(EvaluationJob, job.arn, expected={"status": "InProgress"}, status="Stopping"):
        job = found(control, EvaluationJob, call, job.arn)
        raise conflict(f"The evaluation {job.name} is {job.status}: only one in progress can be stopped")
    return {}


async def batch_delete(control: Control, call: Call) -> Mapping[str, Any]:
    """Forget evaluations that have ended; says of each other one why it is kept. Scores stay in S3."""
    errors, deleted = [], []
    for arn in dict.fromkeys(call.parameters["jobIdentifiers"]):
        try:
            job = found(control, EvaluationJob, call, arn)
            if job.status not in ENDED:
                raise conflict(f"The evaluation {job.name} is {job.status}: stop it first, and wait")
            control.store.remove(job)
        except ServiceFault as fault:
            errors.append({"jobIdentifier": arn, "code": fault.code, "message": fault.message})
        else:
            deleted.append({"jobIdentifier": arn, "jobStatus": "Deleting"})
    return {"errors": errors, "evaluationJobs": deleted}


def _job(control: Control, call: Call) -> EvaluationJob:
    request = checked_request(call)
    require_free_job_name(control, EvaluationJob, call)
    return EvaluationJob(
        arn=new_arn(call.caller, "evaluation-job"),
        region=call.caller.region,
        name=call.parameters["jobName"],
        evaluation_request=request,
    )


def _check_model(control: Control, job: EvaluationJob) -> None:
    """Raise a fault where no model answers under the identifier, or the role may not invoke it."""
    identifier, role_arn = job.evaluation_request.model.model_identifier, job.evaluation_request.role_arn
    try:
        callable_place(control, job.region, identifier)
    except ServiceFault as fault:
        if fault.code == "ModelNotReadyException":  # which this operation does not declare
            raise conflict(fault.message) from fault
        raise
    caller = role_identity(control, role_arn, job.arn)
    asked = Call(service=_RUNTIME, operation=_CONVERSE, parameters={"modelId": identifier}, caller=caller)
    for access in bedrock_permissions(control)[_RUNTIME, _CONVERSE](asked):
        if refusal_of(caller, access):
            raise invalid(
                f"The role may not invoke {identifier}: allow it {access.action} on {access.resource}"
            )


def _check_objects(storage: RoleStorage, request: EvaluationRequest) -> None:
    try:
        for dataset in request.datasets:
            _check_prompts(storage, dataset.dataset.dataset_location.s3_uri)
        _check_output(storage, request.output_data_config.s3_uri)
    except ServiceUnavailable as error:
        raise ServiceFault(
            "InternalServerException", f"Nothing was created, and the same request may succeed later: {error}"
        ) from error


def _check_prompts(storage: RoleStorage, uri: str) -> None:
    if not storage.may("s3:GetObject", uri):
        raise invalid(f"The role may not read {uri}: allow it s3:GetObject on it")
    if not storage.exists(uri):
        raise invalid(f"There is no dataset at {uri}: give a JSONL file of prompts")


def _check_output(storage: RoleStorage, uri: str) -> None:
    bucket, _ = bucket_and_key(uri)
    if not storage.may("s3:PutObject", f"{uri.rstrip('/')}/any") or not storage.exists(f"s3://{bucket}"):
        raise invalid(
            f"The role may not write below {uri}: check that the bucket exists, and allow it s3:PutObject"
        )


def _state_of(job: EvaluationJob) -> dict[str, Any]:
    return {
        "jobArn": job.arn,
        "jobName": job.name,
        "status": job.status,
        "creationTime": moment(job.created_at),
        "jobType": "Automated",
        "applicationType": "ModelEvaluation",
    }


def _summary(job: EvaluationJob) -> dict[str, Any]:
    request = job.evaluation_request
    models = [request.model.model_identifier]
    return {
        **_state_of(job),
        "evaluationTaskTypes": list(dict.fromkeys(dataset.task_type for dataset in request.datasets)),
        "modelIdentifiers": models,
        "inferenceConfigSummary": {"modelConfigSummary": {"bedrockModelIdentifiers": models}},
    }
