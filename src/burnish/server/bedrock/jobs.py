"""Customization jobs: accepted after Bedrock's checks, written down, and left to the supervisor."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec
from msgspec import structs

from burnish.engine.catalogue import FoundationModel, foundation_model_arn
from burnish.errors import InvalidConfig, ServiceUnavailable
from burnish.families import CustomizationType, family_of
from burnish.names import (
    HYPERPARAMETERS_HEADER,
    KEEP_MODEL_HEADER,
    PROGRESS_HEADER,
    SCHEDULE_HEADER,
    WITHOUT_EFFECT_HEADER,
)
from burnish.server.arns import kms_arn, new_arn
from burnish.server.bedrock.control import Control, found, kept, made_before, moment, tell_without_effect
from burnish.server.bedrock.faults import conflict, invalid
from burnish.server.bedrock.paging import page_of
from burnish.server.bedrock.places import weights_behind
from burnish.server.bedrock.record_counts import counted_records
from burnish.server.bedrock.role_access import role_storage
from burnish.server.bedrock.teachers import endpoint_for
from burnish.server.disk_space import require_room
from burnish.server.job_folder.paths import job_folder
from burnish.server.job_input import JobRequest
from burnish.server.resources import CustomModel, Job
from burnish.server.s3.object_uris import object_uri_problem
from burnish.server.s3.role_storage import RoleStorage, bucket_and_key
from burnish.server.stand_ins import with_stand_in_settings
from burnish.server.wire.call import Call, ServiceFault, WithHeaders
from burnish.types import JobProgress

log = logging.getLogger(__name__)
_COMPACT = json.JSONEncoder(separators=(",", ":"))

FINE_TUNING, DISTILLATION, PRE_TRAINING = "FINE_TUNING", "DISTILLATION", "CONTINUED_PRE_TRAINING"
KINDS = (FINE_TUNING, DISTILLATION, PRE_TRAINING)
RANK = "loraRank"
ECHOED = (
    "roleArn",
    "trainingDataConfig",
    "validationDataConfig",
    "outputDataConfig",
    "clientRequestToken",
    "vpcConfig",
    "customizationConfig",
)


async def create(control: Control, call: Call) -> Mapping[str, Any]:
    """Accept a job. Everything that can be known now is checked now."""
    if earlier := made_before(control, call):
        return {"jobArn": earlier}
    # A job that is accepted can also write what it makes.
    require_room(control.data)
    job = _job(control, call)
    storage = role_storage(control, job.request.role_arn, job.arn)
    records = await asyncio.to_thread(_check_data, storage, job.request)
    # The checks may have taken a while; a second request with the same token may have come in between, or
    # another job that has one of the names.
    if earlier := made_before(control, call):
        return {"jobArn": earlier}
    _check_names(control, call)
    arn = kept(control, call, replace(job, records=records), tags="jobTags")
    log.info("Job %s: accepted, to tune %s", job.name, job.base_model_id)
    tell_without_effect("Job", job.name, job.request.without_effect)
    return {"jobArn": arn}


async def get(control: Control, call: Call) -> Mapping[str, Any]:
    """A job as it is; headers, which Bedrock does not send, tell how far it is and when it ends."""
    job = found(control, Job, call, call.parameters["jobIdentifier"])
    told = {
        PROGRESS_HEADER: _progress_of(job),
        SCHEDULE_HEADER: control.forecast.schedules().get(job.arn),
        HYPERPARAMETERS_HEADER: job.hyperparameters,
        WITHOUT_EFFECT_HEADER: job.request.without_effect,
    }
    return WithHeaders(described(job), _as_headers(told))


def _progress_of(job: Job) -> JobProgress | None:
    """How far the phase in progress is, once that is counted."""
    name = job.phase_in_progress
    if name is None or not job.phases[name].total:
        return None
    phase = job.phases[name]
    return JobProgress(done=phase.done, total=phase.total, loss=phase.loss)


def _as_headers(told: Mapping[str, object]) -> dict[str, str]:
    """What there is to tell, as JSON in ASCII, as headers have to be."""
    return {name: _COMPACT.encode(msgspec.to_builtins(value)) for name, value in told.items() if value}


def described(job: Job) -> Mapping[str, Any]:
    """A job, with what it was given and what it has reached.

    Without validation data it has no ``validationDataConfig``, though the shape calls that required:
    Terraform, whose tests run against AWS, would take an empty one for a change to be undone.
    """
    request = msgspec.to_builtins(job.request)
    return {
        **{name: request.get(name) for name in ECHOED},
        **_outline(job),
        "outputModelName": job.model_name,
        "outputModelArn": job.model_arn,
        "failureMessage": job.failure_message,
        "outputModelKmsKeyArn": key_arn(job),
        "hyperParameters": _given_hyperparameters(job),
        "trainingMetrics": {"trainingLoss": job.training_loss} if job.training_loss is not None else None,
        "validationMetrics": [{"validationLoss": job.validation_loss}]
        if job.validation_loss is not None
        else None,
    }


def key_arn(job: Job) -> str | None:
    """The ARN of the key that AWS would encrypt a job's model with."""
    key = job.request.custom_model_kms_key_id
    return key and kms_arn(key, like=job.arn)


