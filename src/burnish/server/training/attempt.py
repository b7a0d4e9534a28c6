"""An attempt at a job, as the worker process reports it in the job's folder.

Every report is fenced by the number of the attempt. A worker that was suspended, or that lost its server, may
wake up after another has taken over: it reads in the job's orders that it is over, and what it writes before
it does so lies in a folder of its own, which nobody reads any more.

What fails because the S3 server or the disk is unavailable is retried for as long as that takes, and the job
says what it waits for.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from burnish.disk import is_disk_full
from burnish.errors import ServiceUnavailable
from burnish.server.job_folder.events import EventWriter, JobEvent
from burnish.server.job_folder.orders import read_orders
from burnish.server.job_folder.paths import AttemptFolder, JobFolder
from burnish.server.job_folder.result import JobResult, write_result
from burnish.server.job_folder.spec import JobSpec
from burnish.server.resources import JobPhase, ended_phases, phase_in_progress, unbegun_phases
from burnish.server.teacher_endpoint import TeacherUnavailable

REPORT_EVERY_SECONDS = 2.0
FIRST_PAUSE_SECONDS = 0.5
MAX_PAUSE_SECONDS = 10.0
#: The interval at which a pause polls whether the job is to stop.
POLL_SECONDS = 0.5

Result = TypeVar("Result")

log = logging.getLogger(__name__)


class Stopped(Exception):
    """The job is to stop."""


class Superseded(Exception):
    """Another attempt owns the job, or it has ended: this attempt may not go on."""


@dataclass
class Attempt:
    """The attempt at a job with this number."""

    job: JobSpec
    folder: JobFolder
    number: int
    done: int = 0
    phases: Mapping[str, JobPhase] = field(default_factory=unbegun_phases)
    #: Whether the training is to end with what it has learned, as far as `check` has seen.
    ends_early: bool = False
    _reported_at: float = 0.0
    _waiting_for: str | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Open what reports are appended to."""
        self._events = EventWriter(self.own_folder.events)

    @property
    def own_folder(self) -> AttemptFolder:
        """Where this attempt, and no other, writes."""
        return self.folder.attempt(self.number)

    def begin(self) -> None:
        """Report that nothing is done yet."""
        self._change(phases=self.phases)

    def check(self) -> None:
        """Raise `Stopped` where the job is to stop, `Superseded` where another attempt owns it."""
        orders = read_orders(self.folder)
        if orders is None or orders.attempt != self.number:
            raise Superseded
        if orders.stop:
            raise Stopped
        self.ends_early = orders.ends_early

    def choose(self, hyperparameters: Mapping[str, str]) -> None:
        """Report the hyperparameters with what was chosen from the data."""
        self._change(hyperparameters=hyperparameters)

    def expect(self, total: int) -> None:
        """Report how many pages or steps the phase in progress has."""
        self._count(total=total)
        self._change(phases=self.phases)

    def skip(self, count: int) -> None:
        """Count what an earlier attempt has done and this one need not do again."""
        self.done += count
        if phase := self.phase:
            self._count(done=phase.done + count)
        self._change(phases=self.phases)

    def advance(self, *, loss: float | None = None) -> None:
        """Count one more page checked, page read or step trained; report the count now and then."""
        self.check()
        self.done += 1
        if phase := self.phase:
            first = phase.first_done or time.time()
            self._count(done=phase.done + 1, loss=loss, first_done=first)
        if time.monotonic() - self._reported_at > REPORT_EVERY_SECONDS:
            self._change(phases=self.phases)

    @property
    def phase_name(self) -> str | None:
        """The name of the phase in progress."""
        return phase_in_progress(self.phases)

    @property
    def phase(self) -> JobPhase | None:
        """The phase in progress, as far as this attempt has come."""
        name = self.phase_name
        return self.phases[name] if name else None

    def _count(self, **members: Any) -> None:
        if name := self.phase_name:
            phase = msgspec.structs.replace(self.phases[name], **members)
            self.phases = {**self.phases, name: phase}

    def mark_phase(self, name: str, status: str) -> None:
        """Report the status of a phase."""
        now = time.time()
        begun = JobPhase(status=status, begun=now, changed=now)
        phase = begun if status == "InProgress" else self.phases[name].ended(status)
        self.phases = {**self.phases, name: phase}
        self._change(phases=self.phases)

    def complete(self, *, training_loss: float, validation_loss: float | None) -> None:
        """Report that the model is made, for the server to take. Raises `Stopped` or `Superseded`."""
        self.check()
        losses = {"training_loss": training_loss, "validation_loss": validation_loss}
        self._end("Completed", **losses)

    def settle(self, status: str, message: str | None = None) -> None:
        """Report that the job ends without a model."""
        self._end(status, failure_message=message)

    def leave(self, reason: str) -> None:
        """Report why this attempt ends, through no fault of the job: another one will follow."""
        with suppress(OSError):
            self._report(waiting_for=reason)

    def patiently(self, step: Callable[[], Result], *, stoppable: bool = True) -> Result:
        """The result of ``step``, retried while what it needs is unavailable.

        Raises `Stopped` or `Superseded` between tries, and any other error at once.
        """
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                result = step()
            except (ServiceUnavailable, OSError) as error:
                reason = passing_trouble(error)
                if reason is None:
                    raise
                self._say(reason, error)
            else:
                self._say(None)
                return result
            self._pause(pause, stoppable=stoppable)
            pause = min(2 * pause, MAX_PAUSE_SECONDS)

    def _end(self, status: str, **members: Any) -> None:
        result = JobResult(
            status=status, phases=ended_phases(self.phases, status), ended_at=time.time(), **members
        )
        self.patiently(lambda: write_result(self.own_folder, result), stoppable=False)

    def _change(self, **changes: Any) -> None:
        self.patiently(lambda: self._report(waiting_for=None, **changes), stoppable=False)
        self._reported_at = time.monotonic()

    def _report(self, **changes: Any) -> None:
        self._events.write(JobEvent(at=time.time(), progress=self.done, **changes))

    def _say(self, reason: str | None, error: Exception | None = None) -> None:
        """Report what the job waits for, where that has changed."""
        with self._lock:
            # Threads that read pages wait for the same thing at the same time: it is said once.
            before, self._waiting_for = self._waiting_for, reason
        if reason == before:
            return
        if reason:
            log.warning("The job %s waits %s: %s", self.job.name, reason, error)
        else:
            log.warning("The job %s goes on", self.job.name)
        with suppress(OSError):
            self._report(waiting_for=reason)

    def _pause(self, seconds: float, *, stoppable: bool) -> None:
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if stoppable:
                self.check()
            time.sleep(min(left, POLL_SECONDS))


def passing_trouble(error: Exception) -> str | None:
    """What an error says to wait for; None where waiting does not help."""
    if isinstance(error, TeacherUnavailable):
        return "for its teacher to answer"
    if isinstance(error, ServiceUnavailable):
        return "for the S3 server to answer"
    if is_disk_full(error):
        return "for space on the server's disk, which is full"
    return None
