"""The lock of a job: it is held for exactly as long as its process lives, and says which process that is."""

from __future__ import annotations

import os
import subprocess
import sys

import msgspec
import pytest

from burnish.errors import CannotStart, WaitTimeout
from burnish.processes.identities import ProcessIdentity, identity_of
from burnish.server.training import job_lock
from burnish.server.training.job_lock import (
    Holder,
    held_lock,
    is_held,
    kill_holder,
    last_holder,
    running_holder,
)
from burnish.waiting import wait_until

HOLD = """
import sys, time
from pathlib import Path
from burnish.server.training.job_lock import held_lock
with held_lock(Path(sys.argv[1]), attempt=3):
    time.sleep(600)
"""


@pytest.fixture
def lock(tmp_path):
    return tmp_path / "jobs" / "job.lock"


@pytest.fixture
def holder(lock):
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(lock)])
    wait_until(lambda: last_holder(lock), bool, interval=0.05, timeout=30)
    yield process
    process.kill()
    process.wait()


def test_a_lock_is_held_until_its_process_is_gone_in_whichever_way(lock, holder):
    assert is_held(lock)
    assert last_holder(lock) == Holder(process=identity_of(holder.pid), attempt=3)
    assert running_holder(lock).pid == holder.pid
    holder.kill()
    holder.wait()
    assert not is_held(lock)
    assert running_holder(lock) is None
    assert last_holder(lock).attempt == 3


def test_nobody_else_gets_a_lock_that_is_held(lock, holder, monkeypatch):
    monkeypatch.setattr(job_lock, "PATIENCE_SECONDS", 0.1)
    with pytest.raises(CannotStart, match="Another process works on this job"), held_lock(lock, attempt=4):
        pass
    assert last_holder(lock).attempt == 3


def test_the_process_that_holds_a_lock_can_be_ended_by_it(lock, holder):
    kill_holder(lock)
    assert holder.wait() == -9
    kill_holder(lock)


def test_a_process_that_only_has_the_number_of_the_holder_is_left_alone(lock, holder, monkeypatch):
    monkeypatch.setattr(job_lock, "KILLED_SECONDS", 0.1)
    other = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    earlier = ProcessIdentity(pid=other.pid, started="a thousand years ago")
    lock.write_bytes(msgspec.json.encode(Holder(process=earlier, attempt=3)))
    with pytest.raises(WaitTimeout):
        kill_holder(lock)
    assert other.poll() is None
    assert holder.poll() is None
    other.kill()
    other.wait()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"process": "no"}'])
def test_a_lock_that_says_nothing_has_no_known_holder(lock, content):
    assert not is_held(lock)
    lock.parent.mkdir()
    lock.write_bytes(content)
    assert (last_holder(lock), running_holder(lock), is_held(lock)) == (None, None, False)


def test_other_users_cannot_read_a_lock(lock):
    with held_lock(lock, attempt=1):
        assert lock.stat().st_mode & 0o077 == 0
        assert lock.parent.stat().st_mode & 0o077 == 0
        assert last_holder(lock).process.pid == os.getpid()