def _given_hyperparameters(job: Job) -> dict[str, str]:
    """Those that the request had, as on Bedrock: Terraform takes any other for a change to be undone."""
    given = job.request.hyper_parameters
    return dict(job.hyperparameters if given is None else given)  # earlier versions have not kept them


async def list_jobs(control: Control, call: Call) -> Mapping[str, Any]:
    """A page of jobs, newest first; headers tell of the unfinished ones what `get` tells of one."""
    page, token = page_of(control, Job, call, {"status": call.parameters.get("statusEquals")})
    summaries = [
        {**_outline(job), "customModelArn": job.model_arn, "customModelName": job.model_name} for job in page
    ]
    schedules = control.forecast.schedules()
    unfinished = [job for job in page if job.arn in schedules]
    told = {
        PROGRESS_HEADER: {job.id: progress for job in unfinished if (progress := _progress_of(job))},
        SCHEDULE_HEADER: {job.id: schedules[job.arn] for job in unfinished},
    }
    members = {"modelCustomizationJobSummaries": summaries, "nextToken": token}
    return WithHeaders(members, _as_headers(told))


async def stop(control: Control, call: Call) -> Mapping[str, Any]:
    """Ask a job to stop. Its worker notices at the next page or step.

    A header, which Bedrock does not know, asks it to end its training instead, and to keep the model.
    """
    job = found(control, Job, call, call.parameters["jobIdentifier"])
    if call.own_headers.get(KEEP_MODEL_HEADER) == "true":
        return _end_early(control, call, job)
    # At once with the look at its status: its worker may complete it at any moment.
    if not control.store.change(Job, job.arn, expected={"status": "InProgress"}, status="Stopping"):
        raise _not_in_progress(control, call, job)
    return {}


def _end_early(control: Control, call: Call, job: Job) -> Mapping[str, Any]:
    if job.status == "InProgress" and not _has_learned(control, job):
        raise conflict(
            f"The job {job.name} has not begun to train, and has no model to keep: wait until it trains, or "
            "stop it without keeping its model"
        )
    if not control.store.change(Job, job.arn, expected={"status": "InProgress"}, ends_early=True):
        raise _not_in_progress(control, call, job)
    return {}


def _has_learned(control: Control, job: Job) -> bool:
    """Whether a job trains, or an attempt before the present one did and left a checkpoint."""
    if job.phases["training"].status == "InProgress":
        return True
    return any(job_folder(control.data, job.id).checkpoints.glob("**/step-*"))


def _not_in_progress(control: Control, call: Call, job: Job) -> ServiceFault:
    job = found(control, Job, call, job.arn)
    return conflict(f"The job {job.name} is {job.status}: only a job in progress can be stopped")


