"""Tethered children: they end when they are told to, and when their parent is gone in any way at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import psutil
import pytest

from burnish.processes import tether
from burnish.waiting import wait_until

SLEEP = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
FREED = f"import ctypes, signal; ctypes.CDLL(None).prctl(1, 0); {SLEEP}"  # the kernel's help refused
SLEEPER = [sys.executable, "-c", SLEEP]
STUBBORN = [sys.executable, "-c", f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEP}"]
only_linux = pytest.mark.skipif(sys.platform != "linux", reason="asks Linux's kernel")

PARENT = f"""
import sys, time
from pathlib import Path
from burnish.processes import tether
tether.start({SLEEPER!r}, log=Path(sys.argv[1]), record=Path(sys.argv[1] + ".processes"))
time.sleep(600)
"""


def pid_in(log) -> int:
    """The process that a child has written of itself."""
    return int(
        wait_until(lambda: log.read_text() if log.exists() else "", str.strip, interval=0.05, timeout=30)
    )


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def gone(pid: int) -> bool:
    return wait_until(lambda: not lives(pid), bool, interval=0.05, timeout=30)


def suspend(pid: int) -> None:
    """Stop a process, and wait until each of its threads has: the signal alone stops none of them yet."""
    process = psutil.Process(pid)
    process.suspend()
    threads = [psutil.Process(one.id) for one in process.threads()]
    for one in (process, *threads):
        wait_until(one.status, lambda status: status == "stopped", interval=0.01, timeout=30)


def guard_of(child) -> int:
    return child._guard.pid


def recorded(record):
    return wait_until(
        lambda: tether.leftovers(record), lambda found: len(found) == 2, interval=0.05, timeout=30
    )


@pytest.mark.parametrize("command", [SLEEPER, STUBBORN], ids=["polite", "stubborn"])
def test_ending_leaves_no_process(tmp_path, command):
    child = tether.start(command, log=tmp_path / "log", grace=0.5)
    pid = pid_in(tmp_path / "log")
    assert not child.has_ended
    child.end()
    assert child.has_ended
    assert gone(pid)


def test_a_child_is_asked_first_and_may_put_its_things_in_order(tmp_path):
    tidy = f"import signal; signal.signal(signal.SIGTERM, lambda *_: exit('tidied up')); {SLEEP}"
    child = tether.start([sys.executable, "-c", tidy], log=tmp_path / "log")
    pid_in(tmp_path / "log")
    child.end()
    assert "tidied up" in (tmp_path / "log").read_text()


def test_a_child_that_ends_on_its_own_tells_its_status(tmp_path):
    child = tether.start([sys.executable, "-c", "raise SystemExit(7)"], log=tmp_path / "log")
    wait_until(lambda: child.has_ended, bool, interval=0.05, timeout=30)
    assert child.exit_status == 7
    child.end()


@pytest.mark.parametrize("deadly", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_parent_takes_its_child_along(tmp_path, deadly):
    log = tmp_path / "log"
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(log)])
    pid = pid_in(log)
    parent.send_signal(deadly)
    parent.wait()
    assert gone(pid)


def test_an_interrupt_in_the_terminal_reaches_only_the_parent(tmp_path):
    child = tether.start(SLEEPER, log=tmp_path / "log")
    pid = pid_in(tmp_path / "log")
    assert os.getsid(pid) != os.getsid(0)
    child.end()


def test_output_and_environment_are_the_childs(tmp_path):
    command = [sys.executable, "-c", "import os, sys; sys.stderr.write(os.environ['WORD'])"]
    child = tether.start(command, log=tmp_path / "log", environment={**os.environ, "WORD": "hello"})
    wait_until(lambda: child.has_ended, bool, interval=0.05, timeout=30)
    assert (tmp_path / "log").read_text() == "hello"
    child.end()


def test_a_child_can_be_ended_after_ctrl_c_came_while_its_state_was_asked_for(tmp_path):
    child = tether.start(SLEEPER, log=tmp_path / "log", grace=1)
    # Where `Popen.poll` leaves its lock when it is interrupted.
    assert child._guard._waitpid_lock.acquire(timeout=1)
    assert not child.has_ended
    child.end()
    assert child.has_ended


@only_linux
@pytest.mark.attack("Processes", "a child's guard process is killed", "the kernel ends the child with it")
def test_a_killed_guard_takes_the_command_along(tmp_path):
    child = tether.start(STUBBORN, log=tmp_path / "log")
    pid = pid_in(tmp_path / "log")
    os.kill(guard_of(child), signal.SIGKILL)
    assert gone(pid)
    wait_until(lambda: child.has_ended, bool, interval=0.05, timeout=30)
    assert child.exit_status == -signal.SIGKILL
    child.end()


@only_linux
def test_a_command_that_outlives_its_guard_has_not_ended(tmp_path):
    child = tether.start([sys.executable, "-c", FREED], log=tmp_path / "log")
    pid = pid_in(tmp_path / "log")
    os.kill(guard_of(child), signal.SIGKILL)
    wait_until(lambda: child._is_guard_gone, bool, interval=0.05, timeout=30)
    assert not child.has_ended
    assert child.exit_status is None
    child.end()
    assert gone(pid)


@pytest.mark.parametrize("stopped", ["guard", "command", "both"])
@pytest.mark.attack(
    "Processes", "a child, its guard, or both are stopped", "ending them ends both all the same"
)
def test_what_is_stopped_is_ended_all_the_same(tmp_path, monkeypatch, stopped):
    monkeypatch.setattr(tether, "GUARD_SECONDS", 0.2)
    child = tether.start(SLEEPER, log=tmp_path / "log", grace=0.2)
    pid = pid_in(tmp_path / "log")
    for one in {"guard": [guard_of(child)], "command": [pid], "both": [guard_of(child), pid]}[stopped]:
        os.kill(one, signal.SIGSTOP)
    assert not child.has_ended
    child.end()
    assert gone(pid)


@pytest.mark.attack(
    "Processes", "a child and its guard are stopped, their parent is killed", "the next start ends both"
)
def test_what_outlived_its_parent_is_found_by_its_record_and_ended(tmp_path):
    log, record = tmp_path / "log", tmp_path / "log.processes"
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(log)])
    pid = pid_in(log)
    left = recorded(record)
    for process in reversed(left):
        suspend(process.pid)
    parent.kill()
    parent.wait()
    assert tether.leftovers(record) == left
    assert left[0].pid == pid
    tether.end_leftovers(record)
    assert gone(pid)
    assert tether.leftovers(record) == []


def test_nothing_is_left_of_one_that_ended_in_order(tmp_path):
    record = tmp_path / "record"
    child = tether.start(SLEEPER, log=tmp_path / "log", record=record)
    recorded(record)
    child.end()
    assert tether.leftovers(record) == []


def test_what_the_command_writes_is_as_private_as_it_was_asked_to_be(tmp_path):
    command = [sys.executable, "-c", f"open({str(tmp_path / 'written')!r}, 'w')"]
    child = tether.start(command, log=tmp_path / "log", umask=0o077)
    wait_until(lambda: child.has_ended, bool, interval=0.05, timeout=30)
    assert (tmp_path / "written").stat().st_mode & 0o777 == 0o600
    child.end()
