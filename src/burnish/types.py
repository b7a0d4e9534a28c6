"""What goes into the service and what comes out: configs, results, statuses.

Frozen dataclasses in Python's spelling. The service's own spelling (camelCase) lives in the pair of
functions `request_for` and `result_of` of each module in `burnish.aws`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from burnish.errors import InvalidConfig

# The service's own patterns, those of names rewritten so that no input takes more than linear time.
JOB_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9+.\-]{0,62}")
MODEL_NAME = re.compile(r"(?=.{1,63}\Z)([0-9a-zA-Z][_-]?)+")
ROLE_ARN = re.compile(r"arn:aws(-[^:]+)?:iam::([0-9]{12})?:role/.+")
CUSTOM_MODEL_ARN = re.compile(
    r"arn:aws[^:]*:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:custom-model/[^/]+/[a-z0-9]{12}"
)
S3_URI = re.compile(r"s3://[a-z0-9][-.a-z0-9]{1,61}[a-z0-9](?:/[-!_*'().a-z0-9A-Z]+)*/?")

LAMBDA_ARN = re.compile(
    r"arn:aws[a-zA-Z-]*:lambda:[a-z]{2}(-gov)?-[a-z]+-\d:\d{12}:function:[\w-]+(:(\$LATEST|[\w-]+))?"
)
KMS_KEY = re.compile(
    r"(arn:aws(-[^:]+)?:kms:[a-zA-Z0-9-]*:[0-9]{12}:)?((key/)?[a-zA-Z0-9-]{36}|alias/[a-zA-Z0-9-_/]+)"
)

_S3_URI_RULE = "it must look like s3://bucket/key, of letters, digits, and - _ . ! * ' ( ) only"
_JOB_NAME_RULE = "it must be 1 to 63 letters, digits, and + - . and begin with a letter or a digit"
_MODEL_NAME_RULE = "it must be 1 to 63 letters and digits, with single - or _ between them"


class CustomizationType(StrEnum):
    """How a model is customized, in the service's own words."""

    FINE_TUNING = "FINE_TUNING"
    CONTINUED_PRE_TRAINING = "CONTINUED_PRE_TRAINING"
    DISTILLATION = "DISTILLATION"
    REINFORCEMENT_FINE_TUNING = "REINFORCEMENT_FINE_TUNING"


class DeploymentType(StrEnum):
    """How a custom model is made to answer."""

    #: A custom model deployment: billed by the token, nothing while idle.
    ON_DEMAND = "on-demand"
    #: Provisioned throughput: billed by the hour until it is deleted.
    PROVISIONED = "provisioned"


class JobStatus(StrEnum):
    """The life of a customization job, in the service's own words."""

    IN_PROGRESS = "InProgress"
    COMPLETED = "Completed"
    FAILED = "Failed"
    STOPPING = "Stopping"
    STOPPED = "Stopped"

    @property
    def is_final(self) -> bool:
        """True once the job will never change again."""
        return self in (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.STOPPED)


class ProvisioningStatus(StrEnum):
    """The life of a provisioned throughput, in the service's own words."""

    CREATING = "Creating"
    IN_SERVICE = "InService"
    UPDATING = "Updating"
    FAILED = "Failed"

    @property
    def is_final(self) -> bool:
        """True when nothing is under way."""
        return self in (ProvisioningStatus.IN_SERVICE, ProvisioningStatus.FAILED)


class DeploymentStatus(StrEnum):
    """The life of a custom model deployment, in the service's own words."""

    CREATING = "Creating"
    ACTIVE = "Active"
    FAILED = "Failed"


