"""Customization jobs: start, describe, wait for, stop, list.

`request_for` and `result_of` hold the service's spelling of a job; nothing else does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from burnish.aws.clients import Client, Clients
from burnish.aws.idempotency import found_or_none, idempotency_token, matching_job
from burnish.aws.objects import split_training_data
from burnish.aws.own_headers import KEEP_MODEL
from burnish.aws.retries import call, create, pages_newest_first, without_empty
from burnish.aws.states import progress_of, schedule_of, state_of, told_of, trained_hyperparameters_of
from burnish.configs import FinetuningJobConfig, VpcConfig
from burnish.errors import Conflict, InvalidConfig, Rejected, WaitTimeout
from burnish.families import DatasetRules
from burnish.phrasing import Phrasing
from burnish.settings import ResolvedSettings, Settings, resolve_settings
from burnish.types import CustomizationType, FinetuningJobResult, JobStatus
from burnish.waiting import Clock, wait_until

#: How Bedrock refuses a role that was just created: IAM is eventually consistent. The error code is that of
#: every invalid request, so only the service's message tells this passing refusal from the others.
ROLE_NOT_READY = "Could not assume provided IAM role"
ROLE_PATIENCE_SECONDS = 120.0

#: Fixed: a job that is asked for again must find its own split, or it would be another request.
SPLIT_SEED = 0

_KEEPING = "Keeping the model of a job that is stopped"
_INSTEAD = "Stop it without one, or let it go on. Nothing was changed"

_PHASES = {
    "validation": "validationDetails",
    "data processing": "dataProcessingDetails",
    "training": "trainingDetails",
}


def request_for(config: FinetuningJobConfig, resolved: ResolvedSettings, *, token: str) -> dict[str, Any]:
    """The arguments of CreateModelCustomizationJob. What is not given is left out."""
    validation = config.validation_data_uri
    return without_empty(
        {
            "jobName": config.job_name,
            "customModelName": config.model_name,
            "roleArn": config.role_arn,
            "clientRequestToken": token,
            "baseModelIdentifier": resolved.base_model_id,
            "customizationType": config.customization_type.value,
            "trainingDataConfig": {"s3Uri": config.training_data_uri},
            "outputDataConfig": {"s3Uri": config.output_uri},
            **_method_of(config, resolved),
            "validationDataConfig": validation and {"validators": [{"s3Uri": validation}]},
            "customModelKmsKeyId": config.model_kms_key_id,
            "vpcConfig": config.vpc and vpc_for(config.vpc),
            "jobTags": tags_for(config.job_tags),
            "customModelTags": tags_for(config.model_tags),
        }
    )


def _method_of(config: FinetuningJobConfig, resolved: ResolvedSettings) -> dict[str, Any]:
    """The members that depend on how the model is tuned."""
    values = dict(resolved.hyperparameters)
    if config.customization_type is CustomizationType.REINFORCEMENT_FINE_TUNING:
        # Only here the API takes numbers; all other hyperparameters are strings.
        native = {name: _number_or_word(value) for name, value in values.items()}
        grader = {"lambdaGrader": {"lambdaArn": config.grader_lambda_arn}}
        return {"customizationConfig": {"rftConfig": {"graderConfig": grader, "hyperParameters": native}}}
    members: dict[str, Any] = {"hyperParameters": values}
    if config.customization_type is CustomizationType.DISTILLATION:
        teacher: dict[str, Any] = {"teacherModelIdentifier": config.teacher_model}
        if config.teacher_max_tokens:
            teacher["maxResponseLengthForInference"] = config.teacher_max_tokens
        members["customizationConfig"] = {"distillationConfig": {"teacherModelConfig": teacher}}
    return members


def _number_or_word(value: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value


def tags_for(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as Bedrock spells them."""
    return [{"key": key, "value": value} for key, value in tags.items()]


def vpc_for(vpc: VpcConfig) -> dict[str, Any]:
    """A network as Bedrock spells it."""
    return {"subnetIds": list(vpc.subnet_ids), "securityGroupIds": list(vpc.security_group_ids)}


