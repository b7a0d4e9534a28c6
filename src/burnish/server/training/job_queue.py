"""The jobs that were accepted: worked on one at a time, each until it is complete, has failed or is stopped.

A job fails for what is wrong with it. What is wrong with the server (its S3 server, its disk, the models it
serves) makes jobs wait. An attempt that is cut short is made again; only when several in a row come no
further than those before them is the job itself at fault.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from burnish.server.arns import id_in
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.places import weights_behind
from burnish.server.databases import UnreadableRow
from burnish.server.health import OBJECTS
from burnish.server.isolation import Delayed, Isolation
from burnish.server.job_files import LOGS, lock_file, log_file, models_folder
from burnish.server.job_input import WorkerInput
from burnish.server.resources import Job, ResourceReference, ended_phases
from burnish.server.training.job_lock import is_held, kill_holder
from burnish.server.training.job_news import JobNews
from burnish.server.training.worker_process import SERVER_FAULT, Worker, running_worker, start_worker
from burnish.server.wire.call import ServiceFault

log = logging.getLogger(__name__)

#: So many attempts in a row that come no further than those before them fail a job.
MAX_FRUITLESS_ATTEMPTS = 5
FIRST_REST_SECONDS = 1.0
MAX_REST_SECONDS = 60.0
#: An attempt that lasts as long is not one of those that end at once.
PROVEN_SECONDS = 60.0
#: How long the process of a job that is to stop may take to notice, before it is ended.
STOP_SECONDS = 20.0


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rest:
    """A pause before the next attempt at a job, and why there is one."""

    reason: str
    seconds: float
    over_at: float


class JobQueue:
    """Starts a worker for each job in turn, looks after it, and settles what it leaves unsettled."""

    def __init__(self, control: Control) -> None:
        self._control = control
        self._store = control.store
        self._isolation = Isolation(control.health)
        self._news = JobNews()
        self._workers: dict[str, Worker] | None = None
        self._ended: dict[str, Worker] = {}
        self._rests: dict[str, _Rest] = {}
        self._stopping_since: dict[str, float] = {}

    async def look_after(self) -> None:
        """Do for each job what is to be done now."""
        if self._workers is None:
            self._workers = self._left_running()
        for arn, worker in list(self._workers.items()):
            worker.observe()
            # Stopped in the middle of a write, it holds the lock that every other write waits for.
            if worker.is_suspended and self._store.database.is_busy:
                worker.resume()
            if worker.has_ended:
                self._ended[arn] = self._workers.pop(arn)
        for reference in self._to_look_after(self._workers):
            step = partial(self._look_after, reference.arn, self._workers)
            await self._isolation.handle(reference.arn, f"job {reference.name}", step)

    def end_workers(self) -> None:
        """End the workers because the server ends, which is no fault of their jobs."""
        for worker in (self._workers or {}).values():
            worker.end()

    def _left_running(self) -> dict[str, Worker]:
        """The workers of a server that is gone, by the ARNs of their jobs."""
        found = {}
        for reference in self._store.references(Job, "InProgress", "Stopping"):
            if not is_held(lock_file(self._control.data, reference.id)):
                continue
            with suppress(UnreadableRow):
                job = self._store.get(Job, reference.arn)
                if job and (worker := running_worker(self._control.data, job)):
                    found[job.arn] = worker
        return found

    def _to_look_after(self, workers: Mapping[str, Worker]) -> Iterable[ResourceReference]:
        """The jobs worked on and those to stop; while none is worked on, the others too, oldest first."""
        present = [worker.job for worker in (*workers.values(), *self._ended.values())]
        waiting = self._store.references(Job, *(["Stopping"] if workers else ["Stopping", "InProgress"]))
        return {reference.arn: reference for reference in (*present, *waiting)}.values()

    async def _look_after(self, arn: str, workers: dict[str, Worker]) -> None:
        job = self._store.get(Job, arn)
        if job and (ended := self._ended.get(arn)):
            self._account_for(job, ended)
            # Only now: where the accounting fails, because the state cannot be written, it is tried again.
            del self._ended[arn]
            job = self._store.get(Job, arn)
        if job:
            self._news.tell(job)
        if job is None or job.status not in ("InProgress", "Stopping"):
            self._clear_away(arn)
        elif job.status == "Stopping":
            await self._stop(job, workers.get(arn))
        else:
            self._start(job, workers)
            self._tell_delay(job, workers.get(arn))

    async def _stop(self, job: Job, worker: Worker | None) -> None:
        """Give the worker some time to notice; then end it."""
        lock = lock_file(self._control.data, job.id)
        since = self._stopping_since.setdefault(job.arn, time.monotonic())
        if worker is None and not is_held(lock):
            self._settle(job, "Stopped")
        elif time.monotonic() - since > STOP_SECONDS:
            await asyncio.to_thread(worker.end if worker else partial(kill_holder, lock))

    def _start(self, job: Job, workers: dict[str, Worker]) -> None:
        """Begin an attempt at a job unless another job's turn has come, or something is in the way."""
        control = self._control
        rest = self._rests.get(job.arn)
        is_resting = rest is not None and time.monotonic() < rest.over_at
        if workers or is_resting or OBJECTS in control.health.problems:
            return
        if is_held(lock_file(control.data, job.id)):
            if worker := running_worker(control.data, job):
                workers[job.arn] = worker
            return
        try:
            weights = weights_behind(control, job, "its training")
        except ServiceFault as fault:
            raise Delayed(f"it waits: {fault.message}") from fault
        if attempt := self._store.begin_attempt(job.arn):
            given = WorkerInput(
                data=control.data,
                job_arn=job.arn,
                attempt=attempt,
                objects_endpoint=control.objects_endpoint,
                weights=weights,
            )
            workers[job.arn] = start_worker(job, given)
            log.info("Job %s: starting its training process", job.name)

    def _tell_delay(self, job: Job, worker: Worker | None) -> None:
        """Raise `Delayed` while a job waits for something, or its attempts end soon after they begin."""
        if worker and job.waiting_for:
            raise Delayed(f"it waits {job.waiting_for}")
        if rest := self._rests.get(job.arn):
            if worker is None or worker.age < PROVEN_SECONDS:
                raise Delayed(rest.reason)
            del self._rests[job.arn]

    def _account_for(self, job: Job, worker: Worker) -> None:
        """Decide what follows from the end of a worker that has not settled its job."""
        if job.status != "InProgress" or job.attempts != worker.attempt:
            return
        account, log = worker.account_of_end(), _log_of(job)
        if worker.exit_status == SERVER_FAULT and job.waiting_for:
            self._rest(job, f"it waits {job.waiting_for}: see {log}")
        elif worker.exit_status == SERVER_FAULT or not worker.has_begun:
            self._rest(job, f"its training process {account} before it began: see {log}")
        elif job.progress > worker.progress_before:
            self._rests.pop(job.arn, None)
            self._count(job, 0)
            self._rest(job, f"its training process {account}, and is started again")
        elif job.fruitless_attempts + 1 < MAX_FRUITLESS_ATTEMPTS:
            self._count(job, job.fruitless_attempts + 1)
            self._rest(job, f"its training process {account}, and is started again")
        else:
            self._give_up(job, worker)

    def _count(self, job: Job, fruitless: int) -> None:
        expected = {"status": "InProgress", "attempts": job.attempts}
        self._store.change(Job, job.arn, expected=expected, fruitless_attempts=fruitless)

    def _rest(self, job: Job, reason: str) -> None:
        """Let some time pass before the next attempt, more each time."""
        before = self._rests.get(job.arn)
        seconds = min(2 * before.seconds, MAX_REST_SECONDS) if before else FIRST_REST_SECONDS
        self._rests[job.arn] = _Rest(reason=reason, seconds=seconds, over_at=time.monotonic() + seconds)

    def _give_up(self, job: Job, worker: Worker) -> None:
        message = (
            f"The training process {worker.account_of_end()}, as {MAX_FRUITLESS_ATTEMPTS} times in a row "
            f"without coming further: see {_log_of(job)} in the data folder"
        )
        self._settle(job, "Failed", message)

    def _settle(self, job: Job, status: str, message: str | None = None) -> None:
        """End a job that no process works on."""
        self._store.change(
            Job,
            job.arn,
            expected={"status": job.status, "attempts": job.attempts},
            status=status,
            failure_message=message,
            phases=ended_phases(job.phases, status),
            waiting_for=None,
            ended_at=time.time(),
        )
        shutil.rmtree(models_folder(self._control.data, job.id), ignore_errors=True)
        self._clear_away(job.arn)
        if settled := self._store.get(Job, job.arn):
            self._news.tell(settled)

    def _clear_away(self, arn: str) -> None:
        self._rests.pop(arn, None)
        self._stopping_since.pop(arn, None)
        lock_file(self._control.data, id_in(arn)).unlink(missing_ok=True)


def _log_of(job: Job) -> Path:
    return Path(LOGS) / log_file(Path(), job.id).name
