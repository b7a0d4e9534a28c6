"""When jobs begin and end: estimated by how fast those at work are, and how long earlier ones took.

A phase at work goes on at its pace of the last minute. The phases to come take as long to start up, and then
for each record, and training for each record and epoch, as those of the latest jobs of the same model have
taken. Where there was none, or the records were not counted, the answer is that nobody knows.
"""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from statistics import median
from typing import Final

from burnish.pace import Now, RemainingTime
from burnish.server.databases import UnreadableRow
from burnish.server.health import Health
from burnish.server.resources import PHASES, Job, JobPhase
from burnish.server.store import Store
from burnish.types import JobSchedule

#: Only of the first jobs in the queue: what is told of a list has to fit into a header.
MOST_JOBS = 200
#: How long a forecast is told before it is made anew.
FRESH_SECONDS = 1.0

UNKNOWN: Final = math.inf


class JobPaces:
    """How fast the jobs at work are."""

    def __init__(self, now: Now = time.monotonic) -> None:
        self._now = now
        self._paces: dict[str, tuple[str, RemainingTime]] = {}

    def note(self, job: Job) -> RemainingTime:
        """Note how far the phase is that a job is in, and give the time that it still takes."""
        name = job.phase_in_progress or ""
        before, left = self._paces.get(job.arn, ("", RemainingTime(self._now)))
        if before != name:
            left = RemainingTime(self._now)
        self._paces[job.arn] = name, left
        if name and job.phases[name].total:
            left.count(job.phases[name].done, job.phases[name].total)
        return left

    def forget(self, arn: str) -> None:
        """Forget a job that is over."""
        self._paces.pop(arn, None)

    def seconds_left(self, job: Job) -> float | None:
        """The time that the phase in progress still takes; None while too little is known."""
        return self._paces[job.arn][1].seconds_left if job.arn in self._paces else None


class Forecast:
    """When unfinished jobs begin and end: those at work by their paces, the others after them."""

    def __init__(self, store: Store, health: Health, *, slots: int) -> None:
        self._store = store
        self._health = health
        self._slots = slots
        #: The ARNs of the jobs at work.
        self.at_work: frozenset[str] = frozenset()
        self.paces = JobPaces()
        self._made: dict[str, JobSchedule] = {}
        self._made_at = -math.inf

    def schedules(self) -> Mapping[str, JobSchedule]:
        """When the unfinished jobs begin and end, by their ARNs; of a long queue its beginning."""
        if time.monotonic() - self._made_at > FRESH_SECONDS:
            self._made, self._made_at = self._schedules(), time.monotonic()
        return self._made

    def _schedules(self) -> dict[str, JobSchedule]:
        jobs = list(self._unfinished())
        durations = Durations(self._store, jobs)
        working = [job for job in jobs if job.arn in self.at_work]
        found = {job.arn: self._left(job, durations) for job in working}
        ends = [found.get(arn, UNKNOWN) for arn in self.at_work]
        told = {job.arn: self._of_one_at_work(job, found[job.arn]) for job in working}
        waiting = [job for job in jobs if job.arn not in self.at_work and job.status == "InProgress"]
        told |= self._of_waiting(waiting, durations, ends)
        return {arn: schedule for arn, schedule in told.items() if schedule}

    def _unfinished(self) -> Iterable[Job]:
        references = self._store.references(Job, "InProgress", "Stopping")
        queue = [one.arn for one in references if one.arn not in self.at_work]
        for arn in (*self.at_work, *queue[:MOST_JOBS]):
            with suppress(UnreadableRow):
                if job := self._store.get(Job, arn):
                    yield job

    def _left(self, job: Job, durations: Durations) -> float:
        """The seconds that a job at work still takes."""
        if job.status != "InProgress":
            return 0.0
        name = job.phase_in_progress
        if name is None:
            return durations.whole(job)
        left = self.paces.seconds_left(job)
        if left is None:
            since = job.phases[name].begun or time.time()
            left = max(0.0, durations.of(job, name) - (time.time() - since))
        return left + sum(durations.of(job, later) for later in PHASES[PHASES.index(name) + 1 :])

    def _of_one_at_work(self, job: Job, left: float) -> JobSchedule | None:
        if job.status != "InProgress":
            return None
        ends_in = None if job.ends_early else _known(left)
        return JobSchedule(ends_in=ends_in, problem=self._problem_of(job), ends_early=job.ends_early)

    def _of_waiting(
        self, waiting: Iterable[Job], durations: Durations, ends: Iterable[float]
    ) -> dict[str, JobSchedule]:
        """Each job that waits gets the first slot that is free, in their order."""
        # After a restart with fewer slots, the first of those at work to end make room for nobody.
        slots = sorted(ends)[-self._slots :]
        slots += [0.0] * (self._slots - len(slots))
        heapq.heapify(slots)
        told = {}
        for position, job in enumerate(waiting, start=1):
            problem = self._problem_of(job)
            begins = UNKNOWN if problem else heapq.heappop(slots)
            ends_in = begins + durations.whole(job)
            if not problem:
                heapq.heappush(slots, ends_in)
            told[job.arn] = JobSchedule(
                position=position,
                begins_in=_known(begins),
                ends_in=_known(ends_in),
                problem=problem,
                ends_early=job.ends_early,
            )
        return told

    def _problem_of(self, job: Job) -> str | None:
        return self._health.problems.get(f"job {job.name}")


