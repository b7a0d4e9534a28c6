"""The server that the tests of this folder share, with a data set and a role."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from whole_server import BUCKET, RunningServer, base_model_id, write_data_set

from burnish import FinetuningJobConfig
from burnish.server.credentials import credentials_at


@pytest.fixture(scope="module")
def server(request, tmp_path_factory, tiny_weights) -> Iterator[RunningServer]:
    """A server with the options that the module of the tests names."""
    options = getattr(request.module, "SERVE_OPTIONS", ())
    running = RunningServer(tmp_path_factory.mktemp("server"), tiny_weights, options=options)
    yield running
    if running.process.poll() is None:
        running.stop()


@pytest.fixture(scope="module")
def ready_adapter(tiny_weights, tmp_path_factory) -> Path:
    """An adapter that is there already, for servers whose jobs are not about training."""
    from burnish.engine.language_model.decision import Decision, save_decision
    from burnish.engine.language_model.network import load_language_model
    from burnish.engine.language_model.training import LoraTraining, save_adapter, with_adapter

    folder = tmp_path_factory.mktemp("adapter")
    save_adapter(with_adapter(load_language_model(tiny_weights), LoraTraining()), folder)
    save_decision(Decision(), folder)
    return folder


@pytest.fixture(scope="module")
def quick_server(tmp_path_factory, tiny_weights, ready_adapter) -> Iterator[RunningServer]:
    """A server whose jobs give the adapter that is there, at once."""
    here = str(Path(__file__).parent)
    running = RunningServer(
        tmp_path_factory.mktemp("server"),
        tiny_weights,
        program=[sys.executable, str(Path(here) / "quick_server.py")],
        environment={"READY_ADAPTER": str(ready_adapter), "PYTHONPATH": os.pathsep.join([here, *sys.path])},
    )
    yield running
    if running.process.poll() is None:
        running.stop()


@pytest.fixture(scope="module")
def data_set(server) -> dict[str, str]:
    """Training and validation records of two kinds of pages, in S3."""
    return write_data_set(server.clients().s3, training=8)


@pytest.fixture(scope="module")
def role(server) -> str:
    return server.service().create_or_update_model_customization_role(
        "BedrockFinetuningRole", buckets=[BUCKET]
    )


@pytest.fixture
def job_config(server, data_set, role):
    """A config for a small job, with a name of its own."""

    def config(name: str, **changes) -> FinetuningJobConfig:
        given = {
            "base_model": base_model_id(server),
            "training_data_uri": data_set["training"],
            "validation_data_uri": data_set["validation"],
            "output_uri": f"s3://{BUCKET}/output/",
            "role_arn": role,
            "job_name": name,
            "model_name": f"{name}-model",
            "hyperparameters": {"epochCount": "1", "batchSize": "4"},
            "model_type": "open_weights",
        }
        return FinetuningJobConfig(**{**given, **changes})

    return config


@pytest.fixture
def burnish(server, tmp_path):
    """Runs the command line with the server's key."""
    key = credentials_at(server.data)
    endpoint = {
        "AWS_ENDPOINT_URL": server.url,
        "AWS_ACCESS_KEY_ID": key.access_key,
        "AWS_SECRET_ACCESS_KEY": key.secret_key,
        "AWS_REGION": "us-east-1",
        "BURNISH_CACHE": str(tmp_path / "cache"),
    }

    def run(*words):
        command = [sys.executable, "-m", "burnish.cli", *words]
        environment = {**os.environ, **endpoint}
        return subprocess.run(
            command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False
        )

    run.endpoint = endpoint
    return run


@pytest.fixture
def documents(tmp_path):
    rng = random.Random(0)
    for number in range(20):
        path = tmp_path / "documents" / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.frombytes("L", (30, 40), rng.randbytes(1200)).resize((300, 400)).save(path)
    (tmp_path / "labels.csv").write_text("label,description\na,The first kind\n")
    return tmp_path / "documents"