@dataclass(frozen=True, kw_only=True)
class VpcConfig:
    """The network in which a job runs: subnets, and what their security groups let through."""

    subnet_ids: tuple[str, ...]
    security_group_ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class FinetuningJobConfig:
    """What a fine-tuning job is made from.

    Give ``validation_data_uri`` for validation data of your own, or ``validation_split`` (a share
    between 0 and 1) to have that share of the training records set aside. Splitting writes two new
    objects beside the training file, which itself is never written to. Distillation needs a
    ``teacher_model``, reinforcement fine-tuning a ``grader_lambda_arn``.

    Raises `InvalidConfig` with every problem at once.
    """

    base_model: str
    training_data_uri: str
    output_uri: str
    role_arn: str
    job_name: str
    model_name: str
    validation_data_uri: str | None = None
    validation_split: float | None = None
    hyperparameters: Mapping[str, str] = field(default_factory=dict)
    model_type: str = "nova"
    job_tags: Mapping[str, str] = field(default_factory=dict)
    model_tags: Mapping[str, str] = field(default_factory=dict)
    customization_type: CustomizationType = CustomizationType.FINE_TUNING
    #: The model to distill from, and how many tokens it may answer with.
    teacher_model: str | None = None
    teacher_max_tokens: int | None = None
    #: The function that rewards answers.
    grader_lambda_arn: str | None = None
    #: The key that encrypts the custom model; AWS's own without it.
    model_kms_key_id: str | None = None
    vpc: VpcConfig | None = None

    def __post_init__(self) -> None:
        problems = [
            *self._empty_fields(),
            *self._bad_names(),
            *self._bad_uris(),
            *self._bad_validation(),
            *self._bad_method(),
        ]
        if problems:
            raise InvalidConfig(f"The fine-tuning job {self.job_name!r}", problems)

    def _empty_fields(self) -> list[str]:
        required = ("base_model", "training_data_uri", "output_uri", "role_arn", "job_name", "model_name")
        return [f"{name} is empty: give it a value" for name in required if not getattr(self, name)]

    def _bad_names(self) -> list[str]:
        rules = {
            "job_name": (JOB_NAME, _JOB_NAME_RULE),
            "model_name": (MODEL_NAME, _MODEL_NAME_RULE),
            "role_arn": (ROLE_ARN, "it must look like arn:aws:iam::123456789012:role/name"),
            "grader_lambda_arn": (LAMBDA_ARN, "it must be the ARN of a Lambda function"),
            "model_kms_key_id": (KMS_KEY, "it must be the id, the ARN or the alias of a KMS key"),
        }
        return [
            f"{name} is {value!r}: {rule}"
            for name, (pattern, rule) in rules.items()
            if (value := getattr(self, name)) and not pattern.fullmatch(value)
        ]

    def _bad_uris(self) -> list[str]:
        names = ("training_data_uri", "validation_data_uri", "output_uri")
        given = {name: getattr(self, name) for name in names if getattr(self, name)}
        return [
            f"{name} is {uri!r}: {_S3_URI_RULE}" for name, uri in given.items() if not S3_URI.fullmatch(uri)
        ]

    def _bad_method(self) -> list[str]:
        """What one way of tuning needs and the others do not take."""
        needs = {
            "teacher_model": (self.teacher_model, CustomizationType.DISTILLATION),
            "grader_lambda_arn": (self.grader_lambda_arn, CustomizationType.REINFORCEMENT_FINE_TUNING),
        }
        problems = []
        for name, (value, method) in needs.items():
            if value and self.customization_type is not method:
                problems.append(f"{name} is for {method}: leave it out, or set customization_type")
            if not value and self.customization_type is method:
                problems.append(f"{name} is missing: {method} needs it")
        return problems

    def _bad_validation(self) -> list[str]:
        if self.validation_split is None:
            return []
        if self.validation_data_uri is not None:
            return ["validation_data_uri and validation_split are both given: choose one"]
        if not 0 < self.validation_split < 1:
            return [f"validation_split is {self.validation_split}: it must lie between 0 and 1, such as 0.2"]
        return []


@dataclass(frozen=True, kw_only=True)
class FinetuningJobResult:
    """A customization job as the service last described it."""

    job_arn: str
    job_name: str
    status: JobStatus
    creation_time: datetime | None = None
    end_time: datetime | None = None
    base_model_arn: str | None = None
    #: The custom model's ARN; there is one only once the job has completed.
    model_id: str | None = None
    model_name: str | None = None
    failure_message: str | None = None
    #: Phase (validation, data processing, training) to its state.
    status_details: Mapping[str, str] = field(default_factory=dict)
    training_loss: float | None = None
    validation_loss: float | None = None
    output_uri: str | None = None

    @property
    def waits_for_its_turn(self) -> bool:
        """True while the service has accepted the job and not begun with any phase of it."""
        states = self.status_details.values()
        return self.status is JobStatus.IN_PROGRESS and bool(states) and set(states) == {"NotStarted"}

    def __str__(self) -> str:
        why = f": {self.failure_message}" if self.failure_message else ""
        return f"fine-tuning job {self.job_name!r}, {self.status}{why}"


