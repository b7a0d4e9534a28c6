"""The state that operations work on, without a server around it."""

from __future__ import annotations

import os
import signal
from dataclasses import replace

import pytest
from regions import Region

from burnish.engine.catalogue import DEFAULT_MODEL, Catalogue, open_model
from burnish.server.bedrock.control import Control
from burnish.server.bedrock.runtime.operations import runtime_handlers
from burnish.server.credentials import ServerCredentials
from burnish.server.iam.store import IamStore
from burnish.server.inference.process import InferenceProcess
from burnish.server.store import Store

TINY = replace(open_model("tiny"), context_length=4096)


@pytest.fixture(scope="module")
def control(tmp_path_factory):
    data = tmp_path_factory.mktemp("state")
    store, iam = Store(data), IamStore(data)
    yield Control(
        data=data,
        store=store,
        iam=iam,
        catalogue=Catalogue(models=(DEFAULT_MODEL,)),
        weights={DEFAULT_MODEL.id: data / "weights"},
        credentials=ServerCredentials(account_id="123456789012", access_key="AKIA", secret_key="secret"),
        objects_endpoint="",
    )
    store.close()
    iam.close()


@pytest.fixture
def region(control):
    return Region(control=control)


@pytest.fixture(scope="module")
def inference(served, object_store, tiny_weights, tmp_path_factory):
    """The inference process behind the runtime of the server, which has one tiny model."""
    store, credentials, _ = object_store
    folder = tmp_path_factory.mktemp("runtime")
    state = Store(folder)
    control = Control(
        data=folder,
        store=state,
        iam=served.iam,
        catalogue=Catalogue(models=(TINY,)),
        weights={TINY.id: tiny_weights},
        credentials=credentials,
        objects_endpoint=store.endpoint,
    )
    process = InferenceProcess(folder / "inference.log")
    before = dict(served.handlers)
    served.handlers.update(runtime_handlers(control, process))
    yield process
    served.handlers.clear()
    served.handlers.update(before)
    process._is_stopped = True
    if process.pid:
        os.kill(process.pid, signal.SIGKILL)  # its own end belongs to the server's loop
    state.close()


@pytest.fixture(scope="module")
def runtime(served, inference):
    return served.client("bedrock-runtime", max_pool_connections=20)
