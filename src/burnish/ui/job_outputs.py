"""What a job has written so far: its losses by step, and the end of its log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from burnish.aws import artifacts
from burnish.aws.clients import Clients
from burnish.errors import BurnishError
from burnish.types import FinetuningJobResult

#: Of a log, which may be long.
LOG_LINES = 400


@dataclass(frozen=True, kw_only=True)
class LossesAfterStep:
    """The losses after a step, counted from 1; None where that one was not measured there."""

    step: int
    training: float | None
    validation: float | None


@dataclass(frozen=True, kw_only=True)
class WrittenSoFar:
    """What was found in a job's output, and the reason where it could not be read."""

    losses: tuple[LossesAfterStep, ...] = ()
    log: tuple[str, ...] = ()
    problem: str | None = None


def job_output(clients: Clients, job: FinetuningJobResult) -> WrittenSoFar:
    """The files of a job. A job is shown without them where its output cannot be read."""
    output = job.output_uri or ""
    try:
        training = _by_step(artifacts.training_metrics(clients.s3, output, job.job_arn))
        validation = _by_step(artifacts.validation_metrics(clients.s3, output, job.job_arn))
        log = artifacts.job_log(clients.s3, output, job.job_arn).splitlines()
    except BurnishError as error:
        return WrittenSoFar(problem=str(error))
    losses = tuple(
        LossesAfterStep(step=step + 1, training=training.get(step), validation=validation.get(step))
        for step in sorted({*training, *validation})
    )
    return WrittenSoFar(losses=losses, log=tuple(log[-LOG_LINES:]))


def _by_step(steps: list[artifacts.TrainingStep]) -> Mapping[int, float]:
    return {one.step: one.loss for one in steps}
