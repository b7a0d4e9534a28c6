"""What is special about attempts that are processes; `test_launchers` has what every launcher promises."""

from __future__ import annotations

import sys

import pytest

from burnish.processes import tether
from burnish.server.training import process_launcher as launching
from burnish.server.training.job_lock import held_lock
from burnish.server.training.process_launcher import Worker
from burnish.waiting import wait_until

KILLED = "import os; os.kill(os.getpid(), 9)"


@pytest.fixture
def ended(tmp_path):
    """A way to have a process that did something and ended."""

    def run(program: str) -> Worker:
        child = tether.start([sys.executable, "-c", program], log=tmp_path / "log")
        worker = Worker(tmp_path / "lock", number=1, child=child)
        wait_until(lambda: not worker.poll(), bool, interval=0.02, timeout=30)
        return worker

    return run


def test_a_process_whose_guard_is_gone_has_not_ended_while_it_holds_the_lock(ended, tmp_path):
    worker = ended("pass")
    with held_lock(tmp_path / "lock", attempt=1):
        assert worker.poll()
    assert not worker.poll()


def test_a_process_that_was_killed_as_the_system_ended_processes_for_memory_says_so(ended, monkeypatch):
    counts = iter([5, 6])
    monkeypatch.setattr(launching, "processes_ended_for_memory", lambda: next(counts))
    monkeypatch.setattr(launching, "memory_limit", lambda: 4 * 1024**3)
    assert ended(KILLED).account_of_end() == (
        "was ended by signal 9 (SIGKILL), probably for lack of memory (0.0 GiB used of 4.0 GiB): "
        "use a smaller batchSize, shorter pages or a smaller model"
    )