def _job(control: Control, call: Call) -> Job:
    asked = call.parameters
    _check_kind(asked)
    _check_uris(asked)
    request = _request(control, call)
    tuned = control.store.find(CustomModel, call.caller.region, asked["baseModelIdentifier"])
    base = control.catalogue.find(tuned.base_model_id if tuned else asked["baseModelIdentifier"])
    if base is None:
        given = asked["baseModelIdentifier"]
        known = ", ".join(model.id for model in control.catalogue.foundation_models())
        suggestion = control.catalogue.suggestion(given) or f" This server tunes {known}"
        raise invalid(f"The provided model identifier {given} is invalid.{suggestion}")
    _check_names(control, call)
    if tuned:
        weights_behind(control, tuned, f"The custom model {tuned.name}")
        _check_rank(control, tuned, asked.get("hyperParameters") or {})
    return Job(
        arn=new_arn(call.caller, f"model-customization-job/{base.tuned_id}"),
        region=call.caller.region,
        name=asked["jobName"],
        model_name=asked["customModelName"],
        base_model_id=base.tuned_id,
        # A name may come to mean another model while the job waits; an ARN does not.
        request=structs.replace(request, base_model_identifier=tuned.arn) if tuned else request,
        hyperparameters=_hyperparameters(base, asked),
        weights_id=tuned.weights_id if tuned else base.weights.id,
    )


def _request(control: Control, call: Call) -> JobRequest:
    """What is asked, and where its teacher answers."""
    given = {name: value for name, value in call.parameters.items() if value is not None}
    request = msgspec.convert({"hyperParameters": {}, **given}, JobRequest)
    if request.teacher is None:
        return request
    endpoint = endpoint_for(control, call.caller.region, request.teacher.teacher_model_identifier)
    return structs.replace(request, teacher_endpoint=endpoint)


def _check_kind(asked: Mapping[str, Any]) -> None:
    """The customization is one of those here, and is given what it needs. Else a fault that names it."""
    kind = asked.get("customizationType") or FINE_TUNING
    if kind not in KINDS:
        raise invalid(f"This server does not support {kind}: use one of {', '.join(KINDS)}")
    if asked["trainingDataConfig"].get("invocationLogsConfig"):
        raise invalid("This server does not support invocationLogsConfig: leave it out")
    if not asked["trainingDataConfig"].get("s3Uri"):
        raise invalid("trainingDataConfig needs an s3Uri on this server")
    distilled = (asked.get("customizationConfig") or {}).get("distillationConfig")
    if asked.get("customizationConfig") and (kind != DISTILLATION or not distilled):
        raise invalid(f"This server supports customizationConfig for {DISTILLATION} only: leave it out")
    if kind == DISTILLATION and not distilled:
        raise invalid(f"{DISTILLATION} needs a customizationConfig with a distillationConfig")


def _check_uris(asked: Mapping[str, Any]) -> None:
    """Every object that a job names is one that can exist; a fault names the members that do not."""
    validators = (asked.get("validationDataConfig") or {}).get("validators") or ()
    output = asked["outputDataConfig"]["s3Uri"]
    problems = {
        "trainingDataConfig.s3Uri": object_uri_problem(asked["trainingDataConfig"]["s3Uri"]),
        **{
            f"validationDataConfig.validators.{number}.member.s3Uri": object_uri_problem(validator["s3Uri"])
            for number, validator in enumerate(validators, start=1)
        },
        "outputDataConfig.s3Uri": object_uri_problem(output, is_prefix=True),
    }
    told = "; ".join(f"The URI at '{member}' {problem}" for member, problem in problems.items() if problem)
    if told:
        raise invalid(told)


