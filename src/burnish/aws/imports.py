"""Custom Model Import: your own weights (safetensors in S3) become a model that Bedrock serves.

An imported model answers under its own ARN once its job has completed, without a deployment. It is billed
while copies of it are active, and its storage until it is deleted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Unpack

from burnish.aws.clients import Client, new_token
from burnish.aws.idempotency import create_once, differing, log_reuse, require_same
from burnish.aws.jobs import tags_for, vpc_for
from burnish.aws.retries import call, call_deletion, newest_first, without_empty
from burnish.aws.states import state_of
from burnish.configs import VpcConfig
from burnish.errors import InvalidConfig
from burnish.names import JOB_NAME, KMS_KEY, MODEL_NAME, ROLE_ARN, S3_URI
from burnish.phrasing import Phrasing
from burnish.waiting import Polling, wait_until


class ImportStatus(StrEnum):
    """The life of an import job, in the service's own words."""

    IN_PROGRESS = "InProgress"
    COMPLETED = "Completed"
    FAILED = "Failed"

    @property
    def is_final(self) -> bool:
        """True once the job will never change again."""
        return self is not ImportStatus.IN_PROGRESS


@dataclass(frozen=True, kw_only=True)
class ModelImportJobConfig:
    """What an import is made from.

    ``model_uri`` is the S3 folder in Hugging Face's layout: ``*.safetensors``, ``config.json`` and the
    tokenizer's files. Raises `InvalidConfig` with every problem at once.
    """

    job_name: str
    model_name: str
    role_arn: str
    model_uri: str
    job_tags: Mapping[str, str] = field(default_factory=dict)
    model_tags: Mapping[str, str] = field(default_factory=dict)
    model_kms_key_id: str | None = None
    vpc: VpcConfig | None = None

    def __post_init__(self) -> None:
        rules = [
            (JOB_NAME, "job_name", "1 to 63 letters, digits and + - . that begin with a letter or a digit"),
            (MODEL_NAME, "model_name", "1 to 63 letters and digits, with single - or _ between them"),
            (ROLE_ARN, "role_arn", "the ARN of a role, such as arn:aws:iam::123456789012:role/Name"),
            (S3_URI, "model_uri", "the S3 URI of a folder, such as s3://bucket/model/"),
        ]
        given = {name: str(getattr(self, name)) for _, name, _ in rules}
        problems = [
            f"{name} is {given[name]!r}: it must be {rule}"
            for pattern, name, rule in rules
            if not pattern.fullmatch(given[name])
        ]
        if self.model_kms_key_id and not KMS_KEY.fullmatch(self.model_kms_key_id):
            problems.append(f"model_kms_key_id is {self.model_kms_key_id!r}: it must be a KMS key")
        if problems:
            raise InvalidConfig(f"The import job {self.job_name!r}", problems)


@dataclass(frozen=True, kw_only=True)
class ModelImportJob:
    """An import job as the service last described it."""

    job_arn: str
    job_name: str | None
    status: ImportStatus
    model_name: str | None = None
    model_arn: str | None = None
    creation_time: datetime | None = None
    end_time: datetime | None = None
    failure_message: str | None = None
    #: The folder of the weights.
    model_uri: str | None = None

    def __str__(self) -> str:
        why = f": {self.failure_message}" if self.failure_message else ""
        return f"import job {self.job_name or self.job_arn!r}, {self.status}{why}"


@dataclass(frozen=True, kw_only=True)
class ImportedModel:
    """An imported model as the service last described it. Its ARN is the ``modelId`` to call."""

    model_arn: str
    model_name: str
    creation_time: datetime | None = None
    architecture: str | None = None
    #: Whether it follows instructions, and so answers Converse and not InvokeModel alone.
    instruct_supported: bool | None = None


def request_for(config: ModelImportJobConfig, *, token: str) -> dict[str, Any]:
    """The arguments of CreateModelImportJob. What is not given is left out."""
    return without_empty(
        {
            "jobName": config.job_name,
            "importedModelName": config.model_name,
            "roleArn": config.role_arn,
            "modelDataSource": {"s3DataSource": {"s3Uri": config.model_uri}},
            # The one creation for which boto3 does not generate a token itself.
            "clientRequestToken": token,
            "jobTags": tags_for(config.job_tags),
            "importedModelTags": tags_for(config.model_tags),
            "importedModelKmsKeyId": config.model_kms_key_id,
            "vpcConfig": config.vpc and vpc_for(config.vpc),
        }
    )


