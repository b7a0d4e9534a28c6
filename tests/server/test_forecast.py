"""When jobs begin and end, as far as that follows from jobs before them; and otherwise that nobody knows."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from job_requests import JOB

from burnish.server.forecast import MOST_JOBS, Forecast
from burnish.server.health import Health
from burnish.server.resources import Job, JobPhase, unbegun_phases
from burnish.server.store import Store
from burnish.types import JobSchedule


class Queue:
    """Jobs of a store, and what is told of them."""

    def __init__(self, store: Store, *, slots: int = 1) -> None:
        self.store = store
        self.health = Health()
        self.forecast = Forecast(store, self.health, slots=slots)
        self._count = 0

    def add(self, *, at_work: bool = False, **members) -> Job:
        self._count += 1
        arn = f"arn:aws:bedrock:r:1:model-customization-job/m/{self._count:012}"
        name = f"job-{self._count}"
        job = replace(JOB, arn=arn, name=name, model_name=name, created_at=float(self._count), **members)
        self.store.add(job)
        if at_work:
            self.forecast.at_work |= {arn}
        return job

    def add_completed(self, *, checking: float, reading: float, training: float, **members) -> Job:
        seconds = {"validation": checking, "dataProcessing": reading, "training": training}
        phases = {
            name: JobPhase(status="Completed", begun=100.0, changed=100.0 + took)
            for name, took in seconds.items()
        }
        return self.add(**{"status": "Completed", "attempts": 1, "phases": phases, **members})

    def told(self, job: Job) -> JobSchedule | None:
        return self.forecast.schedules().get(job.arn)


@pytest.fixture
def queue(tmp_path):
    store = Store(tmp_path)
    yield Queue(store)
    store.close()


def in_phase(name: str, **members) -> dict[str, JobPhase]:
    phase = JobPhase(**{"status": "InProgress", "begun": time.time(), **members})
    return {**unbegun_phases(), name: phase}


def test_without_an_earlier_job_of_the_model_nobody_knows_when_a_job_begins(queue):
    queue.add_completed(checking=1, reading=1, training=1, records=10, weights_id="another")
    first = queue.add(at_work=True, records=10, phases=in_phase("validation"))
    second = queue.add(records=10)
    assert queue.told(first) == JobSchedule()
    assert queue.told(second) == JobSchedule(position=1)
    assert str(queue.told(first)) == "time left unknown"
    assert str(queue.told(second)) == "waiting, 1st in the queue, begins unknown"


def test_jobs_that_wait_begin_one_after_the_other_by_how_long_earlier_ones_took(queue):
    queue.add_completed(
        checking=10, reading=50, training=240, records=100, hyperparameters={"epochCount": "2"}
    )
    first = queue.add(at_work=True, records=50, hyperparameters={"epochCount": "2"})
    second = queue.add(records=100, hyperparameters={"epochCount": "4"})
    third = queue.add(records=100)
    assert queue.told(first) == JobSchedule(ends_in=150.0)
    assert queue.told(second) == JobSchedule(position=1, begins_in=150.0, ends_in=690.0)
    assert queue.told(third) == JobSchedule(position=2, begins_in=690.0, ends_in=870.0)
    assert str(queue.told(first)) == "about 2 min left"
    assert str(queue.told(third)) == (
        "waiting, 2nd in the queue, begins in about 12 min, ends in about 14 min"
    )


def test_several_jobs_at_once_make_room_for_those_that_wait_as_each_ends(tmp_path):
    store = Store(tmp_path)
    queue = Queue(store, slots=2)
    queue.add_completed(checking=1, reading=1, training=8, records=10)
    for records in (10, 30):
        queue.add(at_work=True, records=records)
    waiting = [queue.add(records=10) for _ in range(3)]
    assert [queue.told(job).begins_in for job in waiting] == [10.0, 20.0, 30.0]
    store.close()


def test_a_phase_at_work_goes_on_at_its_own_pace(queue):
    now = [0.0]
    queue.forecast.paces._now = lambda: now[0]
    queue.add_completed(checking=1, reading=1, training=1000, records=10)
    job = queue.add(at_work=True, records=10, phases=in_phase("training", done=0, total=60))
    for step in range(11):
        now[0] = 2.0 * step
        queue.forecast.paces.note(replace(job, phases=in_phase("training", done=step, total=60)))
    assert queue.told(job).ends_in == pytest.approx(100.0)


def test_a_phase_whose_pace_is_not_known_yet_is_to_take_as_long_as_before(queue):
    queue.add_completed(checking=1, reading=9, training=100, records=10)
    job = queue.add(at_work=True, records=10, phases=in_phase("dataProcessing", begun=time.time() - 4))
    assert queue.told(job).ends_in == pytest.approx(105.0, abs=1)


def trained(*, start_up: float, steps: int, step_seconds: float) -> dict[str, JobPhase]:
    """The phases of a job that took its time to begin with the first step, and a second for all else."""
    first = 102.0 + start_up + step_seconds
    return {
        "validation": JobPhase(status="Completed", begun=100.0, changed=101.0),
        "dataProcessing": JobPhase(status="Completed", begun=101.0, changed=102.0),
        "training": JobPhase(
            status="Completed",
            begun=102.0,
            first_done=first,
            changed=first + (steps - 1) * step_seconds,
            done=steps,
            total=steps,
        ),
    }


def test_what_it_takes_to_start_up_does_not_grow_with_the_records(queue):
    short = trained(start_up=30, steps=5, step_seconds=2)
    queue.add_completed(checking=0, reading=0, training=0, records=10, phases=short)
    job = queue.add(at_work=True, records=1000)
    assert queue.told(job).ends_in == pytest.approx(30 + 500 * 2 + 200)


def test_start_up_and_pace_are_those_of_most_jobs_whatever_their_sizes(queue):
    for start_up, steps in ((20, 5), (22, 50), (90, 10)):
        phases = trained(start_up=start_up, steps=steps, step_seconds=2)
        queue.add_completed(checking=0, reading=0, training=0, records=2 * steps, phases=phases)
    job = queue.add(at_work=True, records=400, phases=in_phase("training", begun=time.time() - 100))
    assert queue.told(job).ends_in == pytest.approx(22 + 400 - 100, abs=1)


def test_of_a_training_of_one_step_the_whole_counts_as_the_step(queue):
    phases = trained(start_up=8, steps=1, step_seconds=2)
    queue.add_completed(checking=0, reading=0, training=0, records=10, phases=phases)
    job = queue.add(at_work=True, records=20, phases=in_phase("training"))
    assert queue.told(job).ends_in == pytest.approx(20, abs=1)


def test_the_median_of_earlier_jobs_counts_and_none_that_was_interrupted(queue):
    for took in (10, 20, 90):
        queue.add_completed(checking=0.1, reading=0.1, training=took, records=10)
    queue.add_completed(checking=0.1, reading=0.1, training=1, records=10, attempts=2)
    queue.add_completed(checking=0.1, reading=0.1, training=1, records=10, ends_early=True)
    job = queue.add(at_work=True, records=10)
    assert queue.told(job).ends_in == pytest.approx(20.2)


def test_a_job_whose_records_were_not_counted_and_those_after_it_are_unknown(queue):
    queue.add_completed(checking=1, reading=1, training=8, records=10)
    jobs = [queue.add(at_work=True, records=10), queue.add(records=None), queue.add(records=10)]
    told = [queue.told(job) for job in jobs]
    assert [(one.begins_in, one.ends_in) for one in told] == [(None, 10.0), (10.0, None), (None, None)]


def test_what_keeps_a_job_from_its_turn_is_told_and_holds_up_no_other(queue):
    queue.add_completed(checking=1, reading=1, training=8, records=10)
    stuck, other = queue.add(records=10), queue.add(records=10)
    queue.health.report(f"job {stuck.name}", "it waits: its training needs other weights")
    assert str(queue.told(stuck)) == "it waits: its training needs other weights"
    assert queue.told(stuck).begins_in is None
    assert queue.told(other).begins_in == 0.0


def test_a_job_that_is_to_end_early_is_told_to(queue):
    job = queue.add(at_work=True, ends_early=True, phases=in_phase("training", done=3, total=60))
    assert str(queue.told(job)) == "ends early and keeps its model, time left unknown"


def test_of_a_job_that_is_over_or_stopping_nothing_is_told(queue):
    over = queue.add_completed(checking=1, reading=1, training=1, records=10)
    stopping = queue.add(at_work=True, status="Stopping")
    assert queue.told(over) is queue.told(stopping) is None


def test_of_a_long_queue_the_beginning_is_told(queue):
    jobs = [queue.add() for _ in range(MOST_JOBS + 1)]
    assert queue.told(jobs[-2]).position == MOST_JOBS
    assert queue.told(jobs[-1]) is None
