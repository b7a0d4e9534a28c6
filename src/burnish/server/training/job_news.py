"""What the server says of its jobs: a line for each phase, now and then how far it is, and the end."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field

from burnish.pace import Now, Reminder, rough_duration
from burnish.server.forecast import JobPaces
from burnish.server.resources import Job, JobPhase

PHASE_NAMES = {"validation": "checking records", "dataProcessing": "reading pages", "training": "training"}

log = logging.getLogger(__name__)


def standing(name: str, phase: JobPhase) -> str:
    """How far a phase of a job is, such as ``training, 12 of 60 steps, loss 1.312``."""
    unit = "steps" if name == "training" else "pages"
    count = f"{phase.done} of {phase.total} {unit}" if phase.total else ""
    loss = f"loss {phase.loss:.3f}" if phase.loss is not None else ""
    return ", ".join(filter(None, [PHASE_NAMES[name], count, loss]))


@dataclass
class _Told:
    """What was said of a job."""

    phase: str | None
    reminder: Reminder
    waiting_for: str | None = None


@dataclass
class JobNews:
    """Logs what is new of a job, each time that it is shown one, and notes how fast it is."""

    paces: JobPaces = field(default_factory=JobPaces)
    now: Now = time.monotonic
    _told: dict[str, _Told] = field(default_factory=dict)

    def tell(self, job: Job) -> None:
        """Log a line where something is new, or where nothing was said for a while."""
        if job.status not in ("InProgress", "Stopping"):
            self._tell_end(job)
        elif name := job.phase_in_progress:
            self._tell_phase(job, name)

    def _tell_end(self, job: Job) -> None:
        self.paces.forget(job.arn)
        # Of those alone that were told to be at work: an end is told once.
        if self._told.pop(job.arn, None) is None:
            return
        took = rough_duration((job.ended_at or time.time()) - job.created_at)
        if job.status == "Completed":
            loss = "" if job.training_loss is None else f", training loss {job.training_loss:.3f}"
            log.info("Job %s: completed after %s%s, model %s", job.name, took, loss, job.model_name)
        else:
            why = f": {job.failure_message}" if job.failure_message else ""
            log.info("Job %s: %s after %s%s", job.name, job.status.lower(), took, why)

    def _tell_phase(self, job: Job, name: str) -> None:
        phase, told = job.phases[name], self._told.get(job.arn)
        is_new = told is None or told.phase != name
        if told is None or is_new:
            told = _Told(phase=name, reminder=Reminder(self.now))
            self._told[job.arn] = told
        left = self.paces.note(job)
        if job.waiting_for != told.waiting_for:
            told.waiting_for = job.waiting_for
            if job.waiting_for:
                log.info("Job %s: it waits %s", job.name, job.waiting_for)
        elif is_new or told.reminder.is_due:
            told.reminder.spoken()
            now = ", ".join(filter(None, [standing(name, phase), str(left)]))
            log.info("Job %s: %s", job.name, now)
