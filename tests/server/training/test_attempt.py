"""An attempt at a job waits for what the server lacks, and writes only while the job is its own."""

from __future__ import annotations

import errno
import sqlite3
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from job_requests import JOB, MODEL

from burnish.errors import DiskFull, ServiceUnavailable
from burnish.server.databases import StateUnavailable
from burnish.server.resources import CustomModel, Job
from burnish.server.store import Store
from burnish.server.training import attempt as attempts
from burnish.server.training.attempt import Attempt, Stopped, Superseded


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setattr(attempts, "FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(attempts, "MAX_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(attempts, "WRITE_EVERY_SECONDS", 0)
    kept = Store(tmp_path)
    kept.add(JOB)
    yield kept
    kept.close()


@pytest.fixture
def attempt(store) -> Attempt:
    return begun(store)


def begun(store: Store) -> Attempt:
    number = store.begin_attempt(JOB.arn)
    return Attempt(replace(kept(store), attempts=number), store)


def kept(store: Store) -> Job:
    job = store.get(Job, JOB.arn)
    assert job
    return job


class Failing:
    """A step that fails as told, and then succeeds; it notes what the job says in between."""

    def __init__(self, store: Store, *failures: Exception) -> None:
        self.store = store
        self.failures = list(failures)
        self.said: list[str | None] = []

    def __call__(self) -> str:
        self.said.append(kept(self.store).waiting_for)
        if self.failures:
            raise self.failures.pop(0)
        return "done"


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (ServiceUnavailable("no answer"), "for the S3 server to answer"),
        (OSError(errno.ENOSPC, "No space left"), "for space on the server's disk, which is full"),
        (OSError(errno.EDQUOT, "Quota exceeded"), "for space on the server's disk, which is full"),
        (DiskFull("no space"), "for space on the server's disk, which is full"),
        (
            StateUnavailable(Path("state.sqlite3"), "cannot be used (disk I/O error)"),
            "for the server's state, which cannot be used (disk I/O error)",
        ),
    ],
)
def test_what_the_server_lacks_is_waited_for_and_said(store, attempt, failure, said):
    step = Failing(store, failure, failure)
    assert attempt.patiently(step) == "done"
    assert step.said == [None, said, said]
    job = kept(store)
    assert (job.status, job.waiting_for) == ("InProgress", None)


@pytest.mark.parametrize(
    "failure", [OSError(errno.EACCES, "Permission denied"), ValueError("bad"), OSError()]
)
def test_what_waiting_does_not_help_is_raised_at_once(store, attempt, failure):
    with pytest.raises(type(failure)):
        attempt.patiently(Failing(store, failure))


def test_a_state_that_another_process_keeps_busy_is_waited_for(store, attempt, tmp_path):
    store.database.execute("pragma busy_timeout = 10")
    other = sqlite3.connect(tmp_path / "state.sqlite3", isolation_level=None, check_same_thread=False)
    other.execute("begin immediate")
    ending = threading.Timer(0.2, other.execute, ["rollback"])
    ending.start()
    attempt.mark_phase("validation", "InProgress")
    ending.join()
    assert kept(store).phases["validation"].status == "InProgress"


@pytest.mark.parametrize("full", [True, False])
def test_a_job_can_be_stopped_while_it_waits(store, attempt, full):
    failure = DiskFull("no space") if full else ServiceUnavailable("no answer")

    def step() -> None:
        store.change(Job, JOB.arn, status="Stopping")
        raise failure

    with pytest.raises(Stopped):
        attempt.patiently(step)
    attempt.settle("Stopped")
    assert kept(store).status == "Stopped"


def test_how_far_a_job_ever_came_is_kept_and_not_how_far_its_last_attempt_is(store, attempt):
    for _ in range(3):
        attempt.advance()
    later = begun(store)
    later.advance()
    assert kept(store).progress == 3
    for _ in range(3):
        later.advance()
    assert kept(store).progress == 4


def test_a_phase_tells_how_far_it_is_and_keeps_that_when_it_ends(store, attempt):
    attempt.mark_phase("validation", "InProgress")
    attempt.expect(3)
    attempt.advance()
    attempt.advance()
    phase = kept(store).phases["validation"]
    assert (phase.done, phase.total) == (2, 3)
    attempt.advance()
    attempt.mark_phase("validation", "Completed")
    attempt.mark_phase("training", "InProgress")
    attempt.expect(60)
    attempt.advance(loss=0.5)
    phases = kept(store).phases
    assert (phases["validation"].done, phases["validation"].status) == (3, "Completed")
    assert (phases["training"].done, phases["training"].total, phases["training"].loss) == (1, 60, 0.5)


@pytest.mark.attack(
    "Processes",
    "two training processes work on one job",
    "only the later one writes; the earlier one ends and takes away only what it has made itself",
)
@pytest.mark.parametrize(
    "write",
    [
        lambda early: early.advance(),
        lambda early: early.mark_phase("validation", "InProgress"),
        lambda early: early.settle("Failed", "gone wrong"),
        lambda early: early.settle("Stopped"),
        lambda early: early.complete(MODEL),
        lambda early: early.patiently(early.check),
    ],
    ids=["advance", "phase", "fail", "stop", "complete", "wait"],
)
def test_an_attempt_that_a_later_one_has_followed_writes_nothing(store, attempt, write):
    later = begun(store)
    before = kept(store)
    with pytest.raises(Superseded):
        write(attempt)
    assert kept(store) == before
    assert store.get(CustomModel, MODEL.arn) is None
    later.complete(MODEL)
    assert kept(store).status == "Completed"


def test_a_job_that_is_over_gets_no_further_attempt(store, attempt):
    attempt.complete(MODEL)
    assert store.begin_attempt(JOB.arn) is None
    with pytest.raises(Superseded):
        attempt.advance()


def test_the_phase_in_which_a_job_ends_ends_with_it(store, attempt):
    attempt.mark_phase("validation", "InProgress")
    attempt.mark_phase("validation", "Completed")
    attempt.mark_phase("dataProcessing", "InProgress")
    attempt.settle("Failed", "for its own fault")
    phases = {name: phase.status for name, phase in kept(store).phases.items()}
    assert phases == {"validation": "Completed", "dataProcessing": "Failed", "training": "NotStarted"}