def _check_names(control: Control, call: Call) -> None:
    """Names stay taken for ever, also those of jobs that failed."""
    asked = call.parameters
    region, name, model_name = call.caller.region, asked["jobName"], asked["customModelName"]
    if control.store.has_job(region, name=name):
        raise conflict(f"The provided job name {name} is currently in use")
    if control.store.has_job(region, model_name=model_name):
        raise conflict(f"The provided model name {model_name} is currently in use")


def _hyperparameters(base: FoundationModel, asked: Mapping[str, Any]) -> dict[str, str]:
    given, kind = asked.get("hyperParameters") or {}, asked.get("customizationType") or FINE_TUNING
    family = family_of(base.tuned_id)
    if family is None:
        raise invalid(f"No model family says how {base.tuned_id} is tuned")
    try:
        tuning = family.tuning(base.tuned_id, CustomizationType(kind))
    except InvalidConfig as error:
        raise invalid(str(error)) from error
    if kind == PRE_TRAINING and not base.weights.learns_plain_text:
        raise invalid(f"{base.id} cannot be tuned by {kind}: only a language model can, and not in a pool")
    if problems := tuning.problems_with(given, owner=family.name):
        raise invalid("Invalid hyperparameters: " + "; ".join(problems))
    # Kept with today's defaults: a later version, which may have others, can be the one that trains.
    if base.is_stand_in:
        return with_stand_in_settings(given, tuning)
    return {**base.weights.applicable(tuning.defaults()), **given}


def _check_rank(control: Control, tuned: CustomModel, given: Mapping[str, str]) -> None:
    """An adapter that is trained further keeps its rank."""
    earlier = control.store.find(Job, tuned.region, tuned.job_arn)
    rank = earlier.hyperparameters.get(RANK) if earlier else None
    if rank is not None and given.get(RANK, rank) != rank:
        raise invalid(
            f"{RANK} is {given[RANK]}, and {tuned.name}, which is tuned further, has {rank}: give {rank}"
        )


def _check_data(storage: RoleStorage, request: JobRequest) -> int | None:
    """Check the objects of a job; gives the number of its records, where that can be told."""
    try:
        _check_objects(storage, request)
        return counted_records(storage, request)
    except ServiceUnavailable as error:
        # The operation declares no ServiceUnavailableException; clients try this one again as well.
        raise ServiceFault(
            "InternalServerException", f"Nothing was created, and the same request may succeed later: {error}"
        ) from error


def _check_objects(storage: RoleStorage, request: JobRequest) -> None:
    for uri in (request.training_data_config.s3_uri, *request.validation_uris):
        bucket, key = bucket_and_key(uri)
        if not storage.may("s3:GetObject", uri) or not storage.exists(uri):
            raise invalid(
                "Could not validate GetObject permissions to access Amazon S3 bucket: "
                f"{bucket} at key prefix: {key}. Check that the object exists and that the role may read it"
            )
    output = request.output_data_config.s3_uri
    bucket, _ = bucket_and_key(output)
    # Policies are about keys below the prefix and not the prefix itself, so some key is asked about.
    if not storage.may("s3:PutObject", f"{output.rstrip('/')}/any") or not storage.exists(f"s3://{bucket}"):
        raise invalid(
            f"Could not validate PutObject permissions to access Amazon S3 bucket: {bucket}. "
            "Check that the bucket exists and that the role may write to it"
        )


def _status_details(job: Job) -> dict[str, Any]:
    return {
        f"{phase}Details": {
            "status": state.status,
            "creationTime": moment(state.begun),
            "lastModifiedTime": moment(state.changed),
        }
        for phase, state in job.phases.items()
    }


def _outline(job: Job) -> dict[str, Any]:
    """What lists say of a job, and what is said of it alone."""
    return {
        "jobArn": job.arn,
        "baseModelArn": foundation_model_arn(job.region, job.base_model_id),
        "jobName": job.name,
        "status": job.status,
        "statusDetails": _status_details(job),
        "lastModifiedTime": moment(job.modified_at),
        "creationTime": moment(job.created_at),
        "endTime": moment(job.ended_at),
        "customizationType": job.request.customization_type,
    }