def result_of(response: Mapping[str, Any]) -> ModelImportJob:
    """The job in an answer of GetModelImportJob, or in a summary of the list."""
    arn = response["jobArn"]
    return ModelImportJob(
        job_arn=arn,
        job_name=response.get("jobName"),
        status=state_of(ImportStatus, response.get("status", ""), what=f"import job {arn!r}"),
        model_name=response.get("importedModelName"),
        model_arn=response.get("importedModelArn"),
        creation_time=response.get("creationTime"),
        end_time=response.get("endTime"),
        failure_message=response.get("failureMessage"),
        model_uri=response.get("modelDataSource", {}).get("s3DataSource", {}).get("s3Uri"),
    )


def _model_of(response: Mapping[str, Any]) -> ImportedModel:
    """The model in an answer of GetImportedModel, or in a summary of the list."""
    return ImportedModel(
        model_arn=response["modelArn"],
        model_name=response["modelName"],
        creation_time=response.get("creationTime"),
        architecture=response.get("modelArchitecture"),
        instruct_supported=response.get("instructSupported"),
    )


def create_import_job(bedrock: Client, config: ModelImportJobConfig) -> ModelImportJob:
    """Start an import, or return the one that the same request has started before.

    Raises `Conflict` where the name belongs to another import.
    """
    return create_once(
        bedrock.create_model_import_job,
        f"import the model {config.model_name!r}",
        request_for(config, token=new_token()),
        made=lambda response: ModelImportJob(
            job_arn=response["jobArn"],
            job_name=config.job_name,
            status=ImportStatus.IN_PROGRESS,
            model_name=config.model_name,
        ),
        find=lambda: get_import_job(bedrock, config.job_name),
        is_reusable=lambda found: _is_reusable(config, found),
    )


def _is_reusable(config: ModelImportJobConfig, found: ModelImportJob) -> bool:
    properties = [
        ("the folder of weights", found.model_uri, config.model_uri),
        ("the model's name", found.model_name, config.model_name),
    ]
    require_same(f"The {found},", differing(properties), "Choose another name.")
    if found.status is ImportStatus.FAILED:
        return False
    follow = Phrasing(
        command=f"`burnish import wait {config.job_name}` follows it.",
        call=f"`wait_for_model_import_job({config.job_name!r})` follows it.",
    )
    log_reuse(found, follow)
    return True


def get_import_job(bedrock: Client, job: str) -> ModelImportJob:
    """The import job of this ARN or name as it is now. A failed one is a result like any other."""
    return result_of(call(bedrock.get_model_import_job, f"describe the import {job!r}", jobIdentifier=job))


def list_import_jobs(
    bedrock: Client, *, status: ImportStatus | None = None, name_contains: str | None = None
) -> Iterator[ModelImportJob]:
    """The import jobs of the account in this region, newest first, read page by page."""
    summaries = newest_first(
        bedrock.list_model_import_jobs,
        "list the import jobs",
        "modelImportJobSummaries",
        statusEquals=status,
        nameContains=name_contains,
    )
    return map(result_of, summaries)


def wait_for_import_job(
    bedrock: Client, job: str, **polling: Unpack[Polling[ModelImportJob]]
) -> ModelImportJob:
    """The import job once it is over, whichever way. Raises `WaitTimeout`."""
    return wait_until(lambda: get_import_job(bedrock, job), lambda found: found.status.is_final, **polling)


def get_imported_model(bedrock: Client, model: str) -> ImportedModel:
    """The imported model of this ARN or name."""
    action = f"describe the imported model {model!r}"
    return _model_of(call(bedrock.get_imported_model, action, modelIdentifier=model))


def list_imported_models(bedrock: Client, *, name_contains: str | None = None) -> Iterator[ImportedModel]:
    """The imported models of the account in this region, newest first, read page by page."""
    summaries = newest_first(
        bedrock.list_imported_models,
        "list the imported models",
        "modelSummaries",
        nameContains=name_contains,
    )
    return map(_model_of, summaries)


def delete_imported_model(bedrock: Client, model: str) -> None:
    """Delete an imported model for good, which ends the bill for storing it."""
    action = f"delete the imported model {model!r}"
    call_deletion(bedrock.delete_imported_model, action, modelIdentifier=model)
