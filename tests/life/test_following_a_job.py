"""What a person sees of a job: in the server's terminal, while they wait for it, and in its log."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from whole_server import RunningServer, base_model_id

from burnish.waiting import wait_until

TRAINING = ("--hyperparameter", "epochCount=2", "--hyperparameter", "batchSize=4")


@pytest.fixture(scope="module")
def said(tmp_path_factory) -> Path:
    """What the server says."""
    return tmp_path_factory.mktemp("said") / "stderr"


@pytest.fixture(scope="module")
def server(tmp_path_factory, tiny_weights, said) -> Iterator[RunningServer]:
    with said.open("wb") as stderr:
        running = RunningServer(tmp_path_factory.mktemp("server"), tiny_weights, stderr=stderr)
    yield running
    if running.process.poll() is None:
        running.stop()


@pytest.fixture
def prepared(server, burnish, documents):
    """The words that start a job on a data set, given its name."""
    model = base_model_id(server)
    assert burnish("prepare", "documents", "--to", "s3://papers/set", "--model", model).returncode == 0
    return lambda name: ("job", "create", "s3://papers/set", "--model", model, "--name", name, *TRAINING)


def test_the_server_says_where_it_answers_and_what_to_do_next(server, said):
    wait_until(lambda: "Ctrl-C" in said.read_text(), bool, interval=0.05, timeout=60)
    text = said.read_text()
    assert f"Answering at {server.url}\n" in text
    assert f"  data folder: {server.data}\n" in text
    assert f"  base model: {base_model_id(server)}\n" in text
    assert "  stand-ins for nova: amazon.nova-pro-v1:0, " in text
    assert f'  eval "$(burnish env --data {server.data})"\n' in text


def test_a_job_is_followed_from_its_first_page_to_its_last_step(server, said, burnish, prepared):
    told = "echo $BURNISH_JOB_NAME $BURNISH_JOB_STATUS > told"
    waited = burnish(*prepared("papers"), "--wait", "--notify", told, "--json")
    assert waited.returncode == 0, waited.stderr
    job = json.loads(waited.stdout)

    # In the server's terminal.
    lines = [line for line in said.read_text().splitlines() if " Job papers: " in line]
    news = [line.partition(" Job papers: ")[2] for line in lines]
    assert all(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  Job", line) for line in lines)
    assert news[0] == f"accepted, to tune {base_model_id(server)}"
    assert re.fullmatch(r"completed after \d+ (s|min), training loss \d\.\d{3}, model papers", news[-1])

    # In the job's own log, which `job wait` names when a job fails.
    logged = burnish("job", "logs", "papers").stdout
    assert "INFO Phase: checking records" in logged
    assert re.search(r"INFO training, (\d+) of \1 steps, loss \d", logged)
    assert "INFO Validation loss" in logged
    assert logged.splitlines()[-1].endswith("INFO Trained. Writing the model papers")
    assert burnish("job", "logs", "papers", "--follow").stdout == logged

    drawn = burnish("job", "metrics", "papers", "--plot").stdout
    assert drawn.splitlines()[0] in ("loss", "loss, logarithmic")
    assert f"{job['training_loss']:.3g}" in drawn


def test_the_command_of_notify_is_run_when_a_job_has_failed_as_well(burnish, prepared, tmp_path):
    refused = (*prepared("refused"), "--hyperparameter", "epochCount=1")
    assert burnish(*refused).returncode == 0
    burnish("job", "stop", "refused")
    told = burnish("job", "wait", "refused", "--notify", "echo $BURNISH_JOB_STATUS > told")
    assert told.returncode == 1
    assert (tmp_path / "told").read_text() == "Stopped\n"


def test_whoever_stops_waiting_is_told_that_the_job_goes_on_and_how_to_stop_it(
    server, burnish, prepared, said, tmp_path
):
    environment = {**os.environ, **burnish.endpoint}
    command = [sys.executable, "-m", "burnish.cli", *prepared("long"), "--wait"]
    waiting = subprocess.Popen(command, env=environment, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    assert waiting.stderr
    while "1. job" not in waiting.stderr.readline():
        assert waiting.poll() is None
    waiting.send_signal(signal.SIGINT)
    _, rest = waiting.communicate(timeout=60)
    assert waiting.returncode == -signal.SIGINT
    assert "Still running: `burnish job wait long` follows it, `burnish job stop long` stops it." in rest
    burnish("job", "stop", "long")


def test_a_server_whose_terminal_is_gone_goes_on(tiny_weights, tmp_path):
    reading, writing = os.pipe()
    os.close(reading)
    server = RunningServer(tmp_path, tiny_weights, stderr=writing)
    os.close(writing)
    assert server.clients().bedrock.list_foundation_models()["modelSummaries"]
    assert server.process.poll() is None
    server.stop()


def test_a_server_that_is_stopped_says_so(server, said):
    server.process.terminate()
    server.process.wait(timeout=60)
    assert re.search(r"Stopping\nStopped\.\n\Z", said.read_text())
