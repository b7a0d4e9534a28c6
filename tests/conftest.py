"""What several folders of tests share, each made once and only when a test asks for it.

A cache folder, a real S3 server, and a language model so small that it trains and answers in no time.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import hypothesis
import pytest
from ray_cluster import RayCluster, running_ray_cluster
from real_browser import CHROMIUM, MISSING, QUIETLY

from burnish.aws import objects
from burnish.aws.clients import AccessKey as Key
from burnish.aws.clients import Client, Clients, open_clients
from burnish.aws.objects import S3Uri
from burnish.cache import cache_folder
from burnish.engine.catalogue import DEFAULT_MODEL, MINILM
from burnish.engine.language_model.tiny_model import write_tiny_model
from burnish.server.credentials import ServerCredentials
from burnish.server.s3.object_store import start_object_store

ACCOUNT = "123456789012"
_numbers = count()

# A busy machine is no fault of what is tested.
hypothesis.settings.register_profile("without a clock", deadline=None)
hypothesis.settings.load_profile("without a clock")


@pytest.fixture(scope="session", autouse=True)
def shared_cache(tmp_path_factory) -> Iterator[Path]:
    """A cache folder of all tests: a page that many of them show to a model is read once.

    Nothing of theirs is left in the user's cache. Weights that lie there are used, and not copied.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "cache"
    (folder / "weights").mkdir(parents=True, exist_ok=True)
    for model in (DEFAULT_MODEL, MINILM):
        place = Path("weights") / model.source.replace("/", "--")
        with contextlib.suppress(FileExistsError):  # another worker was first
            if (cache_folder() / place).is_dir():
                (folder / place).symlink_to(cache_folder() / place)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BURNISH_CACHE", str(folder))
        yield folder


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[RayCluster]:
    """A real Ray cluster with two nodes of one core each; who breaks one starts another."""
    with running_ray_cluster() as one:
        yield one


@pytest.fixture(scope="module")
def browser():
    """A real browser, for the tests of one file: while it is open, nothing else may use asyncio here."""
    if CHROMIUM is None:
        pytest.skip(MISSING)
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIETLY))
        yield browser
        browser.close()


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


@pytest.fixture(scope="session")
def make_certificate(tmp_path_factory):
    """Makes a self-signed certificate and its key; ``names`` as OpenSSL writes alternative names."""

    def make(names="DNS:localhost,IP:127.0.0.1", *, passphrase=None):
        folder = tmp_path_factory.mktemp("certificate")
        certificate, key = folder / "cert.pem", folder / "key.pem"
        secrecy = ["-passout", f"pass:{passphrase}"] if passphrase else ["-nodes"]
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
        command += ["-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=test", *secrecy]
        command += ["-addext", f"subjectAltName={names}"]
        subprocess.run(command, check=True, capture_output=True)
        key.chmod(0o600)
        return certificate, key

    return make


@pytest.fixture(scope="session")
def certificate(make_certificate):
    return make_certificate()


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
