"""The resources that a server keeps: jobs, custom models, and what serves them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

PHASES = ("validation", "dataProcessing", "training")


def unbegun_phases() -> dict[str, dict[str, Any]]:
    """The three phases of a job before any has begun."""
    return {phase: {"status": "NotStarted"} for phase in PHASES}


def ended_phases(phases: Mapping[str, Mapping[str, Any]], status: str) -> dict[str, Mapping[str, Any]]:
    """The phases of a job that ends with ``status``, which the phase that it is in ends with too."""
    ended = {"status": status, "changed": time.time()}
    return {
        name: {**state, **ended} if state["status"] == "InProgress" else state
        for name, state in phases.items()
    }


@dataclass(frozen=True, kw_only=True)
class Job:
    """A customization job. ``request`` is what was asked, in the API's own members; times are Unix times.

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
    request: Mapping[str, Any]
    hyperparameters: Mapping[str, str]
    status: str = "InProgress"
    phases: Mapping[str, Mapping[str, Any]] = field(default_factory=unbegun_phases)
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

    @property
    def id(self) -> str:
        """The twelve characters at the end of the ARN."""
        return self.arn.rpartition("/")[2]


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Reference:
    """Which resource is meant, without anything else of it."""

    arn: str
    name: str

    @property
    def id(self) -> str:
        """The twelve characters at the end of the ARN."""
        return self.arn.rpartition("/")[2]


AnyRow = Job | CustomModel | Throughput | Deployment
Row = TypeVar("Row", Job, CustomModel, Throughput, Deployment)
