"""The resources that a server keeps: jobs, custom models, and what serves them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from burnish.server.arns import id_in, kms_arn
from burnish.server.batch_request import BatchRequest
from burnish.server.evaluation_request import EvaluationRequest
from burnish.server.job_input import JobRequest, NetworkOfJob

PHASES = ("validation", "dataProcessing", "training")


class JobPhase(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far a phase of a job is, and since when. Later versions read it: no member is renamed.

    ``done`` of ``total`` pages are checked or read, or steps trained, the first of them at ``first_done``;
    ``loss`` is that of the last step.
    """

    status: str
    begun: float | None = None
    changed: float | None = None
    done: int = 0
    total: int = 0
    loss: float | None = None
    first_done: float | None = None

    def ended(self, status: str) -> JobPhase:
        """The phase as it is once it has ended, now."""
        return replace(self, status=status, changed=time.time())


def unbegun_phases() -> dict[str, JobPhase]:
    """The three phases of a job before any has begun."""
    return {phase: JobPhase(status="NotStarted") for phase in PHASES}


def ended_phases(phases: Mapping[str, JobPhase], status: str) -> dict[str, JobPhase]:
    """The phases of a job that ends with ``status``, which the phase that it is in ends with too."""
    return {
        name: phase.ended(status) if phase.status == "InProgress" else phase for name, phase in phases.items()
    }


def phase_in_progress(phases: Mapping[str, JobPhase]) -> str | None:
    """The name of the phase that a job is in; None before the first and after the last."""
    return next((name for name, phase in phases.items() if phase.status == "InProgress"), None)


@dataclass(frozen=True, kw_only=True)
class Job:
    """A customization job. Times are Unix times.

    ``weights_id`` names the open model that it tunes: a stand-in's id may come to mean another. Jobs of
    version 0.1 have none.

    ``attempts`` is the number of the latest attempt at it, which owns the job: an earlier one changes nothing
    any more. ``progress`` is how far any attempt has come, in pages checked, pages read and steps trained.
    """

    arn: str
    region: str
    name: str
    model_name: str
    base_model_id: str
    request: JobRequest
    hyperparameters: Mapping[str, str]
    status: str = "InProgress"
    phases: Mapping[str, JobPhase] = field(default_factory=unbegun_phases)
    failure_message: str | None = None
    attempts: int = 0
    created_at: float = field(default_factory=time.time)
    modified_at: float = field(default_factory=time.time)
    ended_at: float | None = None
    model_arn: str | None = None
    training_loss: float | None = None
    validation_loss: float | None = None
    weights_id: str | None = None
    progress: int = 0
    #: Attempts in a row that came no further than those before them.
    fruitless_attempts: int = 0
    #: What the attempt waits for, such as the S3 server; None while it works.
    waiting_for: str | None = None
    #: Whether somebody has asked for the model as it is: the training ends after the step that it is at.
    ends_early: bool = False
    #: How many records it trains and validates on, as far as that was counted when it was accepted.
    records: int | None = None

    @property
    def id(self) -> str:
        """The twelve characters at the end of the ARN."""
        return id_in(self.arn)

    @property
    def phase_in_progress(self) -> str | None:
        """The name of the phase that the job is in; None before the first and after the last."""
        return phase_in_progress(self.phases)


@dataclass(frozen=True, kw_only=True)
class CustomModel:
    """A tuned model: the open model that was tuned, and the adapter's folder inside of the data folder."""

    arn: str
    region: str
    name: str
    job_arn: str
    base_model_id: str
    weights_id: str | None
    adapter: str
    created_at: float = field(default_factory=time.time)

    def adapter_in(self, data: Path) -> Path:
        """The folder of the adapter, given the data folder."""
        folder = data / self.adapter
        if not folder.resolve().is_relative_to(data.resolve()):
            raise ValueError(f"The adapter of {self.arn} lies outside of the data folder: {self.adapter!r}")
        return folder


