"""Customization jobs: accepted after Bedrock's checks, written down, and left to the supervisor."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

import msgspec

from burnish.engine.catalogue import FoundationModel, foundation_model_arn
from burnish.errors import ServiceUnavailable
from burnish.families import family_of
from burnish.names import PROGRESS_HEADER
from burnish.policies import trusts_bedrock
from burnish.server.arns import new_arn
from burnish.server.bedrock.control import Control, found, kept, made_before, moment
from burnish.server.bedrock.faults import conflict, invalid
from burnish.server.bedrock.paging import page_of
from burnish.server.bedrock.places import weights_behind
from burnish.server.disk_space import require_room
from burnish.server.job_input import JobRequest
from burnish.server.resources import CustomModel, Job
from burnish.server.s3.object_uris import object_uri_problem
from burnish.server.s3.role_storage import RoleStorage, bucket_and_key
from burnish.server.stand_ins import with_stand_in_settings
from burnish.server.wire.call import Call, ServiceFault, WithHeaders

log = logging.getLogger(__name__)

UNTRUSTED = (
    "Could not assume provided IAM role. Please ensure the role exists "
    "and has a trust relationship with Bedrock"
)
RANK = "loraRank"
ECHOED = ("roleArn", "trainingDataConfig", "validationDataConfig", "outputDataConfig", "clientRequestToken")


async def create(control: Control, call: Call) -> Mapping[str, Any]:
    """Accept a job. Everything that can be known now is checked now."""
    if earlier := made_before(control, call):
        return {"jobArn": earlier}
    # A job that is accepted can also write what it makes.
    require_room(control.data)
    job = _job(control, call)
    await asyncio.to_thread(_check_data, role_storage(control, job), job.request)
    # The checks may have taken a while; a second request with the same token may have come in between, or
    # another job that has one of the names.
    if earlier := made_before(control, call):
        return {"jobArn": earlier}
    _check_names(control, call)
    arn = kept(control, call, job, tags="jobTags")
    log.info("Job %s: accepted, to tune %s", job.name, job.base_model_id)
    return {"jobArn": arn}


async def get(control: Control, call: Call) -> Mapping[str, Any]:
    """A job as it is; a header, which Bedrock does not send, tells how far its phase is."""
    job = found(control, Job, call, call.parameters["jobIdentifier"])
    name = job.phase_in_progress
    if name is None or not job.phases[name].total:
        return described(job)
    phase = job.phases[name]
    progress = {"done": phase.done, "total": phase.total, "loss": phase.loss}
    return WithHeaders(described(job), {PROGRESS_HEADER: msgspec.json.encode(progress).decode()})


def described(job: Job) -> Mapping[str, Any]:
    """A job, with what it was given and what it has reached."""
    request = msgspec.to_builtins(job.request)
    return {
        **{name: request.get(name) for name in ECHOED},
        **_outline(job),
        # A required member of the answer, even where a job has no validation data.
        "validationDataConfig": request.get("validationDataConfig") or {"validators": []},
        "outputModelName": job.model_name,
        "outputModelArn": job.model_arn,
        "failureMessage": job.failure_message,
        "hyperParameters": dict(job.hyperparameters),
        "trainingMetrics": {"trainingLoss": job.training_loss} if job.training_loss is not None else None,
        "validationMetrics": [{"validationLoss": job.validation_loss}]
        if job.validation_loss is not None
        else None,
    }


async def list_jobs(control: Control, call: Call) -> Mapping[str, Any]:
    """A page of jobs, newest first."""
    page, token = page_of(control, Job, call, {"status": call.parameters.get("statusEquals")})
    summaries = [
        {**_outline(job), "customModelArn": job.model_arn, "customModelName": job.model_name} for job in page
    ]
    return {"modelCustomizationJobSummaries": summaries, "nextToken": token}


async def stop(control: Control, call: Call) -> Mapping[str, Any]:
    """Ask a job to stop. Its worker notices at the next page or step."""
    job = found(control, Job, call, call.parameters["jobIdentifier"])
    # At once with the look at its status: its worker may complete it at any moment.
    if not control.store.change(Job, job.arn, expected={"status": "InProgress"}, status="Stopping"):
        job = found(control, Job, call, job.arn)
        raise conflict(f"The job {job.name} is {job.status}: only a job in progress can be stopped")
    return {}


def role_storage(control: Control, job: Job) -> RoleStorage:
    """S3 as the job's role sees it. A fault when Bedrock may not assume the role for this job."""
    role = control.iam.role_by_arn(job.request.role_arn)
    account = control.credentials.account_id
    if role is None or not trusts_bedrock(role.trust_policy, account_id=account, source_arn=job.arn):
        raise invalid(UNTRUSTED)
    return RoleStorage(
        control.objects_endpoint, control.credentials, control.iam.policy_documents_of(role.name)
    )


def _job(control: Control, call: Call) -> Job:
    asked = call.parameters
    _check_kind(asked)
    _check_uris(asked)
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
        request=_request(asked, base=tuned.arn if tuned else asked["baseModelIdentifier"]),
        hyperparameters=_hyperparameters(base, asked.get("hyperParameters") or {}),
        weights_id=tuned.weights_id if tuned else base.weights.id,
    )


def _request(asked: Mapping[str, Any], *, base: str) -> JobRequest:
    given = {name: value for name, value in asked.items() if value is not None}
    return msgspec.convert({**given, "baseModelIdentifier": base}, JobRequest)


def _check_kind(asked: Mapping[str, Any]) -> None:
    kind = asked.get("customizationType") or "FINE_TUNING"
    if kind != "FINE_TUNING":
        raise invalid(f"This server does not support {kind}: use FINE_TUNING")
    given = {**asked, **asked["trainingDataConfig"]}
    for member in ("customizationConfig", "vpcConfig", "customModelKmsKeyId", "invocationLogsConfig"):
        if given.get(member):
            raise invalid(f"This server does not support {member}: leave it out")
    if not asked["trainingDataConfig"].get("s3Uri"):
        raise invalid("trainingDataConfig needs an s3Uri on this server")


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


def _hyperparameters(base: FoundationModel, given: Mapping[str, str]) -> dict[str, str]:
    family = family_of(base.tuned_id)
    if family is None:
        raise invalid(f"No model family says how {base.tuned_id} is tuned")
    tuning = family.tuning(base.tuned_id)
    if problems := tuning.problems_with(given, owner=family.name):
        raise invalid("Invalid hyperparameters: " + "; ".join(problems))
    # Kept with today's defaults: a later version, which may have others, can be the one that trains.
    return with_stand_in_settings(given, tuning) if base.is_stand_in else {**tuning.defaults(), **given}


def _check_rank(control: Control, tuned: CustomModel, given: Mapping[str, str]) -> None:
    """An adapter that is trained further keeps its rank."""
    earlier = control.store.find(Job, tuned.region, tuned.job_arn)
    rank = earlier.hyperparameters.get(RANK) if earlier else None
    if rank is not None and given.get(RANK, rank) != rank:
        raise invalid(
            f"{RANK} is {given[RANK]}, and {tuned.name}, which is tuned further, has {rank}: give {rank}"
        )


def _check_data(storage: RoleStorage, request: JobRequest) -> None:
    try:
        _check_objects(storage, request)
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
        "customizationType": "FINE_TUNING",
    }
