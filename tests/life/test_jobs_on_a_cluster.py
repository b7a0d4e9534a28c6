"""The life of a job on a real Ray cluster, and what becomes of it as parts of that die."""

from __future__ import annotations

import socket
import sys

import pytest
from whole_server import RunningServer

from burnish.cache import cache_folder


@pytest.fixture(scope="module")
def nodes_weights(tiny_weights, shared_cache):
    """The tiny model as a node finds it."""
    place = cache_folder() / "weights" / tiny_weights.name
    if not place.exists():
        place.symlink_to(tiny_weights)
    return place


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


@pytest.fixture(scope="module")
def server(tmp_path_factory, tiny_weights, nodes_weights, ray_cluster):
    options = ["--launcher", ray_cluster.dashboard, "--cluster-python", sys.executable]
    running = RunningServer(tmp_path_factory.mktemp("server"), tiny_weights, options=options)
    yield running
    if running.process.poll() is None:
        running.stop()


def test_a_job_is_trained_on_a_node(server, job_config):
    service = server.service()
    config = job_config("on-a-node")
    job = service.create_finetuning_job(config)
    done = service.wait_for_job_completion(job.job_arn, polling_interval=1, max_wait_time=180)
    assert done.status == "Completed", done
