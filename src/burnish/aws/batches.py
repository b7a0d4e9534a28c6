"""Batch inference: the requests of whole files, answered within hours at half the price of single calls.

`request_for` and `result_of` hold the service's spelling of a job, `burnish.aws.batch_records` that of its
files. A base model, an inference profile or a custom model answers; the last needs no deployment for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Unpack

from burnish.aws.clients import Client
from burnish.aws.idempotency import differing, idempotency_token, log_reuse, require_same
from burnish.aws.jobs import retried_until_role_is_known, tags_for, vpc_for
from burnish.aws.retries import call, create, newest_first, without_empty
from burnish.aws.states import state_of
from burnish.configs import VpcConfig
from burnish.errors import Conflict, InvalidConfig, NotFound
from burnish.names import JOB_NAME, ROLE_ARN, S3_URI, destination_problem
from burnish.phrasing import Phrasing
from burnish.waiting import Clock, Polling, wait_until

#: What serves a custom model to single calls.
_SERVING = (":custom-model-deployment/", ":provisioned-model/")
#: A job may take from a day to a week.
FEWEST_HOURS, MOST_HOURS = 24, 168


class BatchStatus(StrEnum):
    """The life of a batch, in the service's own words."""

    SUBMITTED = "Submitted"
    VALIDATING = "Validating"
    SCHEDULED = "Scheduled"
    IN_PROGRESS = "InProgress"
    STOPPING = "Stopping"
    COMPLETED = "Completed"
    #: Its time was over: what had been answered by then is in the output.
    PARTIALLY_COMPLETED = "PartiallyCompleted"
    #: Its time was over before its turn came.
    EXPIRED = "Expired"
    STOPPED = "Stopped"
    FAILED = "Failed"

    @property
    def is_final(self) -> bool:
        """True once the batch will never change again."""
        return self in _FINAL


_FINAL = (
    BatchStatus.COMPLETED,
    BatchStatus.PARTIALLY_COMPLETED,
    BatchStatus.EXPIRED,
    BatchStatus.STOPPED,
    BatchStatus.FAILED,
)


class InvocationType(StrEnum):
    """Which operation each record is a request of, in the service's own words."""

    #: The same for every model.
    CONVERSE = "Converse"
    #: In the format of the model's family.
    INVOKE_MODEL = "InvokeModel"


@dataclass(frozen=True, kw_only=True)
class BatchJobConfig:
    """What a batch is made from.

    ``input_uri`` is a ``.jsonl`` in S3, or a folder of them; ``output_uri`` a folder, in which the batch
    makes its own. Raises `InvalidConfig` with every problem at once.
    """

    job_name: str
    model_id: str
    role_arn: str
    input_uri: str
    output_uri: str
    invocation_type: InvocationType = InvocationType.CONVERSE
    #: After so many hours a batch ends with what it has; the service's 24 without it.
    timeout_hours: int | None = None
    vpc: VpcConfig | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rules = [
            (JOB_NAME, "job_name", "1 to 63 letters, digits and + - . that begin with a letter or a digit"),
            (ROLE_ARN, "role_arn", "the ARN of a role, such as arn:aws:iam::123456789012:role/Name"),
            (S3_URI, "input_uri", "the S3 URI of a .jsonl file, or of a folder of them"),
            (S3_URI, "output_uri", "the S3 URI of a folder, such as s3://bucket/answers/"),
        ]
        given = {name: str(getattr(self, name)) for _, name, _ in rules}
        problems = [
            f"{name} is {given[name]!r}: it must be {rule}"
            for pattern, name, rule in rules
            if not pattern.fullmatch(given[name])
        ]
        if not problems and (problem := destination_problem(self.output_uri)):
            problems.append(f"output_uri is {self.output_uri!r}: {problem}")
        if not self.model_id:
            problems.append("model_id is empty: give a base model, an inference profile or a custom model")
        if any(part in self.model_id for part in _SERVING):
            problems.append(f"model_id is {self.model_id!r}: a batch takes the custom model that this serves")
        if self.timeout_hours is not None and not FEWEST_HOURS <= self.timeout_hours <= MOST_HOURS:
            problems.append(
                f"timeout_hours is {self.timeout_hours}: it must be {FEWEST_HOURS} to {MOST_HOURS}"
            )
        if problems:
            raise InvalidConfig(f"The batch {self.job_name!r}", problems)


