"""The results of the service and their statuses; its inputs are in `burnish.configs`.

Frozen dataclasses in Python's spelling. The service's own spelling (camelCase) lives in the pair of
functions `request_for` and `result_of` of each module in `burnish.aws`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


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
class JobProgress:
    """How far the phase of a job is: pages checked or read, or steps trained with the loss of the last."""

    done: int
    total: int
    loss: float | None = None

    def __str__(self) -> str:
        loss = f", loss {self.loss:.3f}" if self.loss is not None else ""
        return f"{self.done} of {self.total}{loss}"


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
    #: On a server of one's own: how far the phase in progress is. Bedrock does not say.
    progress: JobProgress | None = None
    training_loss: float | None = None
    validation_loss: float | None = None
    training_data_uri: str | None = None
    validation_data_uris: tuple[str, ...] = ()
    output_uri: str | None = None
    hyperparameters: Mapping[str, str] = field(default_factory=dict)

    @property
    def phase(self) -> str | None:
        """The phase in progress; None before the first and after the last."""
        in_progress = (name for name, state in self.status_details.items() if state == "InProgress")
        return next(in_progress, None)

    @property
    def waits_for_its_turn(self) -> bool:
        """True while the service has accepted the job and not begun with any phase of it."""
        states = self.status_details.values()
        return self.status is JobStatus.IN_PROGRESS and bool(states) and set(states) == {"NotStarted"}

    def __str__(self) -> str:
        why = f": {self.failure_message}" if self.failure_message else ""
        return f"fine-tuning job {self.job_name!r}, {self.status}{why}"


@dataclass(frozen=True, kw_only=True)
class ProvisionedThroughputResult:
    """A provisioned throughput as the service last described it."""

    provisioned_model_arn: str
    status: ProvisioningStatus
    provisioned_model_name: str | None = None
    model_arn: str | None = None
    model_units: int | None = None
    creation_time: datetime | None = None
    last_modified_time: datetime | None = None
    failure_message: str | None = None
    #: On a server of one's own: which weights answer, as a text that changes when they do.
    weights: str | None = None

    def __str__(self) -> str:
        why = f": {self.failure_message}" if self.failure_message else ""
        name = self.provisioned_model_name or self.provisioned_model_id
        return f"provisioned throughput {name!r}, {self.status}{why}"

    @property
    def provisioned_model_id(self) -> str:
        """The identifier at the end of the ARN. Either works as ``modelId`` of the control plane."""
        return self.provisioned_model_arn.rpartition("/")[2]


@dataclass(frozen=True, kw_only=True)
class CustomModelDeploymentResult:
    """A custom model deployment as the service last described it. Its ARN is the ``modelId`` to call."""

    deployment_arn: str
    status: DeploymentStatus
    deployment_name: str | None = None
    model_arn: str | None = None
    creation_time: datetime | None = None
    failure_message: str | None = None
    last_updated_time: datetime | None = None
    #: ``Updating``, ``UpdateCompleted`` or ``UpdateFailed``, where its model was to be replaced.
    update_status: str | None = None
    #: On a server of one's own: which weights answer, as a text that changes when they do.
    weights: str | None = None

    @property
    def is_settled(self) -> bool:
        """True when nothing is under way."""
        return self.status is not DeploymentStatus.CREATING and self.update_status != "Updating"

    def __str__(self) -> str:
        why = f": {self.failure_message}" if self.failure_message else ""
        return f"custom model deployment {self.deployment_name or self.deployment_arn!r}, {self.status}{why}"
