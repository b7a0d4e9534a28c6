"""A backup made while everything goes on: what was accepted before it is in it, whole."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from job_requests import JOB, MODEL

from burnish.errors import CannotStart, InvalidInput, NotFound
from burnish.server import backups, data_folder
from burnish.server.backups import back_up
from burnish.server.credentials import ServerCredentials, load_or_create_credentials
from burnish.server.data_folder import claimed, mark
from burnish.server.iam.store import IamStore
from burnish.server.resources import CustomModel
from burnish.server.s3.frozen import frozen, process_of
from burnish.server.s3.object_store import start_object_store
from burnish.server.store import Store

REGION = "us-east-1"


def client(endpoint: str, key: ServerCredentials):
    return boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=key.access_key,
        aws_secret_access_key=key.secret_key,
        config=Config(s3={"addressing_style": "path"}),
    )


def fill(data: Path) -> None:
    """A job and its model."""
    store = Store(data)
    store.add(JOB)
    assert store.complete(JOB, MODEL)
    store.close()
    IamStore(data).close()
    (data / MODEL.adapter).mkdir(parents=True)
    (data / MODEL.adapter / "adapter.safetensors").write_bytes(b"weights" * 1000)
    load_or_create_credentials(data)
    mark(data)


@pytest.fixture(scope="module")
def working(tmp_path_factory) -> Iterator[tuple[Path, object]]:
    """A data folder that a server works in, and a client of its objects."""
    data = tmp_path_factory.mktemp("working") / "data"
    with claimed(data):
        fill(data)
        objects = start_object_store(data, load_or_create_credentials(data))
        s3 = client(objects.endpoint, load_or_create_credentials(data))
        s3.create_bucket(Bucket="pages")
        yield data, s3
        objects.stop()


class Writing(threading.Thread):
    """Somebody who writes objects all the time, and remembers which were acknowledged."""

    def __init__(self, s3) -> None:
        super().__init__()
        self.s3 = s3
        self.acknowledged: dict[str, bytes] = {}
        self.is_over = False

    def run(self) -> None:
        while not self.is_over:
            key, body = f"page-{len(self.acknowledged)}", os.urandom(20_000)
            self.s3.put_object(Bucket="pages", Key=key, Body=body)
            self.acknowledged[key] = body


def test_a_backup_holds_what_was_accepted_before_it_and_can_be_served(working, tmp_path):
    data, s3 = working
    writing = Writing(s3)
    writing.start()
    while len(writing.acknowledged) < 20:
        time.sleep(0.01)
    accepted = dict(writing.acknowledged)
    backup = back_up(data, tmp_path / "backup")
    writing.is_over = True
    writing.join()
    assert backup.held > 0
    assert not list(tmp_path.glob("*.partial"))
    check = ["sha256sum", "--check", "--quiet", "--strict", "SHA256SUMS"]
    subprocess.run(check, cwd=tmp_path / "backup", check=True)
    # Another place, and without the folder that it was made from.
    (tmp_path / "backup").rename(tmp_path / "restored")
    with claimed(tmp_path / "restored") as closed:
        assert closed == 0
        served = start_object_store(tmp_path / "restored", load_or_create_credentials(tmp_path / "restored"))
        there = client(served.endpoint, load_or_create_credentials(data))
        listed = there.get_paginator("list_objects_v2").paginate(Bucket="pages")
        kept = {one["Key"] for page in listed for one in page["Contents"]}
        bodies = {key: there.get_object(Bucket="pages", Key=key)["Body"].read() for key in sorted(kept)}
        served.stop()
    assert bodies == {key: writing.acknowledged[key] for key in kept}
    assert accepted.keys() <= kept
    store = Store(tmp_path / "restored")
    model = store.find(CustomModel, REGION, "a-model")
    store.close()
    assert (model.adapter_in(tmp_path / "restored") / "adapter.safetensors").stat().st_size == 7000


def test_only_its_owner_reads_a_backup(working, tmp_path):
    back_up(working[0], tmp_path / "backup")
    paths = [tmp_path / "backup", *(tmp_path / "backup").rglob("*")]
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in paths} == {0}


def test_nothing_of_the_running_server_is_in_a_backup(working, tmp_path):
    back_up(working[0], tmp_path / "backup")
    names = {path.name for path in (tmp_path / "backup").iterdir()}
    assert names == {
        *(
            "SHA256SUMS",
            "credentials.json",
            "folder.json",
            "iam.sqlite3",
            "models",
            "objects",
            "state.sqlite3",
        ),
    }


def test_a_backup_of_a_folder_that_nobody_works_in_holds_nobody_up(tmp_path):
    with claimed(tmp_path / "data"):
        fill(tmp_path / "data")
    assert back_up(tmp_path / "data", tmp_path / "backup").held == 0
    with claimed(tmp_path / "backup"):
        store = Store(tmp_path / "backup")
        assert store.find(CustomModel, REGION, "a-model") == Store(tmp_path / "data").find(
            CustomModel, REGION, "a-model"
        )
        store.close()


def test_an_s3_server_that_outlived_its_server_is_held_too(tmp_path):
    with claimed(tmp_path / "data"):
        fill(tmp_path / "data")
        objects = start_object_store(tmp_path / "data", load_or_create_credentials(tmp_path / "data"))
    assert back_up(tmp_path / "data", tmp_path / "backup").held > 0
    objects.stop()


def test_a_model_that_is_deleted_just_then_is_in_the_copy_whole_or_not_at_all(tmp_path, monkeypatch):
    with claimed(tmp_path / "data"):
        fill(tmp_path / "data")
    copy = backups.copy_database

    def copied_before_it_is_deleted(path: Path, to: Path) -> None:
        copy(path, to)
        store = Store(tmp_path / "data")
        store.remove(MODEL)
        store.close()
        if (adapter := MODEL.adapter_in(tmp_path / "data")).exists():
            (adapter / "adapter.safetensors").unlink()
            adapter.rmdir()

    monkeypatch.setattr(backups, "copy_database", copied_before_it_is_deleted)
    back_up(tmp_path / "data", tmp_path / "backup")
    store = Store(tmp_path / "backup")
    assert store.every(CustomModel) == []
    store.close()
    assert not list((tmp_path / "backup").rglob("adapter.safetensors"))


def test_an_interrupted_backup_is_recognized_and_begun_anew(tmp_path):
    with claimed(tmp_path / "data"):
        fill(tmp_path / "data")
    partial = tmp_path / "backup.partial"
    partial.mkdir()
    (partial / data_folder.UNFINISHED).touch()
    (partial / "state.sqlite3").write_bytes(b"half")
    (partial / "left-over").write_text("of the first try")
    unfinished = r"backup that was not finished: run `burnish backup` again"
    with pytest.raises(CannotStart, match=unfinished), claimed(partial):
        pass
    back_up(tmp_path / "data", tmp_path / "backup")
    assert not partial.exists()
    assert not (tmp_path / "backup" / "left-over").exists()


def test_a_backup_takes_no_place_that_is_taken(working, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "other.partial").mkdir()
    for folder, told in (
        (tmp_path / "mine", "exists already"),
        (tmp_path / "other", r"other\.partial is in the way"),
        (tmp_path / "nowhere" / "backup", "does not exist: make it"),
        (working[0] / "backup", "is inside the data folder itself"),
    ):
        with pytest.raises(InvalidInput, match=told):
            back_up(working[0], folder)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "other.partial"]


def test_what_is_no_data_folder_has_no_backup(tmp_path):
    with pytest.raises(NotFound, match="not the data folder of a server: name one with --data"):
        back_up(tmp_path, tmp_path / "backup")


@pytest.mark.attack(
    "Processes", "`burnish backup` is killed while it holds the S3 server", "the S3 server goes on at once"
)
def test_the_s3_server_goes_on_when_the_one_that_holds_it_is_killed(working):
    data, s3 = working
    code = """