@dataclass(frozen=True, kw_only=True)
class BatchJob:
    """A batch as the service last described it. The counts are None until its records have been counted."""

    job_arn: str
    job_name: str
    status: BatchStatus
    model_id: str | None = None
    invocation_type: InvocationType = InvocationType.INVOKE_MODEL
    input_uri: str | None = None
    #: The folder that was asked for: the answers are in a folder of it, `output_folder`.
    output_uri: str | None = None
    submit_time: datetime | None = None
    end_time: datetime | None = None
    expiration_time: datetime | None = None
    message: str | None = None
    records: int | None = None
    processed: int | None = None
    succeeded: int | None = None
    failed: int | None = None

    @property
    def output_folder(self) -> str | None:
        """The folder in S3 that the answers of this batch are written to."""
        if self.output_uri is None:
            return None
        return f"{self.output_uri.rstrip('/')}/{self.job_arn.rpartition('/')[2]}/"

    @property
    def progress(self) -> str:
        """Such as ``InProgress, 12 of 60 records, 1 failed``."""
        if self.records is None:
            return str(self.status)
        failed = f", {self.failed:,} failed" if self.failed else ""
        return f"{self.status}, {self.processed or 0:,} of {self.records:,} records{failed}"

    def __str__(self) -> str:
        why = f": {self.message}" if self.message and self.status is BatchStatus.FAILED else ""
        return f"batch {self.job_name!r}, {self.progress}{why}"


def request_for(config: BatchJobConfig, *, token: str) -> dict[str, Any]:
    """The arguments of CreateModelInvocationJob. What is not given is left out."""
    return without_empty(
        {
            "jobName": config.job_name,
            "roleArn": config.role_arn,
            "clientRequestToken": token,
            "modelId": config.model_id,
            "modelInvocationType": config.invocation_type.value,
            "inputDataConfig": {"s3InputDataConfig": {"s3InputFormat": "JSONL", "s3Uri": config.input_uri}},
            "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": config.output_uri}},
            "timeoutDurationInHours": config.timeout_hours,
            "vpcConfig": config.vpc and vpc_for(config.vpc),
            "tags": tags_for(config.tags),
        }
    )


def result_of(response: Mapping[str, Any]) -> BatchJob:
    """The batch in an answer of GetModelInvocationJob, or in a summary of the list."""
    arn = response["jobArn"]
    return BatchJob(
        job_arn=arn,
        job_name=response.get("jobName") or arn.rpartition("/")[2],
        status=state_of(BatchStatus, response.get("status", ""), what=f"batch {arn!r}"),
        model_id=response.get("modelId"),
        invocation_type=InvocationType(response.get("modelInvocationType") or InvocationType.INVOKE_MODEL),
        input_uri=response.get("inputDataConfig", {}).get("s3InputDataConfig", {}).get("s3Uri"),
        output_uri=response.get("outputDataConfig", {}).get("s3OutputDataConfig", {}).get("s3Uri"),
        submit_time=response.get("submitTime"),
        end_time=response.get("endTime"),
        expiration_time=response.get("jobExpirationTime"),
        message=response.get("message"),
        records=response.get("totalRecordCount"),
        processed=response.get("processedRecordCount"),
        succeeded=response.get("successRecordCount"),
        failed=response.get("errorRecordCount"),
    )


