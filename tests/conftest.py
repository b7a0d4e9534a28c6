"""What several folders of tests share, each made once and only when a test asks for it.

A real S3 server, and a language model so small that it trains and answers in no time.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from burnish.aws import objects
from burnish.aws.clients import Client, Clients, open_clients
from burnish.aws.clients import Credentials as Key
from burnish.aws.objects import S3Uri
from burnish.engine.tiny_model import write_tiny_model
from burnish.server.credentials import Credentials
from burnish.server.s3.object_store import start_object_store

ACCOUNT = "123456789012"
_numbers = count()


@pytest.fixture(scope="session")
def object_store_clients(tmp_path_factory) -> Iterator[Clients]:
    """Clients of a real S3 server. Only ``s3`` is answered there."""
    key = Credentials(account_id=ACCOUNT, access_key="AKIA" + "T" * 16, secret_key="t" * 40)
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
    return write_tiny_model(tmp_path_factory.mktemp("weights") / "tiny-llama")