import sys, pathlib
from burnish.server.s3.frozen import frozen
with frozen(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""
    command = [sys.executable, "-c", code, data / "objects"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holding:
        assert holding.stdout.readline() == b"held\n"
        holding.send_signal(signal.SIGKILL)
    s3.put_object(Bucket="pages", Key="afterwards", Body=b"a page")
    assert s3.get_object(Bucket="pages", Key="afterwards")["Body"].read() == b"a page"


def test_while_it_is_held_the_s3_server_answers_nobody(working):
    data, s3 = working
    answers: list[float] = []

    def put() -> None:
        s3.put_object(Bucket="pages", Key="waiting", Body=b"a page")
        answers.append(time.monotonic())

    with frozen(data / "objects"):
        assert process_of(data / "objects") is not None
        asking = threading.Thread(target=put)
        asking.start()
        asking.join(timeout=0.3)
        assert not answers
    asking.join()
    assert answers


def test_objects_are_there_again_when_their_folder_was_moved(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    with claimed(old):
        key = load_or_create_credentials(old)
        objects = start_object_store(old, key)
        client(objects.endpoint, key).create_bucket(Bucket="pages")
        client(objects.endpoint, key).put_object(Bucket="pages", Key="page", Body=b"a page")
        objects.stop()
    old.rename(new)
    with claimed(new):
        objects = start_object_store(new, key)
        client(objects.endpoint, key).put_object(Bucket="pages", Key="next", Body=b"the next")
        assert (
            client(objects.endpoint, key).get_object(Bucket="pages", Key="page")["Body"].read() == b"a page"
        )
        objects.stop()
    assert not old.exists()
