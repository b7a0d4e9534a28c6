"""The life of a job on a real Ray cluster, while the server, the node and the head of the cluster die.

Each ends with the weights of a job that nothing disturbed, bit for bit.
"""

from __future__ import annotations

import os
import shlex
import socket
import sys
from pathlib import Path

import psutil
import pytest
from holding_worker import HELD
from ray_cluster import ClusterInPieces, cluster_in_pieces
from whole_server import RunningServer

from burnish.cache import cache_folder
from burnish.server.cluster.remote_folder import BUCKET
from burnish.waiting import wait_until

HERE = Path(__file__).parent
PATIENTLY = {"interval": 0.2, "timeout": 600}
#: Eighty steps, so that most of the training lies behind the one that it is held after.
LONG = {"epochCount": "10", "batchSize": "1"}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as one:
        return int(one.getsockname()[1])


@pytest.fixture(scope="module")
def held_jobs(tmp_path_factory) -> Path:
    """A folder with a file for each job that is to stop in the middle."""
    return tmp_path_factory.mktemp("held")


@pytest.fixture(scope="module")
def cluster(tiny_weights):
    """A cluster of this module alone, which breaks it; its nodes have the weights."""
    place = cache_folder() / "weights" / tiny_weights.name
    if not place.exists():
        place.symlink_to(tiny_weights)
    with cluster_in_pieces(dashboard_port=free_port()) as one:
        yield one


@pytest.fixture(scope="module")
def server(tmp_path_factory, tiny_weights, held_jobs, cluster):
    path = os.pathsep.join([str(HERE), *filter(None, sys.path)])
    python = shlex.join(["env", f"{HELD}={held_jobs}", f"PYTHONPATH={path}", sys.executable])
    running = RunningServer(
        tmp_path_factory.mktemp("server"),
        tiny_weights,
        program=[sys.executable, str(HERE / "clustered_server.py")],
        options=["--launcher", cluster.dashboard, "--cluster-python", python],
    )
    yield running
    if running.process.poll() is None:
        running.stop()


@pytest.fixture(scope="module")
def undisturbed(ended, train) -> dict[str, bytes]:
    """The model of a job that nothing disturbs."""
    return ended(train("undisturbed"))


@pytest.fixture(scope="module")
def train(server, data_set, role, held_jobs):
    """A way to have a job begin; one that is held has come to the middle, with a checkpoint in S3."""

    def begin(name: str, *, base: str | None = None, is_held: bool = False) -> str:
        if is_held:
            (held_jobs / name).touch()
        arn = server.clients().bedrock.create_model_customization_job(
            jobName=name,
            customModelName=f"{name}-model",
            roleArn=role,
            baseModelIdentifier=base or model_of(server),
            trainingDataConfig={"s3Uri": data_set["training"]},
            validationDataConfig={"validators": [{"s3Uri": data_set["validation"]}]},
            outputDataConfig={"s3Uri": data_set["training"].rpartition("/")[0] + "/output/"},
            hyperParameters=LONG,
        )["jobArn"]
        if is_held:
            wait_until(lambda: has_checkpoint(server, arn), bool, **PATIENTLY)
        return arn

    return begin


def model_of(server) -> str:
    models = server.clients().bedrock.list_foundation_models()["modelSummaries"]
    return next(model["modelId"] for model in models if "tiny-llama-v1" in model["modelId"])


def id_of(arn: str) -> str:
    return arn.rpartition("/")[2]


def has_checkpoint(server, arn: str) -> bool:
    """Whether the first attempt at a job has kept something for the next."""
    try:
        listed = server.clients().s3.list_objects_v2(
            Bucket=BUCKET, Prefix=f"jobs/{id_of(arn)}/1/checkpoints/"
        )
    except server.clients().s3.exceptions.NoSuchBucket:
        return False
    return any(one["Key"].endswith("manifest.json") for one in listed.get("Contents", ()))


@pytest.fixture(scope="module")
def ended(server):
    """A way to wait for the end of a job; gives the files of its model."""

    def wait(arn: str) -> dict[str, bytes]:
        bedrock = server.clients().bedrock
        found = wait_until(
            lambda: bedrock.get_model_customization_job(jobIdentifier=arn),
            lambda job: job["status"] not in ("InProgress", "Stopping"),
            **PATIENTLY,
        )
        assert found["status"] == "Completed", found
        folder = max((server.data / "models" / id_of(arn)).iterdir())
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }

    return wait


def log_of(server, arn: str) -> str:
    return (server.data / "logs" / f"job-{id_of(arn)}.log").read_text(encoding="utf-8")


def test_a_job_on_a_cluster_gives_a_model_and_leaves_nothing_there(server, undisturbed):
    assert "adapter_model.safetensors" in {name.rpartition("/")[2] for name in undisturbed}
    s3 = server.clients().s3
    wait_until(
        lambda: s3.list_objects_v2(Bucket=BUCKET).get("Contents", ()), lambda one: not one, **PATIENTLY
    )


def test_a_model_is_tuned_further_on_a_cluster(server, train, ended, undisturbed):
    bedrock = server.clients().bedrock
    base = bedrock.get_custom_model(modelIdentifier="undisturbed-model")["modelArn"]
    assert ended(train("further", base=base)) != undisturbed


def test_a_job_goes_on_as_its_server_is_killed_and_started_again(
    server, train, ended, undisturbed, held_jobs
):
    job = train("server-killed", is_held=True)
    port = server.url.rpartition(":")[2]
    server.kill()
    server.start(port=port)
    (held_jobs / "server-killed").unlink()
    assert ended(job) == undisturbed
    # It is the same attempt: nothing was trained again.
    assert "Attempt 2" not in log_of(server, job)


def test_a_job_whose_node_is_lost_goes_on_from_its_last_checkpoint_on_another(
    server, cluster: ClusterInPieces, train, ended, undisturbed
):
    job = train("node-lost", is_held=True)
    agent = agent_at_work()
    node = next(node for node in cluster.nodes if cluster.pid(node) in pids_above(agent))
    # With the machine all of it would be gone at once; the agent would give the training time to end.
    everything = [agent, *agent.children(recursive=True)]
    for process in everything:
        process.kill()
    cluster.lose(node)
    assert ended(job) == undisturbed
    assert "Going on from the checkpoint after step" in log_of(server, job)


def test_a_job_whose_cluster_loses_its_head_goes_on_once_there_is_another(
    server, cluster: ClusterInPieces, train, ended, undisturbed
):
    job = train("head-lost", is_held=True)
    cluster.lose_head()
    cluster.start()
    assert ended(job) == undisturbed
    assert "Going on from the checkpoint after step" in log_of(server, job)


def agent_at_work() -> psutil.Process:
    """The process that looks after an attempt on a node of this module's cluster."""
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or []
        if (
            command[:1] == [sys.executable]
            and "holding_agent" in command
            and os.getpid() in pids_above(process)
        ):
            return process
    raise AssertionError("no attempt is at work")


def pids_above(process: psutil.Process) -> set[int]:
    return {parent.pid for parent in process.parents()}
