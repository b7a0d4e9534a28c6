"""The S3 server as a child: durable, small, private, and gone when it is stopped."""

import os
import signal
import socket
import threading
import urllib.error
import urllib.request
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

import burnish.server.s3.object_store as objects_module
from burnish.errors import CannotStart
from burnish.server.credentials import load_or_create_credentials
from burnish.server.s3.object_store import start_object_store


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


def test_the_parts_behind_s3_ask_for_a_key_too(object_store):
    store, _, data = object_store
    ports = objects_module._ports_for(data / "absent.json").keys()
    assert set(store._ports) == set(ports)
    filer = f"http://127.0.0.1:{store._ports['filer.port']}/buckets/"
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(filer)
    assert refused.value.code == 401


def test_the_keys_of_the_surroundings_open_nothing(object_store):
    assert not any(name.startswith("AWS_") for name in objects_module._environment())


def test_nobody_else_can_read_the_file_with_the_key(object_store):
    _, credentials, data = object_store
    file = data / "objects-identities.json"
    assert file.stat().st_mode & 0o777 == 0o600
    assert credentials.secret_key not in (data / "logs" / "objects.log").read_text(errors="replace")


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


def test_one_that_does_not_end_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(objects_module, "PREDECESSOR_SECONDS", 0.5)
    credentials = load_or_create_credentials(tmp_path)
    first = start_object_store(tmp_path, credentials)
    try:
        with pytest.raises(CannotStart, match=r"another SeaweedFS still has the objects under .*--data"):
            start_object_store(tmp_path, credentials)
    finally:
        first.stop()