def result_of(response: Mapping[str, Any]) -> FinetuningJobResult:
    """The job in an answer of GetModelCustomizationJob, or in a summary of ListModelCustomizationJobs."""
    validation_metrics = response.get("validationMetrics") or [{}]
    return FinetuningJobResult(
        job_arn=response["jobArn"],
        job_name=response["jobName"],
        status=state_of(
            JobStatus, response.get("status", ""), what=f"fine-tuning job {response['jobArn']!r}"
        ),
        creation_time=response.get("creationTime"),
        end_time=response.get("endTime"),
        base_model_arn=response.get("baseModelArn"),
        # A job says outputModel…, and its summary in a list customModel…, for the same.
        model_id=response.get("outputModelArn") or response.get("customModelArn"),
        model_name=response.get("outputModelName") or response.get("customModelName"),
        failure_message=response.get("failureMessage"),
        status_details=_phases_of(response.get("statusDetails", {})),
        progress=progress_of(response),
        schedule=schedule_of(response),
        training_loss=response.get("trainingMetrics", {}).get("trainingLoss"),
        validation_loss=validation_metrics[0].get("validationLoss"),
        training_data_uri=response.get("trainingDataConfig", {}).get("s3Uri"),
        validation_data_uris=validators_of(response),
        output_uri=response.get("outputDataConfig", {}).get("s3Uri"),
        hyperparameters=response.get("hyperParameters", {}),
        trained_hyperparameters=trained_hyperparameters_of(response),
    )


def validators_of(response: Mapping[str, Any]) -> tuple[str, ...]:
    """The URIs of the records that a job, or the job of a model, validates with."""
    validators = response.get("validationDataConfig", {}).get("validators", [])
    return tuple(validator["s3Uri"] for validator in validators)


def create_job(
    clients: Clients,
    config: FinetuningJobConfig,
    *,
    settings: Settings | None = None,
    clock: Clock | None = None,
) -> FinetuningJobResult:
    """Start a job, after splitting its training data where the config asks for that.

    IAM is eventually consistent, so a new role may be refused at first: that error alone is retried, with
    growing pauses, for about two minutes. If the same request was made before, its job is returned, running
    or complete. If the name belongs to another job, the `Conflict` lists the differences and suggests a free
    name.
    """
    settings = settings or Settings()
    resolved = resolve_settings(config, settings)
    config = _with_validation_data(clients, config, resolved.rules)
    request = request_for(config, resolved, token="")
    # Derived from the request: a job's name can never be reused, so the same request can only mean the same
    # job, also after a crash and in another process.
    request["clientRequestToken"] = idempotency_token(request)
    try:
        response = retried_until_role_is_known(lambda: _create(clients.bedrock, request), clock or Clock())
    except Conflict:
        if earlier := created_before(clients, config, settings):
            return earlier
        raise
    return FinetuningJobResult(
        job_arn=response["jobArn"],
        job_name=config.job_name,
        status=JobStatus.IN_PROGRESS,
        model_name=config.model_name,
        output_uri=config.output_uri,
    )


def created_before(
    clients: Clients, config: FinetuningJobConfig, settings: Settings
) -> FinetuningJobResult | None:
    """The job that the same request created before; None where the name is free.

    Raises `Conflict` where the name belongs to another job, or to one that has failed or was stopped.
    """
    bedrock = clients.bedrock
    found = found_or_none(lambda: get_job(bedrock, config.job_name))
    if found is None:
        return None
    named = (job.job_name for job in list_jobs(bedrock, name_contains=config.job_name))
    resolved = resolve_settings(config, settings)
    config = _with_validation_data(clients, config, resolved.rules)
    return matching_job(bedrock, found, config, resolved, named)


def get_job(bedrock: Client, job_arn: str) -> FinetuningJobResult:
    """The job as it is now. A failed job is a result like any other."""
    action = f"describe the fine-tuning job {job_arn!r}"
    return result_of(call(bedrock.get_model_customization_job, action, jobIdentifier=job_arn))


def require_models_of_stopped_jobs(clients: Clients) -> None:
    """Raise `InvalidConfig` at AWS, where a job that is stopped leaves no model."""
    if clients.leads_to_aws:
        raise InvalidConfig(_KEEPING, [f"Amazon Bedrock makes no model of a job that is stopped. {_INSTEAD}"])


def end_job(clients: Clients, job_arn: str, *, keep_model: bool) -> None:
    """Ask a job to stop, or to keep its model as it is and complete. Raises as `stop_job` and `finish_job`.

    At AWS it is refused to keep a model, and nothing is stopped.
    """
    if keep_model:
        require_models_of_stopped_jobs(clients)
        finish_job(clients.bedrock, job_arn)
    else:
        stop_job(clients.bedrock, job_arn)


def finish_job(bedrock: Client, job_arn: str) -> None:
    """Ask a server of one's own to end a job after its current step, and to keep the model as it is.

    The job completes soon after. Raises `Conflict` where it has not begun to train, or is over, and
    `InvalidConfig` where the server knows of no such thing; then the job goes on.
    """
    job = get_job(bedrock, job_arn)
    # Asked first: a service that does not know the header would stop the job and make no model.
    if not job.status.is_final and job.schedule is None:
        raise InvalidConfig(_KEEPING, [f"this server makes no model of a job that is stopped. {_INSTEAD}"])
    action = f"end the training of the fine-tuning job {job_arn!r}"
    call(bedrock.stop_model_customization_job, action, jobIdentifier=job_arn, **{KEEP_MODEL: True})


