"""What every launcher promises: to start attempts, to look after them, and to find them again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from job_requests import JOB

from burnish.server.capacity import Share
from burnish.server.job_folder.orders import Orders, write_orders
from burnish.server.job_folder.paths import JobFolder
from burnish.server.job_folder.result import read_result
from burnish.server.job_folder.spec import spec_of, write_spec
from burnish.server.training import process_launcher
from burnish.server.training.job_lock import is_held, running_holder, state_of
from burnish.server.training.launcher import OUT_OF_MEMORY, LaunchedAttempt, Launcher
from burnish.server.training.process_launcher import ProcessLauncher
from burnish.waiting import wait_until

ONE_THREAD = Share(threads=1)
#: A server of its own, which starts an attempt and is then killed.
SERVER = """
import sys, time
from pathlib import Path
from burnish.server.capacity import Share
from burnish.server.job_folder.paths import JobFolder
from burnish.server.training import process_launcher
from burnish.server.training.process_launcher import ProcessLauncher
process_launcher.WORKER = "scripted_worker"
folder = JobFolder(Path(sys.argv[1]))
ProcessLauncher().start(folder, attempt=1, share=Share(threads=1), log=folder.path / "log")
time.sleep(600)
"""


@pytest.fixture(params=[ProcessLauncher])
def new_launcher(request, monkeypatch) -> Callable[[], Launcher]:
    """A way to make a launcher, as each server makes its own."""
    path = [str(Path(__file__).parent), *filter(None, sys.path)]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path))
    monkeypatch.setattr(process_launcher, "WORKER", "scripted_worker")
    return request.param


@pytest.fixture
def folder(tmp_path) -> JobFolder:
    return JobFolder(tmp_path / "jobs" / JOB.id)


@pytest.fixture
def start(new_launcher, folder):
    """A way to start an attempt that does as its script says."""
    started: list[LaunchedAttempt] = []

    def begin(*, attempt: int = 1, share: Share = ONE_THREAD, **script: object) -> LaunchedAttempt:
        prepare(folder, attempt, **script)
        log = folder.path / "logs" / "job.log"
        launched = new_launcher().start(folder, attempt=attempt, share=share, log=log)
        started.append(launched)
        return launched

    yield begin
    for launched in started:
        launched.stop()


def prepare(folder: JobFolder, attempt: int, **script: object) -> None:
    """Give an attempt what a server gives it."""
    hyperparameters = {name: str(value) for name, value in script.items()}
    write_spec(folder, spec_of(replace(JOB, hyperparameters=hyperparameters)))
    folder.attempt(attempt).path.mkdir(parents=True)
    write_orders(folder, Orders(attempt=attempt))


def at_work(folder: JobFolder, attempt: LaunchedAttempt) -> LaunchedAttempt:
    """The attempt, once it has begun with its script."""
    events = folder.attempt(attempt.number).events
    wait_until(lambda: b"validation" in events.read_bytes() if events.exists() else False, bool, **OFTEN)
    return attempt


def ended(attempt: LaunchedAttempt) -> LaunchedAttempt:
    """The attempt, once it is over."""
    wait_until(lambda: not attempt.poll(), bool, **OFTEN)
    return attempt


OFTEN = {"interval": 0.02, "timeout": 60}


def test_an_attempt_runs_until_it_has_done_its_work(start, folder):
    attempt = start(then="complete", attempt=3)
    assert attempt.number == 3
    assert attempt.exit_status is None
    ended(attempt)
    assert attempt.exit_status == 0
    assert attempt.has_begun
    assert attempt.age > 0
    assert read_result(folder.attempt(3)).status == "Completed"


def test_an_attempt_has_begun_once_it_takes_the_job_for_its_own(start, folder):
    attempt = at_work(folder, start(then="hang"))
    assert attempt.has_begun
    assert attempt.poll()
    assert attempt.exit_status is None


def test_an_attempt_that_ends_before_it_takes_the_job_has_not_begun(start):
    attempt = ended(start(then="refuse"))
    assert not attempt.has_begun
    assert attempt.exit_status == 3


def test_that_an_earlier_attempt_had_begun_says_nothing_of_the_next(start, folder):
    ended(start(then="exit", status=3))
    attempt = start(attempt=2)
    assert not attempt.has_begun
    assert ended(attempt).has_begun


@pytest.mark.parametrize(
    ("script", "status", "account"),
    [
        ({"then": "die"}, -signal.SIGKILL, "was ended by signal 9 (SIGKILL)"),
        ({"then": "die", "signal": 15}, -signal.SIGTERM, "was ended by signal 15 (SIGTERM)"),
        ({"then": "exit", "status": 3}, 3, "ended with status 3"),
    ],
)
def test_an_attempt_is_said_to_have_ended_as_it_did(start, script, status, account):
    attempt = ended(start(**script))
    assert attempt.exit_status == status
    assert attempt.account_of_end() == account


def test_an_attempt_that_was_refused_memory_says_so(start):
    account = ended(start(then="exit", status=OUT_OF_MEMORY)).account_of_end()
    assert account.startswith(f"ended with status {OUT_OF_MEMORY}, probably for lack of memory (")
    assert account.endswith("use a smaller batchSize, shorter pages or a smaller model")


@pytest.mark.parametrize("is_suspended", [False, True])
def test_an_attempt_that_is_stopped_is_gone(start, folder, is_suspended, monkeypatch):
    monkeypatch.setattr(process_launcher, "WORKER_GRACE_SECONDS", 0.5)
    attempt = at_work(folder, start(then="hang"))
    process = running_holder(folder.lock)
    if is_suspended:
        process.suspend()
    attempt.stop()
    assert not attempt.poll()
    assert not is_held(folder.lock)
    assert state_of(process) in (None, "zombie")
    attempt.stop()


def test_nothing_is_adopted_where_nothing_works_on_the_job(new_launcher, start, folder):
    assert new_launcher().adopt(folder, attempt=1) is None
    ended(start(then="exit", status=0))
    assert new_launcher().adopt(folder, attempt=1) is None


def test_an_attempt_that_another_server_has_started_is_adopted_and_can_be_stopped(
    new_launcher, start, folder
):
    at_work(folder, start(then="hang", attempt=3))
    # The number is the attempt's own, whatever the server that adopts it takes for the latest.
    adopted = new_launcher().adopt(folder, attempt=4)
    assert (adopted.number, adopted.has_begun, adopted.poll()) == (3, True, True)
    adopted.stop()
    assert not adopted.poll()
    assert adopted.exit_status is None
    assert adopted.account_of_end() == "was ended by something that the server did not see"


def test_an_attempt_that_was_adopted_ends_by_itself(new_launcher, start, folder):
    at_work(folder, start(then="hang"))
    adopted = new_launcher().adopt(folder, attempt=1)
    (folder.path.parent.parent / "complete").touch()
    assert ended(adopted).exit_status is None
    assert read_result(folder.attempt(1)).status == "Completed"


@pytest.mark.parametrize("gpu", [None, "1"])
def test_an_attempt_is_bound_to_its_share_of_the_machine(start, folder, monkeypatch, gpu):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    ended(start(then="tell", share=Share(threads=3, gpu=gpu)))
    environment = json.loads((folder.attempt(1).path / "environment.json").read_text())
    assert environment["OMP_NUM_THREADS"] == "3"
    assert environment.get("CUDA_VISIBLE_DEVICES") == gpu


def test_what_an_attempt_prints_is_added_to_the_log(start, folder):
    for number in (1, 2):
        ended(start(then="exit", status=0, attempt=number))
    assert (folder.path / "logs" / "job.log").read_text().splitlines() == ["attempt 1", "attempt 2"]


def test_an_attempt_does_not_outlive_its_server(new_launcher, folder):
    prepare(folder, 1, then="hang")
    server = subprocess.Popen([sys.executable, "-c", SERVER, str(folder.path)])
    try:
        process = wait_until(lambda: running_holder(folder.lock), bool, **OFTEN)
    finally:
        server.kill()
        server.wait()
    wait_until(lambda: state_of(process) in (None, "zombie"), bool, **OFTEN)
    # What it has started itself may take a moment longer to end.
    wait_until(lambda: new_launcher().adopt(folder, attempt=1), lambda worker: worker is None, **OFTEN)
