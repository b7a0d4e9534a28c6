"""Processes told apart by pid and start time."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.errors import CannotStart
from burnish.local_server.child_server import child_server
from burnish.local_server.running_server import running_server
from burnish.processes.identities import ProcessIdentity, identity_of, recorded_identities, write_identities


@pytest.fixture
def sleeping():
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield process
    process.kill()
    process.wait()


def test_a_process_is_itself_until_it_ends(sleeping):
    process = identity_of(sleeping.pid)
    assert process.is_running
    process.kill()
    sleeping.wait()
    assert not process.is_running
    process.kill()


def test_one_that_its_parent_has_not_collected_runs_no_more(sleeping):
    process = identity_of(sleeping.pid)
    sleeping.kill()
    os.waitid(os.P_PID, sleeping.pid, os.WEXITED | os.WNOWAIT)
    assert not process.is_running


@pytest.mark.attack("Processes", "another process got the pid of one that a record names", "it is left alone")
def test_another_process_of_the_same_pid_is_left_alone(sleeping):
    earlier = ProcessIdentity(pid=sleeping.pid, started="a thousand years ago")
    assert not earlier.is_running
    earlier.kill()
    assert sleeping.poll() is None


def test_a_record_gives_back_what_was_written(tmp_path, sleeping):
    write_identities(tmp_path / "record", [sleeping.pid, os.getpid()])
    assert recorded_identities(tmp_path / "record") == [identity_of(sleeping.pid), identity_of(os.getpid())]


def test_no_record_names_no_process(tmp_path):
    assert recorded_identities(tmp_path / "absent") == []


@given(damage=st.binary(max_size=200))
def test_a_damaged_record_names_no_running_process(tmp_path_factory, damage):
    record = tmp_path_factory.getbasetemp() / "damaged record"
    record.write_bytes(damage)
    assert not any(process.is_running for process in recorded_identities(record))


def test_on_windows_a_server_is_refused_with_what_to_use_instead(monkeypatch, tmp_path):
    monkeypatch.setattr("sys.platform", "win32")
    with pytest.raises(CannotStart, match="WSL 2"):
        running_server(tmp_path)
    with pytest.raises(CannotStart, match="WSL 2"), child_server(tmp_path, log=tmp_path / "log"):
        pass