def stop_job(bedrock: Client, job_arn: str) -> None:
    """Ask a job to stop. It leaves no model behind and cannot be resumed.

    Raises `Conflict` for a job that is over, which may have left a model.
    """
    action = f"stop the fine-tuning job {job_arn!r}"
    try:
        call(bedrock.stop_model_customization_job, action, jobIdentifier=job_arn)
    except Conflict:
        # If the first response was lost, the retry is refused because the job is stopping already.
        if get_job(bedrock, job_arn).status not in (JobStatus.STOPPING, JobStatus.STOPPED):
            raise


def list_jobs(
    bedrock: Client,
    *,
    status: JobStatus | None = None,
    name_contains: str | None = None,
    created_after: datetime | None = None,
    created_before: datetime | None = None,
) -> Iterator[FinetuningJobResult]:
    """The jobs of the account in this region, newest first, read page by page as they are asked for."""
    pages = pages_newest_first(
        bedrock.list_model_customization_jobs,
        "list the fine-tuning jobs",
        statusEquals=status,
        nameContains=name_contains,
        creationTimeAfter=created_after,
        creationTimeBefore=created_before,
    )
    return (
        replace(result_of(one), **told_of(page, one["jobArn"]))
        for page in pages
        for one in page.get("modelCustomizationJobSummaries", [])
    )


def wait_for_job(
    bedrock: Client,
    job_arn: str,
    *,
    interval: float,
    timeout: float,
    begin_within: float | None = None,
    on_poll: Callable[[FinetuningJobResult], None] | None = None,
    clock: Clock | None = None,
) -> FinetuningJobResult:
    """The job once it has completed, failed or been stopped. Raises `WaitTimeout` if that takes too long.

    Also raised where no phase of the job has begun after ``begin_within`` seconds: some jobs sit in the
    service's queue for days, and are better stopped and started again.
    """
    clock = clock or Clock()
    began = clock.now()

    def fail_if_stuck(job: FinetuningJobResult) -> None:
        if on_poll:
            on_poll(job)
        # Not the whole time: a job that trains long is well, one that was not begun after hours seldom is.
        if begin_within is not None and job.waits_for_its_turn and clock.now() - began >= begin_within:
            raise WaitTimeout(
                f"The {job}, has been queued for {begin_within:g} seconds and has not begun.",
                last=job,
                remedy=Phrasing(
                    command=f"Wait longer, or stop it, `burnish job stop {job_arn}`, and start another.",
                    call=f"Wait longer, or stop it, `stop_job({job_arn!r})`, and start another.",
                ),
            )

    return wait_until(
        lambda: get_job(bedrock, job_arn),
        lambda job: job.status.is_final,
        interval=interval,
        timeout=timeout,
        on_poll=fail_if_stuck,
        clock=clock,
    )


def _with_validation_data(
    clients: Clients, config: FinetuningJobConfig, rules: DatasetRules
) -> FinetuningJobConfig:
    if config.validation_split is None:
        return config
    training_uri, validation_uri = split_training_data(
        clients.s3, config.training_data_uri, share=config.validation_split, seed=SPLIT_SEED, rules=rules
    )
    return replace(
        config, training_data_uri=training_uri, validation_data_uri=validation_uri, validation_split=None
    )


def _create(bedrock: Client, request: Mapping[str, Any]) -> dict[str, Any]:
    action = f"start the fine-tuning job {request['jobName']!r}"
    response: dict[str, Any] = create(
        bedrock.create_model_customization_job,
        action,
        find=lambda: get_job(bedrock, request["jobName"]),
        **request,
    )
    return response


def retried_until_role_is_known(start: Callable[[], dict[str, Any]], clock: Clock) -> dict[str, Any]:
    # The usual retries do not cover this: the code is that of an invalid request, which is never retried.
    deadline = clock.now() + ROLE_PATIENCE_SECONDS
    pause = 2.0
    while True:
        try:
            return start()
        except Rejected as error:
            passes = error.service_message.startswith(ROLE_NOT_READY)
            if not passes or clock.now() + pause > deadline:
                raise
        clock.sleep(pause)
        pause = min(pause * 2, 20.0)


def _phases_of(details: Mapping[str, Any]) -> dict[str, str]:
    known = {phase: details.get(key, {}).get("status") for phase, key in _PHASES.items()}
    return {phase: status for phase, status in known.items() if status}
