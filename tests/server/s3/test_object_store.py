"""The S3 server as a child: durable, small, private, and gone when it is stopped."""

import os
import signal
import socket
import threading
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

import burnish.server.s3.object_store as objects_module
from burnish.errors import CannotStart
from burnish.processes.tether import leftovers
from burnish.server.credentials import load_or_create_credentials
from burnish.server.s3 import ports, predecessor
from burnish.server.s3.object_store import ObjectStore, start_object_store
from burnish.waiting import wait_until


def s3_of(store, credentials):
    return boto3.client(
        "s3",
        endpoint_url=store.endpoint,
        region_name="us-east-1",
        aws_access_key_id=credentials.access_key,
        aws_secret_access_key=credentials.secret_key,
        config=Config(retries={"total_max_attempts": 1}),
    )


def weed_of(data):
    """The process of the S3 server of a data folder."""
    folder = f"-dir={data / 'objects'}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if folder in arguments and arguments[0].endswith(b"weed"):
            return int(process.name)
    return None


@pytest.mark.skipif(not Path("/proc").exists(), reason="finds the process in /proc")
def test_what_was_acknowledged_survives_kill_9_and_a_stop(tmp_path):
    credentials = load_or_create_credentials(tmp_path)
    store = start_object_store(tmp_path, credentials)
    s3 = s3_of(store, credentials)
    s3.create_bucket(Bucket="kept")
    s3.put_object(Bucket="kept", Key="before the kill", Body=b"one" * 1000)
    os.kill(weed_of(tmp_path), signal.SIGKILL)
    store.stop()

    store = start_object_store(tmp_path, credentials)
    s3 = s3_of(store, credentials)
    s3.put_object(Bucket="kept", Key="before the stop", Body=b"two" * 1000)
    store.stop()
    assert weed_of(tmp_path) is None

    store = start_object_store(tmp_path, credentials)
    s3 = s3_of(store, credentials)
    assert s3.get_object(Bucket="kept", Key="before the kill")["Body"].read() == b"one" * 1000
    assert s3.get_object(Bucket="kept", Key="before the stop")["Body"].read() == b"two" * 1000
    store.stop()


def test_the_endpoint_stays_the_same_while_its_port_is_free(tmp_path):
    credentials = load_or_create_credentials(tmp_path)
    first = start_object_store(tmp_path, credentials)
    first.stop()
    second = start_object_store(tmp_path, credentials)
    second.stop()
    assert second.endpoint == first.endpoint
    with socket.create_server(("127.0.0.1", int(first.endpoint.rpartition(":")[2]))):
        third = start_object_store(tmp_path, credentials)
        third.stop()
    assert third.endpoint != first.endpoint


def test_a_fresh_folder_with_a_few_buckets_stays_small(tmp_path):
    credentials = load_or_create_credentials(tmp_path)
    store = start_object_store(tmp_path, credentials)
    s3 = s3_of(store, credentials)
    for number in range(5):
        s3.create_bucket(Bucket=f"bucket-{number}")
        s3.put_object(Bucket=f"bucket-{number}", Key="k", Body=b"x" * 1000)
    store.stop()
    assert sum(file.stat().st_blocks * 512 for file in tmp_path.rglob("*") if file.is_file()) < 4_000_000


def test_the_keys_of_the_surroundings_open_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")
    monkeypatch.setenv("WEED_HTTPS_CLIENT_ENABLED", "false")
    environment = objects_module._environment(tmp_path)
    assert not any(name.startswith("AWS_") for name in environment)
    assert environment["WEED_HTTPS_CLIENT_ENABLED"] == "true"


@pytest.mark.attack(
    "Files on disk", "the keys of the S3 server are read by another user", "0600 in a folder of 0700"
)
def test_nobody_else_can_read_the_files_with_the_keys(object_store):
    _, credentials, data = object_store
    for file in ("objects-identities.json", "objects-keys/inner-ports.pem"):
        assert (data / file).stat().st_mode & 0o777 == 0o600
    assert (data / "objects-keys").stat().st_mode & 0o777 == 0o700
    assert credentials.secret_key not in (data / "logs" / "objects.log").read_text(errors="replace")


@pytest.mark.attack(
    "Files on disk", "the S3 server's files are read by another user", "their folders are 0700"
)
def test_objects_and_their_index_are_the_owners_alone(object_store):
    _, _, data = object_store
    folder = data / "objects"
    for private in (folder, *filter(Path.is_dir, folder.rglob("*"))):
        assert private.stat().st_mode & 0o077 == 0
    for body in folder.rglob("*.dat"):
        assert body.stat().st_mode & 0o077 == 0


