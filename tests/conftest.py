"""What several folders of tests share, each made once and only when a test asks for it.

A real S3 server, and a language model so small that it trains and answers in no time.
"""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import hypothesis
import pytest

from burnish.aws import objects
from burnish.aws.clients import AccessKey as Key
from burnish.aws.clients import Client, Clients, open_clients
from burnish.aws.objects import S3Uri
from burnish.engine.language_model.tiny_model import write_tiny_model
from burnish.server.credentials import ServerCredentials
from burnish.server.s3.object_store import start_object_store

ACCOUNT = "123456789012"
_numbers = count()

# A busy machine is no fault of what is tested.
hypothesis.settings.register_profile("without a clock", deadline=None)
hypothesis.settings.load_profile("without a clock")


@pytest.fixture(scope="session")
def object_store_clients(tmp_path_factory) -> Iterator[Clients]:
    """Clients of a real S3 server. Only ``s3`` is answered there."""
    key = ServerCredentials(account_id=ACCOUNT, access_key="AKIA" + "T" * 16, secret_key="t" * 40)
    store = start_object_store(tmp_path_factory.mktemp("object-store"), key)
    yield open_clients(
        region="us-east-1",
        endpoint_url=store.endpoint,
        credentials=Key(access_key_id=key.access_key, secret_access_key=key.secret_key),
    )
    store.stop()


@pytest.fixture(scope="session")
def s3(object_store_clients) -> Client:
    """A client of a real S3 server."""
    return object_store_clients.s3


@pytest.fixture(scope="session")
def bucket(s3) -> str:
    """A bucket that the tests share; `s3_folder` is a test's own place in it."""
    objects.ensure_bucket(s3, "shared-by-tests", region="us-east-1")
    return "shared-by-tests"


@pytest.fixture
def s3_folder(bucket) -> S3Uri:
    """An empty folder in S3, of this test alone."""
    return S3Uri(bucket, f"test-{next(_numbers)}")


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory) -> Path:
    """A folder with a small Llama of random weights and its tokenizer, in Hugging Face's layout."""
    pytest.importorskip("transformers", reason="the engine is not installed")
    return write_tiny_model(tmp_path_factory.mktemp("weights") / "tiny-llama")


@dataclass(frozen=True)
class TinyDisk:
    """A file system of a few megabytes, in memory."""

    path: Path

    def fill(self) -> None:
        """Leave no space at all."""
        with (self.path / "filling").open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"\0" * 4096)

    def free(self) -> None:
        """Give back what was filled."""
        (self.path / "filling").unlink()


@pytest.fixture
def tiny_disk(tmp_path) -> Iterator[TinyDisk]:
    """A disk of 64 MB that can be filled, where this user may mount one."""
    path = tmp_path / "disk"
    path.mkdir()
    options = "size=64m,mode=0700"
    mounted = shutil.which("mount") and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "tmpfs", path], capture_output=True, check=False
    )
    if not mounted or mounted.returncode:
        pytest.skip("this user cannot mount a file system")
    yield TinyDisk(path)
    subprocess.run(["umount", "--lazy", path], check=True)
