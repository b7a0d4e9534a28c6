"""The results of the service and their statuses; its inputs are in `burnish.configs`.

Frozen dataclasses in Python's spelling. The service's own spelling (camelCase) lives in the pair of
functions `request_for` and `result_of` of each module in `burnish.aws`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from burnish.pace import rough_duration


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

    @property
    def count(self) -> str:
        """Such as ``12 of 60``."""
        return f"{self.done} of {self.total}"

    def __str__(self) -> str:
        loss = f", loss {self.loss:.3f}" if self.loss is not None else ""
        return f"{self.count}{loss}"


@dataclass(frozen=True, kw_only=True)
class JobSchedule:
    """When an unfinished job is expected to begin and to end, in seconds from now; None where nobody knows.

    ``position`` is its place among the jobs that wait for their turn, 1 for the next; None once it is at
    work. ``problem`` is what keeps it from going on, such as a model that the server was not started with. A
    job that ``ends_early`` ends after its current step and keeps its model, because somebody asked for that.
    """

    position: int | None = None
    begins_in: float | None = None
    ends_in: float | None = None
    problem: str | None = None
    ends_early: bool = False

    def __str__(self) -> str:
        if self.problem:
            return self.problem
        if self.position is None:
            return f"{'ends early and keeps its model, ' if self.ends_early else ''}{self._left()}"
        begins = "unknown" if self.begins_in is None else f"in about {rough_duration(self.begins_in)}"
        ends = "" if self.ends_in is None else f", ends in about {rough_duration(self.ends_in)}"
        return f"waiting, {_ordinal(self.position)} in the queue, begins {begins}{ends}"

    def _left(self) -> str:
        return "time left unknown" if self.ends_in is None else f"about {rough_duration(self.ends_in)} left"


def _ordinal(number: int) -> str:
    last = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number % 100 in (11, 12, 13) else last}"


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
    #: On a server of one's own: when it begins and ends, as far as that can be estimated.
    schedule: JobSchedule | None = None
    training_loss: float | None = None
    validation_loss: float | None = None
    training_data_uri: str | None = None
    validation_data_uris: tuple[str, ...] = ()
    output_uri: str | None = None
    hyperparameters: Mapping[str, str] = field(default_factory=dict)
    #: What it trains with: on a server of one's own also what was left open, by default or chosen from data.
    trained_hyperparameters: Mapping[str, str] = field(default_factory=dict)

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
