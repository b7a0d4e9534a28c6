"""What is said of a training process that has ended without a word."""

from __future__ import annotations

import sys

import pytest
from job_requests import JOB

from burnish import tether
from burnish.server.training import worker_process as workers
from burnish.server.training.job_lock import held_lock
from burnish.server.training.worker_process import OUT_OF_MEMORY, Worker
from burnish.waiting import wait_until

KILLED = "import os; os.kill(os.getpid(), 9)"


@pytest.fixture
def ended(tmp_path):
    """A way to have a process that did something and ended."""

    def run(program: str) -> Worker:
        child = tether.start([sys.executable, "-c", program], log=tmp_path / "log")
        worker = Worker(JOB, tmp_path / "lock", attempt=1, child=child)
        wait_until(lambda: worker.has_ended, bool, interval=0.02, timeout=30)
        return worker

    return run


@pytest.mark.parametrize(
    ("program", "account"),
    [
        (KILLED, "was ended by signal 9 (SIGKILL)"),
        ("import os; os.kill(os.getpid(), 15)", "was ended by signal 15 (SIGTERM)"),
        ("raise SystemExit(3)", "ended with status 3"),
    ],
)
def test_a_process_is_said_to_have_ended_as_it_did(ended, program, account):
    assert ended(program).account_of_end() == account


def test_a_process_that_another_server_started_ended_unseen(tmp_path):
    account = Worker(JOB, tmp_path / "lock", attempt=1).account_of_end()
    assert account == "was ended by something that the server did not see"


def test_a_process_whose_guard_is_gone_has_not_ended_while_it_holds_the_lock(ended, tmp_path):
    worker = ended("pass")
    with held_lock(tmp_path / "lock", attempt=1):
        assert not worker.has_ended
    assert worker.has_ended


def test_a_process_that_was_killed_as_the_system_ended_processes_for_memory_says_so(ended, monkeypatch):
    counts = iter([5, 6])
    monkeypatch.setattr(workers, "processes_ended_for_memory", lambda: next(counts))
    monkeypatch.setattr(workers, "memory_limit", lambda: 4 * 1024**3)
    assert ended(KILLED).account_of_end() == (
        "was ended by signal 9 (SIGKILL), probably for lack of memory (0.0 GiB used of 4.0 GiB): "
        "use a smaller batchSize, shorter pages or a smaller model"
    )


def test_a_process_that_was_refused_memory_says_so(ended):
    account = ended(f"raise SystemExit({OUT_OF_MEMORY})").account_of_end()
    assert account.startswith(f"ended with status {OUT_OF_MEMORY}, probably for lack of memory")
