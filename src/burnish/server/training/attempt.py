"""An attempt at a job, as the worker process records it in the store.

Every write is fenced by the number of the attempt: it takes effect only while the job is at that number. A
worker that was suspended, or that lost its server, may wake up after another has taken over. It cannot know,
so the store has to refuse its writes.

What fails because the S3 server, the disk or the store is unavailable is retried for as long as that takes,
and the job says what it waits for.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import msgspec

from burnish.disk import is_disk_full
from burnish.errors import DiskFull, ServiceUnavailable
from burnish.server.databases import StateUnavailable, UnreadableRow
from burnish.server.resources import CustomModel, Job, JobPhase, ended_phases, unbegun_phases
from burnish.server.store import Store

WRITE_EVERY_SECONDS = 2.0
FIRST_PAUSE_SECONDS = 0.5
MAX_PAUSE_SECONDS = 10.0
#: The interval at which a pause polls whether the job is to stop.
POLL_SECONDS = 0.5

Result = TypeVar("Result")

log = logging.getLogger(__name__)


class Stopped(Exception):
    """The job is to stop."""


class Superseded(Exception):
    """Another attempt owns the job, or it has ended: this attempt may not write any more."""


@dataclass
class Attempt:
    """The attempt at a job whose number is ``job.attempts``."""

    job: Job
    store: Store
    done: int = 0
    _written_at: float = 0.0
    _waiting_for: str | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self) -> None:
        """Record that nothing is done yet."""
        self._change(phases=unbegun_phases())

    def check(self) -> None:
        """Raise `Stopped` where the job is to stop, `Superseded` where another attempt owns it."""
        try:
            job = self.store.get(Job, self.job.arn)
        except StateUnavailable:
            return  # the store is busy or unavailable: the next check will tell
        if job is None or job.attempts != self.job.attempts:
            raise Superseded
        if job.status == "Stopping":
            raise Stopped
        if job.status != "InProgress":
            raise Superseded

    def choose(self, hyperparameters: Mapping[str, str]) -> None:
        """Record the hyperparameters with what was chosen from the data."""
        self._change(hyperparameters=hyperparameters)

    def expect(self, total: int) -> None:
        """Record how many pages or steps the phase in progress has."""
        self._count(total=total)
        self._change(phases=self.job.phases)

    def advance(self, *, loss: float | None = None) -> None:
        """Count one more page checked, page read or step trained; record the count now and then."""
        self.check()
        self.done += 1
        if phase := self.phase:
            self._count(done=phase.done + 1, loss=loss)
        if time.monotonic() - self._written_at > WRITE_EVERY_SECONDS:
            self._change(phases=self.job.phases)

    @property
    def phase(self) -> JobPhase | None:
        """The phase in progress, as far as this attempt has come."""
        name = self.job.phase_in_progress
        return self.job.phases[name] if name else None

    def _count(self, **members: Any) -> None:
        if name := self.job.phase_in_progress:
            phase = msgspec.structs.replace(self.job.phases[name], **members)
            self.job = replace(self.job, phases={**self.job.phases, name: phase})

    def mark_phase(self, name: str, status: str) -> None:
        """Record the status of a phase."""
        now = time.time()
        begun = JobPhase(status=status, begun=now, changed=now)
        phase = begun if status == "InProgress" else self.job.phases[name].ended(status)
        self._change(phases={**self.job.phases, name: phase})

    def complete(self, model: CustomModel, **changes: Any) -> None:
        """Add the model and complete the job, in one transaction. Raises `Stopped` or `Superseded`."""
        if not self.patiently(lambda: self.store.complete(self.job, model, **changes)):
            # The job is to stop, or another attempt owns it: `check` raises the one that holds.
            self.check()
            raise Superseded

    def settle(self, status: str, message: str | None = None) -> None:
        """End the job without a model."""
        self._change(
            status=status,
            failure_message=message,
            phases=ended_phases(self.job.phases, status),
            ended_at=time.time(),
            stoppable=False,
        )

    def leave(self, reason: str) -> None:
        """Record why this attempt ends, through no fault of the job: another one will follow."""
        with suppress(DiskFull, StateUnavailable, UnreadableRow, Superseded):
            self._write(waiting_for=reason)

    def patiently(self, step: Callable[[], Result], *, stoppable: bool = True) -> Result:
        """The result of ``step``, retried while what it needs is unavailable.

        Raises `Stopped` or `Superseded` between tries, and any other error at once.
        """
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                result = step()
            except (ServiceUnavailable, OSError, StateUnavailable) as error:
                reason = passing_trouble(error)
                if reason is None:
                    raise
                self._say(reason, error)
            else:
                self._say(None)
                return result
            self._pause(pause, stoppable=stoppable)
            pause = min(2 * pause, MAX_PAUSE_SECONDS)

    def _change(self, *, stoppable: bool = True, **changes: Any) -> None:
        """Write fields of the job, and its progress. Raises `Superseded` where another attempt owns it."""
        self.patiently(lambda: self._write(waiting_for=None, **changes), stoppable=stoppable)
        self.job = replace(self.job, **changes)
        self._written_at = time.monotonic()

    def _write(self, **changes: Any) -> None:
        # It only grows: an attempt that begins anew has not come as far yet as those before it.
        progress = {"progress": self.done} if self.done > self.job.progress else {}
        expected = {"attempts": self.job.attempts}
        if not self.store.change(Job, self.job.arn, expected=expected, **progress, **changes):
            raise Superseded

    def _say(self, reason: str | None, error: Exception | None = None) -> None:
        """Tell the log and the store what the job waits for, where that has changed."""
        with self._lock:
            # Threads that read pages wait for the same thing at the same time: it is said once.
            before, self._waiting_for = self._waiting_for, reason
        if reason == before:
            return
        if reason:
            log.warning("The job %s waits %s: %s", self.job.name, reason, error)
        else:
            log.warning("The job %s goes on", self.job.name)
        with suppress(DiskFull, StateUnavailable, UnreadableRow):
            self._write(waiting_for=reason)

    def _pause(self, seconds: float, *, stoppable: bool) -> None:
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if stoppable:
                self.check()
            time.sleep(min(left, POLL_SECONDS))


def passing_trouble(error: Exception) -> str | None:
    """What an error says to wait for; None where waiting does not help."""
    if isinstance(error, ServiceUnavailable):
        return "for the S3 server to answer"
    if is_disk_full(error):
        return "for space on the server's disk, which is full"
    if isinstance(error, StateUnavailable):
        return f"for the server's state, which {error.reason}"
    return None
