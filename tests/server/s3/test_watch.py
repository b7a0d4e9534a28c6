"""Keeping the S3 server up. Its ending and its silence are real: the process is killed, or stopped."""

from __future__ import annotations

import asyncio
import os
import signal
import socket

import pytest

import burnish.server.s3.object_store as objects_module
from burnish.errors import CannotStart, NotFound, ServiceUnavailable
from burnish.policies.evaluation import Grants
from burnish.processes.tether import leftovers
from burnish.server.credentials import load_or_create_credentials
from burnish.server.health import Health
from burnish.server.s3 import watch
from burnish.server.s3.object_store import start_object_store
from burnish.server.s3.role_storage import RoleStorage
from burnish.waiting import wait_until

ALL = Grants(identity=('{"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}',))


class Heard(Health):
    """Health that remembers what it was told."""

    def __init__(self):
        super().__init__()
        self.told = []

    def report(self, part, problem):
        self.told.append(problem)
        return super().report(part, problem)


@pytest.fixture
def store(tmp_path):
    store = start_object_store(tmp_path, load_or_create_credentials(tmp_path))
    yield store
    store.stop()


def pid_of(data):
    return leftovers(data / objects_module.RECORD)[0].pid


@pytest.mark.parametrize(
    ("deadly", "silent", "problem"),
    [
        pytest.param(
            signal.SIGKILL,
            30.0,
            "The S3 server has ended; it is started again",
            marks=pytest.mark.attack(
                "Processes", "the S3 server is killed", "it is started again on its ports"
            ),
        ),
        pytest.param(
            signal.SIGSTOP,
            0.0,
            "The S3 server has not answered for 0 s; it is started again",
            marks=pytest.mark.attack("Processes", "the S3 server hangs", "it is ended and started again"),
        ),
    ],
)
def test_what_is_gone_is_started_again_and_said_meanwhile(
    tmp_path, monkeypatch, store, deadly, silent, problem
):
    monkeypatch.setattr(watch, "SILENT_SECONDS", silent)
    health = Heard()
    first = pid_of(tmp_path)
    os.kill(first, deadly)
    asyncio.run(watch.ObjectStoreWatch(store, health).check())
    assert health.told[-1] == problem
    assert store.is_ready
    assert pid_of(tmp_path) != first


def test_an_inner_port_that_was_taken_meanwhile_is_given_up_and_the_endpoint_stays(tmp_path, store):
    endpoint, taken = store.endpoint, store._ports["admin.port"]
    os.kill(pid_of(tmp_path), signal.SIGKILL)
    wait_until(lambda: store.has_ended, bool, interval=0.02, timeout=10)
    with socket.create_server(("127.0.0.1", taken)):
        asyncio.run(watch.ObjectStoreWatch(store, Health()).check())
        assert store.is_ready
    assert store.endpoint == endpoint


def test_one_that_answers_is_left_alone(tmp_path, store):
    health, first = Heard(), pid_of(tmp_path)
    asyncio.run(watch.ObjectStoreWatch(store, health).check())
    assert health.told == []
    assert pid_of(tmp_path) == first


def test_one_that_does_not_come_up_again_is_told_without_its_log(tmp_path, monkeypatch, store):
    program = tmp_path / "weed"
    program.write_text("#!/bin/sh\necho the disk is on fire\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setattr(objects_module, "weed", lambda: str(program))
    os.kill(pid_of(tmp_path), signal.SIGKILL)
    with pytest.raises(CannotStart, match="could not be restarted") as told:
        asyncio.run(watch.ObjectStoreWatch(store, Health()).check())
    assert "fire" not in str(told.value)


def test_a_job_can_tell_a_gap_of_the_server_from_a_fault_of_its_own(tmp_path, store):
    storage = RoleStorage(store.endpoint, load_or_create_credentials(tmp_path), ALL)
    with pytest.raises(NotFound, match="no object or bucket s3://absent/page"):
        storage.read("s3://absent/page")
    with pytest.raises(NotFound, match="s3://absent/page"):
        storage.write("s3://absent/page", b"")
    store.stop()
    for ask in (storage.read, storage.exists, lambda uri: storage.write(uri, b"")):
        with pytest.raises(ServiceUnavailable, match="s3://absent/page"):
            ask("s3://absent/page")