class Durations:
    """How long jobs take, by how long the latest of the same models have taken."""

    def __init__(self, store: Store, jobs: Iterable[Job]) -> None:
        models = {_model_of(job): job for job in jobs}
        self._paces = {model: _paces(store.latest_completed(job)) for model, job in models.items()}

    def of(self, job: Job, phase: str) -> float:
        """The seconds that a phase of a job takes, in all."""
        size = _size_of(job, phase)
        pace = self._paces[_model_of(job)].get(phase)
        return UNKNOWN if size is None or pace is None else pace.start_up + size * pace.each

    def whole(self, job: Job) -> float:
        """The seconds that all phases of a job take."""
        return sum(self.of(job, phase) for phase in PHASES)


@dataclass(frozen=True, kw_only=True)
class PhasePace:
    """The seconds that a phase takes before its first record, and those for each, whatever their number."""

    start_up: float
    each: float


def _paces(jobs: Iterable[Job]) -> dict[str, PhasePace]:
    """How long each phase took, the median of jobs that were not interrupted."""
    found: dict[str, list[PhasePace]] = {}
    for job in jobs:
        for name, phase in job.phases.items():
            if job.attempts == 1 and not job.ends_early and (pace := _pace_of(phase, _size_of(job, name))):
                found.setdefault(name, []).append(pace)
    return {
        name: PhasePace(
            start_up=median(one.start_up for one in paces), each=median(one.each for one in paces)
        )
        for name, paces in found.items()
    }


def _pace_of(phase: JobPhase, size: float | None) -> PhasePace | None:
    """How long a phase of such a size took; of one that has done a single thing no part is its start-up."""
    if not (size and phase.begun and phase.changed):
        return None
    took, start_up = phase.changed - phase.begun, 0.0
    if phase.first_done and phase.done > 1:
        # The first page or step is no part of the start-up: it took as long as the others on average.
        one = (phase.changed - phase.first_done) / (phase.done - 1)
        start_up = max(0.0, phase.first_done - phase.begun - one)
    return PhasePace(start_up=start_up, each=(took - start_up) / size)


def _size_of(job: Job, phase: str) -> float | None:
    """What a phase's duration is proportional to: the records and, for training, their epochs."""
    if not job.records:
        return None
    return job.records * (_epochs_of(job) if phase == "training" else 1)


def _epochs_of(job: Job) -> float:
    try:
        return float(job.hyperparameters["epochCount"]) or 1.0
    except (KeyError, ValueError):  # chosen from the data, or a kind of model that has none
        return 1.0


def _model_of(job: Job) -> tuple[str, str | None]:
    return job.base_model_id, job.weights_id


def _known(seconds: float) -> float | None:
    return round(seconds, 1) if math.isfinite(seconds) else None
