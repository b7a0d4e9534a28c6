"""What is special about attempts that are processes; `test_launchers` has what every launcher promises."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from launched_attempts import OFTEN, at_work, ended, prepare

from burnish.processes import tether
from burnish.server.capacity import Share
from burnish.server.training import process_launcher as launching
from burnish.server.training.job_lock import held_lock, is_held, running_holder, state_of
from burnish.server.training.process_launcher import ProcessLauncher, Worker
from burnish.waiting import wait_until

KILLED = "import os; os.kill(os.getpid(), 9)"
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


@pytest.fixture
def killed(tmp_path):
    """A way to have a process that did something and ended."""

    def run(program: str) -> Worker:
        child = tether.start([sys.executable, "-c", program], log=tmp_path / "log")
        worker = Worker(tmp_path / "lock", number=1, child=child)
        wait_until(lambda: not worker.poll(), bool, interval=0.02, timeout=30)
        return worker

    return run


def test_a_process_whose_guard_is_gone_has_not_ended_while_it_holds_the_lock(killed, tmp_path):
    worker = killed("pass")
    with held_lock(tmp_path / "lock", attempt=1):
        assert worker.poll()
    assert not worker.poll()


def test_a_process_that_was_killed_as_the_system_ended_processes_for_memory_says_so(killed, monkeypatch):
    counts = iter([5, 6])
    monkeypatch.setattr(launching, "processes_ended_for_memory", lambda: next(counts))
    monkeypatch.setattr(launching, "memory_limit", lambda: 4 * 1024**3)
    assert killed(KILLED).account_of_end() == (
        "was ended by signal 9 (SIGKILL), probably for lack of memory (0.0 GiB used of 4.0 GiB): "
        "use a smaller batchSize, shorter pages or a smaller model"
    )


@pytest.mark.parametrize("is_suspended", [False, True])
def test_a_process_that_is_stopped_is_gone_also_one_that_is_suspended(
    start, folder, is_suspended, monkeypatch
):
    monkeypatch.setattr(launching, "WORKER_GRACE_SECONDS", 0.5)
    attempt = at_work(folder, start(then="hang"))
    process = running_holder(folder.lock)
    if is_suspended:
        process.suspend()
    attempt.stop()
    assert not attempt.poll()
    assert not is_held(folder.lock)
    assert state_of(process) in (None, "zombie")
    attempt.stop()


@pytest.mark.parametrize("gpu", [None, "1"])
def test_an_attempt_is_bound_to_its_share_of_the_machine(start, folder, monkeypatch, gpu):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    ended(start(then="tell", share=Share(threads=3, gpu=gpu)))
    environment = json.loads((folder.attempt(1).path / "environment.json").read_text())
    assert environment["OMP_NUM_THREADS"] == "3"
    assert environment.get("CUDA_VISIBLE_DEVICES") == gpu


def test_an_attempt_does_not_outlive_its_server(processes, folder):
    prepare(folder, 1, then="hang")
    server = subprocess.Popen([sys.executable, "-c", SERVER, str(folder.path)])
    try:
        process = wait_until(lambda: running_holder(folder.lock), bool, **OFTEN)
    finally:
        server.kill()
        server.wait()
    wait_until(lambda: state_of(process) in (None, "zombie"), bool, **OFTEN)
    # What it has started itself may take a moment longer to end.
    wait_until(lambda: ProcessLauncher().adopt(folder, attempt=1), lambda worker: worker is None, **OFTEN)
