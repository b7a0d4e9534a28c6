"""A job on its way: what its worker has done of it, counted, logged and written as it goes."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from burnish.engine.inference_messages import ModelPlace
from burnish.engine.tunable_model import Step, Validation
from burnish.pace import Reminder
from burnish.server.job_folder.attempt_input import RemoteTeacher
from burnish.server.job_folder.spec import JobSpec
from burnish.server.resources import JobPhase
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
    weights: Path
    sources: Mapping[str, str]
    job_log: JobLog
    #: What the custom model has learned that the job tunes further; None for a base model.
    tuned_before: Path | None = None
    checkpoint_seconds: float = 60.0
    #: The model that answers the prompts of a distillation.
    teacher: ModelPlace | RemoteTeacher | None = None
    steps: list[Step] = field(default_factory=list)
    validations: list[Validation] = field(default_factory=list)
    written_at: float = 0.0
    reminder: Reminder = field(default_factory=Reminder)

    @property
    def job(self) -> JobSpec:
        """What is to be trained."""
        return self.attempt.job

    @property
    def output(self) -> JobOutput:
        """Where the job's artefacts go."""
        return JobOutput(self.storage, output_folder(self.job))

    @property
    def losses(self) -> tuple[float, float | None]:
        """The loss of the last step, and that of the last validation where there was one."""
        return self.steps[-1].loss, self.validations[-1].loss if self.validations else None

    def add_step(self, step: Step) -> None:
        """Count a step of the training. Raises what `Attempt.advance` raises."""
        if step.number == 0:
            self.attempt.expect(step.total)
        self.steps.append(step)
        if step.is_repeated:
            self.attempt.advance(loss=step.loss)
        else:
            self.advance(loss=step.loss)

    def add_validation(self, validation: Validation) -> None:
        """Keep the loss of a validation."""
        self.validations.append(validation)
        log.info("Validation loss %.3f after epoch %d", validation.loss, validation.epoch + 1)

    def advance(self, *, loss: float | None = None) -> None:
        """Count one more page or step; log the count and write the log now and then."""
        self.attempt.advance(loss=loss)
        name, phase = self.attempt.phase_name, self.attempt.phase
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
