"""A job on its way: what its worker has done of it, counted, logged and written as it goes."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from pathlib import Path

from burnish.engine.tunable_model import Step, Validation
from burnish.pace import Reminder
from burnish.server.resources import Job, JobPhase
from burnish.server.training.attempt import Attempt
from burnish.server.training.job_log import JobLog
from burnish.server.training.job_news import standing
from burnish.server.training.job_output import JobOutput, PatientStorage, output_folder

WRITE_EVERY_SECONDS = 2.0
#: About so many lines of a job's log say how far it is.
LINES_OF_TRAINING, LINES_OF_OTHERS = 20, 4

log = logging.getLogger(__name__)


@dataclass
class Work:
    """One job on its way, and everything it needs."""

    attempt: Attempt
    storage: PatientStorage
    data: Path
    weights: Path
    job_log: JobLog
    steps: list[Step] = field(default_factory=list)
    validations: list[Validation] = field(default_factory=list)
    written_at: float = 0.0
    reminder: Reminder = field(default_factory=Reminder)

    @property
    def job(self) -> Job:
        """The job as this attempt knows it."""
        return self.attempt.job

    @property
    def output(self) -> JobOutput:
        """Where the job's artefacts go."""
        return JobOutput(self.storage, output_folder(self.job))

    def add_step(self, step: Step) -> None:
        """Count a step of the training. Raises what `Attempt.advance` raises."""
        if step.number == 0:
            self.attempt.expect(step.total)
        self.steps.append(step)
        self.advance(loss=step.loss)

    def add_validation(self, validation: Validation) -> None:
        """Keep the loss of a validation."""
        self.validations.append(validation)
        log.info("Validation loss %.3f after epoch %d", validation.loss, validation.epoch + 1)

    def advance(self, *, loss: float | None = None) -> None:
        """Count one more page or step; log the count and write the log now and then."""
        self.attempt.advance(loss=loss)
        name, phase = self.job.phase_in_progress, self.attempt.phase
        lines = LINES_OF_TRAINING if name == "training" else LINES_OF_OTHERS
        if name and phase and (_ends_a_share(phase, lines) or self.reminder.is_due):
            self.reminder.spoken()
            log.info("%s", standing(name, phase))
        if time.monotonic() - self.written_at > WRITE_EVERY_SECONDS:
            self.write()

    def write(self) -> None:
        """Write the job's log, and the losses where there are any, to its output."""
        self.job_log.write()
        if self.steps:
            self.output.write_metrics(
                [(step.number, step.epoch, step.loss) for step in self.steps],
                [(point.step, point.epoch, point.loss) for point in self.validations],
            )
        self.written_at = time.monotonic()


def _ends_a_share(phase: JobPhase, shares: int) -> bool:
    return phase.done % max(phase.total // shares, 1) == 0 or phase.done == phase.total