def test_a_server_that_does_not_come_up_is_told_with_the_end_of_its_log(tmp_path, monkeypatch):
    program = tmp_path / "weed"
    program.write_text("#!/bin/sh\necho the disk is on fire\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setattr(objects_module, "weed", lambda: str(program))
    with pytest.raises(CannotStart, match=r"(?s)ended as it started.*the disk is on fire"):
        start_object_store(tmp_path, load_or_create_credentials(tmp_path))


def test_a_server_that_stays_silent_is_ended(tmp_path, monkeypatch):
    program = tmp_path / "weed"
    program.write_text("#!/bin/sh\necho thinking\nexec sleep 600\n")
    program.chmod(0o755)
    monkeypatch.setattr(objects_module, "weed", lambda: str(program))
    with pytest.raises(CannotStart, match=r"(?s)did not answer in 1 s.*thinking"):
        start_object_store(tmp_path, load_or_create_credentials(tmp_path), timeout=1)


def test_one_that_is_still_ending_is_waited_for(tmp_path):
    credentials = load_or_create_credentials(tmp_path)
    first = start_object_store(tmp_path, credentials)
    ending = threading.Timer(2.0, first.stop)
    ending.start()
    second = start_object_store(tmp_path, credentials)
    ending.join()
    second.stop()


@pytest.mark.attack(
    "Processes",
    "the S3 server and its guard are stopped, their server is killed",
    "the next start takes over",
)
def test_one_that_outlived_its_server_is_ended_by_name(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(predecessor, "LEAVING_SECONDS", 0.2)
    credentials = load_or_create_credentials(tmp_path)
    first = start_object_store(tmp_path, credentials)
    s3_of(first, credentials).create_bucket(Bucket="kept")
    left = weed_of(tmp_path)
    for pid in (first._child._guard.pid, left):
        os.kill(pid, signal.SIGSTOP)
    second = start_object_store(tmp_path, credentials)
    assert f"ended process {left}" in caplog.text
    assert weed_of(tmp_path) not in (left, None)
    assert s3_of(second, credentials).list_buckets()["Buckets"][0]["Name"] == "kept"
    second.stop()
    first.stop()


def test_one_that_is_not_ours_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(predecessor, "LEAVING_SECONDS", 0.2)
    monkeypatch.setattr(predecessor, "KILLED_SECONDS", 0.2)
    credentials = load_or_create_credentials(tmp_path)
    first = start_object_store(tmp_path, credentials)
    (tmp_path / objects_module.RECORD).unlink()
    try:
        with pytest.raises(
            CannotStart, match=rf"process {weed_of(tmp_path)}\) still has the objects .*--data"
        ):
            start_object_store(tmp_path, credentials)
    finally:
        first.stop()


def test_other_ports_are_taken_where_a_strangers_file_is_in_the_way(tmp_path, monkeypatch):
    first = ports.ports_for(tmp_path / "ports.json")
    assert ports.ports_for(tmp_path / "ports.json") == first
    monkeypatch.setattr(ports, "remove_sockets", lambda _: False)
    assert ports.ports_for(tmp_path / "ports.json") != first


@pytest.mark.attack(
    "Processes", "the S3 server is killed again and again", "it is back on its ports, objects whole"
)
def test_it_starts_again_on_the_same_ports(tmp_path):
    credentials = load_or_create_credentials(tmp_path)
    store = start_object_store(tmp_path, credentials)
    s3 = s3_of(store, credentials)
    s3.create_bucket(Bucket="kept")
    s3.put_object(Bucket="kept", Key="page", Body=b"page" * 1000)
    first = weed_of(tmp_path)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: store.has_ended, bool, interval=0.05, timeout=30)
    store.start()
    assert weed_of(tmp_path) not in (first, None)
    assert s3.get_object(Bucket="kept", Key="page")["Body"].read() == b"page" * 1000
    store.stop()
    store.start()
    assert weed_of(tmp_path) is None


def test_a_start_on_its_way_is_broken_off_by_a_stop(tmp_path, monkeypatch):
    program = tmp_path / "weed"
    program.write_text("#!/bin/sh\necho thinking\nexec sleep 600\n")
    program.chmod(0o755)
    monkeypatch.setattr(objects_module, "weed", lambda: str(program))
    store = ObjectStore(tmp_path, load_or_create_credentials(tmp_path), ports.ports_for(tmp_path / "ports"))
    (tmp_path / "logs").mkdir()
    starting = threading.Thread(target=store.start)
    starting.start()
    wait_until(lambda: leftovers(tmp_path / objects_module.RECORD), bool, interval=0.05, timeout=30)
    store.stop()
    starting.join()
    assert store.has_ended
    assert leftovers(tmp_path / objects_module.RECORD) == []