@dataclass(frozen=True, kw_only=True)
class Throughput:
    """A provisioned throughput: the promise that a model answers under an ARN."""

    arn: str
    region: str
    name: str
    model_arn: str
    base_model_id: str
    units: int
    status: str = "Creating"
    commitment: str | None = None
    failure_message: str | None = None
    created_at: float = field(default_factory=time.time)
    modified_at: float = field(default_factory=time.time)


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A custom model deployment. While it is updated, ``next_model_arn`` is the model to come."""

    arn: str
    region: str
    name: str
    model_arn: str
    next_model_arn: str | None = None
    description: str | None = None
    status: str = "Creating"
    failure_message: str | None = None
    created_at: float = field(default_factory=time.time)
    modified_at: float = field(default_factory=time.time)


class ImportSecurity(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What was asked for an import that is kept and shown, and changes nothing on this server."""

    vpc_config: NetworkOfJob | None = None
    imported_model_kms_key_id: str | None = None

    @property
    def members(self) -> list[str]:
        """The members that were given."""
        return list(msgspec.to_builtins(self))


@dataclass(frozen=True, kw_only=True)
class ImportJob:
    """An import of weights from an S3 folder, and what the model is called that comes of it."""

    arn: str
    region: str
    name: str
    model_name: str
    role_arn: str
    uri: str
    model_tags: Mapping[str, str] = field(default_factory=dict)
    security: ImportSecurity = field(default_factory=ImportSecurity)
    status: str = "InProgress"
    failure_message: str | None = None
    model_arn: str | None = None
    created_at: float = field(default_factory=time.time)
    modified_at: float = field(default_factory=time.time)
    ended_at: float | None = None

    @property
    def id(self) -> str:
        """The twelve characters at the end of the ARN."""
        return id_in(self.arn)

    @property
    def key_arn(self) -> str | None:
        """The ARN of the key that AWS would encrypt the model with."""
        key = self.security.imported_model_kms_key_id
        return key and kms_arn(key, like=self.arn)


@dataclass(frozen=True, kw_only=True)
class ImportedWeights:
    """A model that was imported into a folder inside of the data folder.

    ``weights_id`` names the open model that it was tuned from, whose weights this server was started with;
    None where it has weights of its own.
    """

    arn: str
    region: str
    name: str
    job_arn: str
    architecture: str
    folder: str
    weights_id: str | None = None
    created_at: float = field(default_factory=time.time)


@dataclass(frozen=True, kw_only=True)
class InvocationJob:
    """A batch inference job, and how many of its records were answered or failed so far."""

    arn: str
    region: str
    name: str
    batch_request: BatchRequest
    status: str = "Submitted"
    message: str | None = None
    #: Unknown until the input has been validated.
    total_records: int | None = None
    successes: int = 0
    failures: int = 0
    created_at: float = field(default_factory=time.time)
    modified_at: float = field(default_factory=time.time)
    ended_at: float | None = None

    @property
    def id(self) -> str:
        """The twelve characters at the end of the ARN."""
        return id_in(self.arn)

    @property
    def expires_at(self) -> float:
        """When the job ends, whether it is done or not."""
        return self.created_at + self.batch_request.timeout_duration_in_hours * 3600


@dataclass(frozen=True, kw_only=True)
class EvaluationJob:
    """An evaluation of a model on prompts."""

    arn: str
    region: str
    name: str
    evaluation_request: EvaluationRequest
    status: str = "InProgress"
    message: str | None = None
    created_at: float = field(default_factory=time.time)
    modified_at: float = field(default_factory=time.time)

    @property
    def id(self) -> str:
        """The twelve characters at the end of the ARN."""
        return id_in(self.arn)


@dataclass(frozen=True, kw_only=True, slots=True)
class ResourceReference:
    """Which resource is meant, without anything else of it."""

    arn: str
    name: str

    @property
    def id(self) -> str:
        """The twelve characters at the end of the ARN."""
        return id_in(self.arn)


AnyRow = (
    Job | CustomModel | Throughput | Deployment | ImportJob | ImportedWeights | InvocationJob | EvaluationJob
)
Row = TypeVar(
    "Row",
    Job,
    CustomModel,
    Throughput,
    Deployment,
    ImportJob,
    ImportedWeights,
    InvocationJob,
    EvaluationJob,
)