def create_batch(bedrock: Client, config: BatchJobConfig, *, clock: Clock | None = None) -> BatchJob:
    """Start a batch, or return the one that the same request has started before, running or complete.

    Raises `Conflict` where the name belongs to another batch, or to one that has not completed.
    """
    if earlier := _created_before(bedrock, config):
        return earlier
    request = request_for(config, token="")
    # Derived from the request: a batch's name is never free again, so the same request means the same batch.
    request["clientRequestToken"] = idempotency_token(request)
    response = retried_until_role_is_known(
        lambda: create(
            bedrock.create_model_invocation_job,
            f"start the batch {config.job_name!r}",
            find=lambda: find_batch(bedrock, config.job_name),
            **request,
        ),
        clock or Clock(),
    )
    return BatchJob(
        job_arn=response["jobArn"],
        job_name=config.job_name,
        status=BatchStatus.SUBMITTED,
        model_id=config.model_id,
        invocation_type=config.invocation_type,
        input_uri=config.input_uri,
        output_uri=config.output_uri,
    )


def get_batch(bedrock: Client, job: str) -> BatchJob:
    """The batch of this ARN or id as it is now. A failed one is a result like any other."""
    return result_of(call(bedrock.get_model_invocation_job, f"describe the batch {job!r}", jobIdentifier=job))


def find_batch(bedrock: Client, name: str) -> BatchJob:
    """The batch of this name: alone of all jobs, one cannot be asked for by it. Raises `NotFound`."""
    for found in list_batches(bedrock, name_contains=name):
        if found.job_name == name:
            return found
    raise NotFound(f"There is no batch {name!r} in {bedrock.meta.region_name}.")


def list_batches(
    bedrock: Client, *, status: BatchStatus | None = None, name_contains: str | None = None
) -> Iterator[BatchJob]:
    """The batches of the account in this region, newest first, read page by page."""
    summaries = newest_first(
        bedrock.list_model_invocation_jobs,
        "list the batches",
        "invocationJobSummaries",
        statusEquals=status,
        nameContains=name_contains,
    )
    return map(result_of, summaries)


def wait_for_batch(bedrock: Client, job: str, **polling: Unpack[Polling[BatchJob]]) -> BatchJob:
    """The batch once it is over, whichever way. Raises `WaitTimeout`."""
    return wait_until(lambda: get_batch(bedrock, job), lambda found: found.status.is_final, **polling)


def stop_batch(bedrock: Client, job: str) -> None:
    """Ask a batch to stop: what is answered by then is written and billed.

    Raises `Conflict` for a batch that is over.
    """
    try:
        call(bedrock.stop_model_invocation_job, f"stop the batch {job!r}", jobIdentifier=job)
    except Conflict:
        # If the first response was lost, the retry is refused because the batch is stopping already.
        if get_batch(bedrock, job).status not in (BatchStatus.STOPPING, BatchStatus.STOPPED):
            raise


def _created_before(bedrock: Client, config: BatchJobConfig) -> BatchJob | None:
    """The batch that the same request created before; None where the name is free."""
    try:
        found = find_batch(bedrock, config.job_name)
    except NotFound:
        return None
    properties = [
        ("the model", found.model_id, config.model_id),
        ("the input", found.input_uri, config.input_uri),
        ("the output", found.output_uri, config.output_uri),
        ("the type of its requests", found.invocation_type, config.invocation_type),
    ]
    require_same(f"The {found},", differing(properties), "Choose another name.")
    if found.status.is_final and found.status is not BatchStatus.COMPLETED:
        raise Conflict(f"The {found}, has this name.", remedy="Choose another name.", code="NameTaken")
    follow = Phrasing(
        command=f"`burnish batch wait {config.job_name}` follows it.",
        call=f"`batches.wait({config.job_name!r})` follows it.",
    )
    is_done = found.status is BatchStatus.COMPLETED
    log_reuse(found, f"Its answers are in {found.output_folder}." if is_done else follow)
    return found
