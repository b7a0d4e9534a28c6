"""What upstream's module takes and gives: with its fields, in its order, with its defaults.

What only Burnish has comes after that, by name: a config takes all that `burnish`'s own takes, and a result
has all that `burnish`'s own has.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from datetime import datetime
from enum import StrEnum

from burnish import configs, types
from idp_common.model_finetuning.loose import LooseConfig, ToldResult

#: Upstream says a mapping, and elsewhere a list of mappings as AWS does.
Tags = Mapping[str, str] | Sequence[Mapping[str, str]]


class JobStatus(StrEnum):
    """The life of a job. Its members equal those of `burnish.JobStatus`, which has no ``PENDING``."""

    #: The job was only just asked for, and the service has said nothing about it yet.
    PENDING = "Pending"
    IN_PROGRESS = types.JobStatus.IN_PROGRESS
    COMPLETED = types.JobStatus.COMPLETED
    FAILED = types.JobStatus.FAILED
    STOPPING = types.JobStatus.STOPPING
    STOPPED = types.JobStatus.STOPPED

    @property
    def is_final(self) -> bool:
        """True once the job will never change again."""
        return self is not JobStatus.PENDING and types.JobStatus(self).is_final


@dataclass
class FinetuningJobConfig(LooseConfig):
    """What a fine-tuning job is made from. `burnish.FinetuningJobConfig` finds what is wrong when made.

    ``validation_split`` is the share of records to set aside where there is no ``validation_data_uri``; 0 or
    None sets none aside. ``tags`` are those of the job and of its model.
    """

    base_model: str
    training_data_uri: str
    role_arn: str
    output_uri: str | None = None
    job_name: str | None = None
    model_name: str | None = None
    validation_data_uri: str | None = None
    hyperparameters: Mapping[str, str] = field(default_factory=dict)
    validation_split: float | None = 0.2
    client_request_token: str | None = None
    vpc_config: Mapping[str, Sequence[str]] | None = None
    tags: Tags | None = None
    model_type: str = "nova"
    _: KW_ONLY
    job_tags: Mapping[str, str] = field(default_factory=dict)
    model_tags: Mapping[str, str] = field(default_factory=dict)
    customization_type: types.CustomizationType = types.CustomizationType.FINE_TUNING
    teacher_model: str | None = None
    teacher_max_tokens: int | None = None
    grader_lambda_arn: str | None = None
    model_kms_key_id: str | None = None
    vpc: configs.VpcConfig | None = None


@dataclass
class FinetuningJobResult(ToldResult):
    """A job as the service last described it, with what `burnish.FinetuningJobResult` has besides.

    There ``failure_reason`` is ``failure_message``, and ``metrics`` are the losses.
    """

    job_arn: str
    job_name: str
    status: JobStatus
    model_id: str | None = None
    creation_time: datetime | None = None
    end_time: datetime | None = None
    failure_reason: str | None = None
    metrics: dict[str, float] | None = None
    model_type: str = "nova"

    @classmethod
    def of(cls, told: types.FinetuningJobResult, *, model_type: str) -> FinetuningJobResult:
        """The job that Burnish tells of, with upstream's attributes."""
        losses = {"training_loss": told.training_loss, "validation_loss": told.validation_loss}
        result = cls(
            job_arn=told.job_arn,
            job_name=told.job_name,
            # What has no time of creation comes from the answer to its creation, which says only the ARN.
            status=JobStatus(told.status) if told.creation_time else JobStatus.PENDING,
            model_id=told.model_id,
            creation_time=told.creation_time,
            end_time=told.end_time,
            failure_reason=told.failure_message,
            metrics={name: loss for name, loss in losses.items() if loss is not None} or None,
            model_type=model_type,
        )
        result.told = told
        return result


@dataclass
class ProvisionedThroughputConfig(LooseConfig):
    """What a provisioned throughput is made from. It bills by the hour from creation to deletion."""

    model_id: str
    provisioned_model_name: str
    model_units: int = 1
    client_request_token: str | None = None
    tags: Tags | None = None
    model_type: str = "nova"
    _: KW_ONLY
    commitment_duration: str | None = None


@dataclass
class ProvisionedThroughputResult(ToldResult):
    """A throughput as the service last described it, with what `burnish.ProvisionedThroughputResult` has."""

    provisioned_model_arn: str
    provisioned_model_id: str
    status: str
    creation_time: datetime | None = None
    failure_reason: str | None = None
    model_type: str = "nova"

    @classmethod
    def of(cls, told: types.ProvisionedThroughputResult, *, model_type: str) -> ProvisionedThroughputResult:
        """The throughput that Burnish tells of, with upstream's attributes."""
        result = cls(
            provisioned_model_arn=told.provisioned_model_arn,
            provisioned_model_id=told.provisioned_model_id,
            status=told.status,
            creation_time=told.creation_time,
            failure_reason=told.failure_message,
            model_type=model_type,
        )
        result.told = told
        return result


@dataclass
class CustomModelDeploymentConfig(LooseConfig):
    """What an on-demand deployment is made from. It bills by the token, and nothing while it is idle."""

    model_arn: str
    deployment_name: str
    description: str | None = None
    client_request_token: str | None = None
    tags: Tags | None = None
    _: KW_ONLY
    model_type: str = "nova"


@dataclass
class CustomModelDeploymentResult(ToldResult):
    """A deployment as the service last described it, with what `burnish.CustomModelDeploymentResult` has."""

    deployment_arn: str
    deployment_name: str
    model_arn: str
    status: str
    creation_time: datetime | None = None
    last_modified_time: datetime | None = None
    failure_reason: str | None = None

    @classmethod
    def of(cls, told: types.CustomModelDeploymentResult) -> CustomModelDeploymentResult:
        """The deployment that Burnish tells of, with upstream's attributes."""
        result = cls(
            deployment_arn=told.deployment_arn,
            deployment_name=told.deployment_name or "",
            model_arn=told.model_arn or "",
            status=told.status,
            creation_time=told.creation_time,
            last_modified_time=told.last_updated_time,
            failure_reason=told.failure_message,
        )
        result.told = told
        return result


@dataclass
class FinetuningBaseModel:
    """A base model that can be fine-tuned."""

    id: str
    name: str
    provider: str


@dataclass
class CustomModel:
    """A custom model that answers: ``id`` is the ARN of its deployment."""

    id: str
    name: str
    base_model: str
    status: str


@dataclass
class AvailableModelsResult:
    """The models to tune, and those that were tuned and answer."""

    base_models: list[FinetuningBaseModel]
    custom_models: list[CustomModel]
