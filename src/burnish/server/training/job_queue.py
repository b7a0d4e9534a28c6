"""The jobs that were accepted: oldest first, as many at once as the machine's capacity allows.

Each is worked on until it is complete, has failed or is stopped.

A job fails for what is wrong with it. What is wrong with the server (its S3 server, its disk, the models it
serves) makes jobs wait. An attempt that is cut short is made again; only when several in a row come no
further than those before them is the job itself at fault.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path

from burnish.server.arns import id_in
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.places import weights_behind
from burnish.server.bedrock.teachers import teacher_of
from burnish.server.capacity import missing_memory
from burnish.server.databases import UnreadableRow
from burnish.server.health import OBJECTS
from burnish.server.isolation import Delayed, Isolation
from burnish.server.job_files import LOGS, log_file
from burnish.server.job_folder.heartbeat import seconds_since
from burnish.server.job_folder.orders import Orders, write_orders
from burnish.server.job_folder.paths import JobFolder, job_folder
from burnish.server.job_folder.result import read_result
from burnish.server.resources import Job, ResourceReference
from burnish.server.training.job_news import JobNews
from burnish.server.training.launcher import SERVER_FAULT, LaunchedAttempt, Launcher
from burnish.server.training.rests import Rests
from burnish.server.training.running_attempt import RunningAttempt, adopted, started
from burnish.server.training.settling import clear_away, settle, settle_by_result
from burnish.server.wire.call import ServiceFault

log = logging.getLogger(__name__)

#: So many attempts in a row that come no further than those before them fail a job.
MAX_FRUITLESS_ATTEMPTS = 5
#: An attempt that lasts as long is not one of those that end at once.
PROVEN_SECONDS = 60.0
#: How long the process of a job that is to stop may take to notice, before it is ended.
STOP_SECONDS = 20.0
#: A training process touches its heartbeat every five seconds.
SILENT_SECONDS = 60.0


class JobQueue:
    """Has each job attempted in turn, looks after the attempts, and settles what they leave unsettled."""

    def __init__(self, control: Control, launcher: Launcher) -> None:
        self._control = control
        self._store = control.store
        self._launcher = launcher
        self._isolation = Isolation(control.health)
        self._news = JobNews(control.forecast.paces)
        self._running: dict[str, RunningAttempt] | None = None
        self._ended: dict[str, RunningAttempt] = {}
        self._rests = Rests()
        self._stopping_since: dict[str, float] = {}

    async def look_after(self) -> None:
        """Do for each job what is to be done now."""
        if self._running is None:
            self._running = self._left_running()
            await self._clear_away_ended()
        for arn, running in list(self._running.items()):
            if not running.attempt.poll():
                self._ended[arn] = self._running.pop(arn)
        self._control.forecast.at_work = frozenset(self._running)
        for reference in self._to_look_after(self._running):
            step = partial(self._look_after, reference.arn, self._running)
            await self._isolation.handle(reference.arn, f"job {reference.name}", step)

    def end_workers(self) -> None:
        """End the attempts because the server ends, which is no fault of their jobs.

        Each writes a checkpoint first, if it can in time.
        """
        attempts = [running.attempt for running in (self._running or {}).values()]
        if attempts:
            log.info("Stopping: %d jobs write a checkpoint, and go on at the next start", len(attempts))
            with ThreadPoolExecutor(len(attempts)) as together:
                list(together.map(lambda attempt: attempt.end_with_server(), attempts))

    def _left_running(self) -> dict[str, RunningAttempt]:
        """What a server that is gone has left running, by the ARNs of the jobs."""
        found = {}
        for reference in self._store.references(Job, "InProgress", "Stopping"):
            with suppress(UnreadableRow):
                if (job := self._store.get(Job, reference.arn)) and (running := self._adopted(job)):
                    found[job.arn] = running
        return found

    def _adopted(self, job: Job) -> RunningAttempt | None:
        return adopted(self._control, self._launcher, job)

    async def _clear_away_ended(self) -> None:
        """Remove the folders of jobs that were over when a server was killed."""
        unfinished = {reference.id for reference in self._store.references(Job, "InProgress", "Stopping")}
        folders = job_folder(self._control.data, "").path.glob("*")
        for folder in folders:
            if folder.is_dir() and folder.name not in unfinished:
                clear_away(self._control.data, folder.name)
        await asyncio.to_thread(self._launcher.clear_leftovers, unfinished)

    def _to_look_after(self, running: Mapping[str, RunningAttempt]) -> Iterable[ResourceReference]:
        """The jobs worked on and those to stop; while there is room, the others too, oldest first."""
        present = [one.job for one in (*running.values(), *self._ended.values())]
        is_full = self._is_full(running)
        waiting = self._store.references(Job, *(["Stopping"] if is_full else ["Stopping", "InProgress"]))
        return {reference.arn: reference for reference in (*present, *waiting)}.values()

    async def _look_after(self, arn: str, running: dict[str, RunningAttempt]) -> None:
        job = self._store.get(Job, arn)
        if job and (present := running.get(arn) or self._ended.get(arn)):
            present.reports.take(self._store, job)
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
            await self._stop(job, running)
        else:
            self._start(job, running)
            self._hurry(job, running.get(arn))
            self._tell_delay(job, running.get(arn))

    async def _stop(self, job: Job, running: dict[str, RunningAttempt]) -> None:
        """Give the attempt some time to notice; then end it."""
        since = self._stopping_since.setdefault(job.arn, time.monotonic())
        if job.arn not in running and (found := self._adopted(job)):
            running[job.arn] = found
        if job.arn not in running:
            self._settle_stopped(job)
        elif time.monotonic() - since > STOP_SECONDS:
            await asyncio.to_thread(running[job.arn].attempt.stop)
        else:
            write_orders(self._folder(job), Orders(attempt=job.attempts, stop=True))

    def _hurry(self, job: Job, running: RunningAttempt | None) -> None:
        """Tell the attempt to end its training, where somebody wants the model as it is."""
        if running and job.ends_early:
            write_orders(self._folder(job), Orders(attempt=running.attempt.number, ends_early=True))

    def _settle_stopped(self, job: Job) -> None:
        # What had failed before it was to stop has failed.
        result = read_result(self._folder(job).attempt(job.attempts))
        if result and result.status == "Failed":
            settle_by_result(self._control, job, result)
        else:
            settle(self._control, job, "Stopped")

    def _start(self, job: Job, running: dict[str, RunningAttempt]) -> None:
        """Begin an attempt at a job unless there is no room for it, or something is in the way."""
        is_held = self._is_full(running) or self._rests.is_resting(job.arn)
        if job.arn in running or is_held or OBJECTS in self._control.health.problems:
            return
        if found := self._adopted(job):
            running[job.arn] = found
            return
        # An attempt may have ended while no server was there to see it.
        if result := read_result(self._folder(job).attempt(job.attempts)):
            settle_by_result(self._control, job, result)
            return
        try:
            weights = weights_behind(self._control, job, "its training")
            teacher_of(self._control, job)
        except ServiceFault as fault:
            raise Delayed(f"it waits: {fault.message}") from fault
        has_others = running and not self._control.capacity.is_elsewhere
        if has_others and (missing := missing_memory(weights)):
            raise Delayed(f"it waits {missing}")
        if number := self._store.begin_attempt(job.arn):
            running[job.arn] = started(
                self._control,
                self._launcher,
                job,
                number=number,
                weights=weights,
                gpus_taken=[one.gpu for one in running.values()],
            )
            log.info("Job %s: starting its training process", job.name)

    def _tell_delay(self, job: Job, running: RunningAttempt | None) -> None:
        """Raise `Delayed` while a job waits for something, or its attempts end soon after they begin."""
        if running and (reason := running.attempt.waits_for or job.waiting_for):
            raise Delayed(f"it waits {reason}")
        if running and self._is_silent(job, running):
            raise Delayed(
                f"its training process has given no sign of life for {SILENT_SECONDS:.0f} s: see whether it "
                "is suspended, or its machine out of memory"
            )
        if reason := self._rests.reason(job.arn):
            if running is None or running.attempt.age < PROVEN_SECONDS:
                raise Delayed(reason)
            self._rests.forget(job.arn)

    def _is_silent(self, job: Job, running: RunningAttempt) -> bool:
        heartbeat = self._folder(job).attempt(running.attempt.number).heartbeat
        since = seconds_since(heartbeat)
        return since is not None and since > SILENT_SECONDS

    def _account_for(self, job: Job, ended: RunningAttempt) -> None:
        """Decide what follows from the end of an attempt."""
        if job.status not in ("InProgress", "Stopping") or job.attempts != ended.attempt.number:
            return
        if result := read_result(self._folder(job).attempt(job.attempts)):
            settle_by_result(self._control, job, result)
        elif job.status == "InProgress":
            self._account_for_early_end(job, ended)

    def _account_for_early_end(self, job: Job, ended: RunningAttempt) -> None:
        """Decide what follows from the end of an attempt that has not said how it ended."""
        attempt = ended.attempt
        account, log = attempt.account_of_end(), _log_of(job)
        if attempt.exit_status == SERVER_FAULT and job.waiting_for:
            self._rests.begin(job.arn, f"it waits {job.waiting_for}: see {log}")
        elif attempt.exit_status == SERVER_FAULT or not attempt.has_begun:
            self._rests.begin(job.arn, f"its training process {account} before it began: see {log}")
        elif job.progress > ended.progress_before:
            self._rests.forget(job.arn)
            self._count(job, 0)
            self._rests.begin(job.arn, f"its training process {account}, and is started again")
        elif job.fruitless_attempts + 1 < MAX_FRUITLESS_ATTEMPTS:
            self._count(job, job.fruitless_attempts + 1)
            self._rests.begin(job.arn, f"its training process {account}, and is started again")
        else:
            self._give_up(job, attempt)

    def _count(self, job: Job, fruitless: int) -> None:
        expected = {"status": "InProgress", "attempts": job.attempts}
        self._store.change(Job, job.arn, expected=expected, fruitless_attempts=fruitless)

    def _give_up(self, job: Job, attempt: LaunchedAttempt) -> None:
        message = (
            f"The training process {attempt.account_of_end()}, as {MAX_FRUITLESS_ATTEMPTS} times in a row "
            f"without coming further: see {_log_of(job)} in the data folder"
        )
        settle(self._control, job, "Failed", message)

    def _clear_away(self, arn: str) -> None:
        self._rests.forget(arn)
        self._stopping_since.pop(arn, None)
        clear_away(self._control.data, id_in(arn))
        self._launcher.clear_away(id_in(arn))

    def _is_full(self, running: Mapping[str, RunningAttempt]) -> bool:
        """Whether no further job is begun: also while one that was cut short rests for the first time."""
        return len(running) + self._rests.brief_beside(running) >= self._control.capacity.slots

    def _folder(self, job: Job) -> JobFolder:
        return job_folder(self._control.data, job.id)


def _log_of(job: Job) -> Path:
    return Path(LOGS) / log_file(Path(), job.id).name