@dataclass(frozen=True, kw_only=True)
class ProvisionedThroughputConfig:
    """What a provisioned throughput is made from. It bills by the hour from creation to deletion."""

    model_id: str
    provisioned_model_name: str
    model_units: int = 1
    model_type: str = "nova"
    commitment_duration: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        names = ("model_id", "provisioned_model_name")
        problems = [f"{name} is empty: give it a value" for name in names if not getattr(self, name)]
        if self.provisioned_model_name and not MODEL_NAME.fullmatch(self.provisioned_model_name):
            problems.append(f"provisioned_model_name is {self.provisioned_model_name!r}: {_MODEL_NAME_RULE}")
        if self.model_units < 1:
            problems.append(f"model_units is {self.model_units}: it must be at least 1")
        if self.commitment_duration not in (None, "OneMonth", "SixMonths"):
            problems.append(
                f"commitment_duration is {self.commitment_duration!r}: "
                "it must be OneMonth or SixMonths, or left out"
            )
        if problems:
            raise InvalidConfig(f"The provisioned throughput {self.provisioned_model_name!r}", problems)


@dataclass(frozen=True, kw_only=True)
class ProvisionedThroughputResult:
    """A provisioned throughput as the service last described it."""

    provisioned_model_arn: str
    status: ProvisioningStatus
    provisioned_model_name: str | None = None
    model_arn: str | None = None
    model_units: int | None = None
    creation_time: datetime | None = None
    failure_message: str | None = None

    def __str__(self) -> str:
        why = f": {self.failure_message}" if self.failure_message else ""
        name = self.provisioned_model_name or self.provisioned_model_id
        return f"provisioned throughput {name!r}, {self.status}{why}"

    @property
    def provisioned_model_id(self) -> str:
        """The identifier at the end of the ARN. Either works as ``modelId`` of the control plane."""
        return self.provisioned_model_arn.rpartition("/")[2]


@dataclass(frozen=True, kw_only=True)
class CustomModelDeploymentConfig:
    """What an on-demand deployment is made from. It bills by the token, and nothing while it is idle."""

    #: The custom model's ARN; a name will not do.
    model_id: str
    deployment_name: str
    model_type: str = "nova"
    description: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        problems = []
        if not CUSTOM_MODEL_ARN.fullmatch(self.model_id):
            problems.append(f"model_id is {self.model_id!r}: it must be the ARN of a custom model")
        if not MODEL_NAME.fullmatch(self.deployment_name):
            problems.append(f"deployment_name is {self.deployment_name!r}: {_MODEL_NAME_RULE}")
        if self.description is not None and not 1 <= len(self.description) <= 2048:
            problems.append(f"description has {len(self.description)} letters: it must have 1 to 2048")
        if problems:
            raise InvalidConfig(f"The custom model deployment {self.deployment_name!r}", problems)


@dataclass(frozen=True, kw_only=True)
class CustomModelDeploymentResult:
    """A custom model deployment as the service last described it. Its ARN is the ``modelId`` to call."""

    deployment_arn: str
    status: DeploymentStatus
    deployment_name: str | None = None
    model_arn: str | None = None
    creation_time: datetime | None = None
    failure_message: str | None = None
    #: ``Updating``, ``UpdateCompleted`` or ``UpdateFailed``, where its model was to be replaced.
    update_status: str | None = None

    @property
    def is_settled(self) -> bool:
        """True when nothing is under way."""
        return self.status is not DeploymentStatus.CREATING and self.update_status != "Updating"

    def __str__(self) -> str:
        why = f": {self.failure_message}" if self.failure_message else ""
        return f"custom model deployment {self.deployment_name or self.deployment_arn!r}, {self.status}{why}"
