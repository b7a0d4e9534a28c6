"""An attempt at a job waits for what the server lacks, and goes on only while the job is its own."""

from __future__ import annotations

import errno

import pytest
from job_requests import JOB

from burnish.errors import DiskFull, ServiceUnavailable
from burnish.server.job_folder.events import EventReader
from burnish.server.job_folder.orders import Orders, write_orders
from burnish.server.job_folder.paths import JobFolder
from burnish.server.job_folder.result import read_result
from burnish.server.job_folder.spec import spec_of
from burnish.server.training import attempt as attempts
from burnish.server.training.attempt import Attempt, Stopped, Superseded


@pytest.fixture
def folder(tmp_path, monkeypatch) -> JobFolder:
    monkeypatch.setattr(attempts, "FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(attempts, "MAX_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(attempts, "REPORT_EVERY_SECONDS", 0)
    return JobFolder(tmp_path)


@pytest.fixture
def attempt(folder) -> Attempt:
    return begun(folder, 1)


def begun(folder: JobFolder, number: int) -> Attempt:
    folder.attempt(number).path.mkdir(parents=True)
    write_orders(folder, Orders(attempt=number))
    return Attempt(spec_of(JOB), folder, number)


def reported(attempt: Attempt) -> dict[str, object]:
    """All that an attempt has reported, as it is by now."""
    found: dict[str, object] = {}
    for event in EventReader(attempt.own_folder.events).new():
        found.update(event.changes())
    return found


class Failing:
    """A step that fails as told, and then succeeds; it notes what the job says in between."""

    def __init__(self, attempt: Attempt, *failures: Exception) -> None:
        self.attempt = attempt
        self.failures = list(failures)
        self.said: list[object] = []

    def __call__(self) -> str:
        self.said.append(reported(self.attempt).get("waiting_for"))
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
    ],
)
def test_what_the_server_lacks_is_waited_for_and_said(attempt, failure, said):
    step = Failing(attempt, failure, failure)
    assert attempt.patiently(step) == "done"
    assert step.said == [None, said, said]
    assert reported(attempt)["waiting_for"] is None


@pytest.mark.parametrize(
    "failure", [OSError(errno.EACCES, "Permission denied"), ValueError("bad"), OSError()]
)
def test_what_waiting_does_not_help_is_raised_at_once(attempt, failure):
    with pytest.raises(type(failure)):
        attempt.patiently(Failing(attempt, failure))


@pytest.mark.parametrize("full", [True, False])
def test_a_job_can_be_stopped_while_it_waits(folder, attempt, full):
    failure = DiskFull("no space") if full else ServiceUnavailable("no answer")

    def step() -> None:
        write_orders(folder, Orders(attempt=1, stop=True))
        raise failure

    with pytest.raises(Stopped):
        attempt.patiently(step)
    attempt.settle("Stopped")
    assert read_result(attempt.own_folder).status == "Stopped"


def test_a_phase_tells_how_far_it_is_and_keeps_that_when_it_ends(attempt):
    attempt.mark_phase("validation", "InProgress")
    attempt.expect(3)
    assert reported(attempt)["phases"]["validation"].first_done is None
    attempt.advance()
    first = reported(attempt)["phases"]["validation"].first_done
    attempt.advance()
    phase = reported(attempt)["phases"]["validation"]
    assert (phase.done, phase.total) == (2, 3)
    assert phase.begun <= phase.first_done == first
    attempt.advance()
    attempt.mark_phase("validation", "Completed")
    attempt.mark_phase("training", "InProgress")
    attempt.expect(60)
    attempt.advance(loss=0.5)
    phases = reported(attempt)["phases"]
    assert (phases["validation"].done, phases["validation"].status) == (3, "Completed")
    assert (phases["training"].done, phases["training"].total, phases["training"].loss) == (1, 60, 0.5)
    assert reported(attempt)["progress"] == 4


@pytest.mark.attack(
    "Processes",
    "two training processes work on one job",
    "the later one owns it; the earlier one ends, and nothing of what it writes is read",
)
@pytest.mark.parametrize(
    "step",
    [
        lambda early: early.advance(),
        lambda early: early.check(),
        lambda early: early.complete(training_loss=0.5, validation_loss=None),
        lambda early: early.patiently(Failing(early, DiskFull("no space"))),
    ],
    ids=["advance", "check", "complete", "wait"],
)
def test_an_attempt_that_a_later_one_has_followed_ends(folder, attempt, step):
    later = begun(folder, 2)
    with pytest.raises(Superseded):
        step(attempt)
    assert read_result(later.own_folder) is None
    assert reported(later) == {}
    later.complete(training_loss=0.5, validation_loss=None)
    assert read_result(later.own_folder).status == "Completed"


def test_an_attempt_at_a_job_that_is_over_ends(folder, attempt):
    folder.orders.unlink()
    with pytest.raises(Superseded):
        attempt.advance()


def test_the_phase_in_which_a_job_ends_ends_with_it(attempt):
    attempt.mark_phase("validation", "InProgress")
    attempt.mark_phase("validation", "Completed")
    attempt.mark_phase("dataProcessing", "InProgress")
    attempt.settle("Failed", "for its own fault")
    result = read_result(attempt.own_folder)
    phases = {name: phase.status for name, phase in result.phases.items()}
    assert phases == {"validation": "Completed", "dataProcessing": "Failed", "training": "NotStarted"}
    assert result.failure_message == "for its own fault"
