"""What a model is unsure of, decided by a person, becomes the next model's training data, and only that."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys

import pytest
from noise_pages import write_noise
from site_visitor import visiting
from whole_server import BUCKET, base_model_id

from burnish import Workspace, read_documents
from burnish.datasets.documents import Part
from burnish.datasets.manifest import read_manifest

DATASET = f"s3://{BUCKET}/to-review"


@pytest.fixture(scope="module")
def server(quick_server):
    """A server whose jobs make a model at once."""
    return quick_server


@pytest.fixture(scope="module")
def data_set(server, tmp_path_factory) -> str:
    """A prepared data set of two labels."""
    labelled = tmp_path_factory.mktemp("labelled")
    for seed, label in enumerate(("invoice", "letter")):
        write_noise(labelled / label, 5, seed)
    work = Workspace(clients=server.clients(), base_model=base_model_id(server))
    work.prepare(read_documents(labelled), to=DATASET)
    return DATASET


@pytest.fixture
def incoming(tmp_path):
    write_noise(tmp_path / "incoming", 4, seed=2)


@pytest.fixture
def done(burnish, tmp_path):
    """Runs a command that must succeed, and returns what it prints."""

    def run(*words):
        ended = burnish(*words)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    return run


def decide_in_a_spreadsheet(path, label):
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["decision"] = label
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def test_documents_are_classified_reviewed_and_trained_on_and_the_models_are_compared(
    server, done, data_set, incoming, tmp_path, role
):
    model, s3 = base_model_id(server), server.clients().s3
    before = read_manifest(s3, data_set)
    training = ("--model", model, "--role", role, "--wait")
    done("job", "create", data_set, "--name", "first", *training)

    done("classify", "incoming", "--model", "first", "--threshold", "1", "--to", "out.csv")
    done("review", "export", "out.csv", "--to", "decisions.csv")
    decide_in_a_spreadsheet(tmp_path / "decisions.csv", "letter")
    assert "4 decisions imported" in done("review", "import", "out.csv", "decisions.csv", "--as", "Ada")
    assert "4 added" in done("review", "apply", "out.csv")

    after = read_manifest(s3, DATASET)
    assert len(after.pages_of(Part.TRAIN)) == len(before.pages_of(Part.TRAIN)) + 4
    assert after.pages_of(Part.TEST) == before.pages_of(Part.TEST)
    oldest, newest = json.loads(done("review", "versions", data_set, "--json"))
    assert newest["parent"] == oldest["uri"]
    assert newest["reviewers"] == ["Ada"]

    done("job", "create", data_set, "--name", "second", *training)
    told = done("review", "compare", "first", "second")
    assert re.search(r"after against before: [+-]0\.\d+ \([+-]0\.\d+ to [+-]0\.\d+\), p = ", told)


def test_decisions_are_typed_in_a_terminal(server, burnish, data_set, incoming, tmp_path):
    command = ("classify", "incoming", "--model", base_model_id(server), "--dataset", data_set)
    assert burnish(*command, "--threshold", "1", "--to", "out.csv").returncode == 0
    told = subprocess.run(
        [sys.executable, "-m", "burnish.cli", "review", "decide", "out.csv", "--without-text", "--as", "Ada"],
        input="nothing\n2\nu\n1\ns\nl\nq\n",
        capture_output=True,
        text=True,
        env={**os.environ, **burnish.endpoint},
        cwd=tmp_path,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert "no label 'nothing'" in told.stderr
    assert "Undone: " in told.stderr
    assert "2 of 4 decided: 1 labelled" in told.stdout
    assert "1 left out; 2 to go" in told.stdout


def test_the_loop_goes_through_the_browser_too(server, done, data_set, role, tmp_path):
    write_noise(tmp_path / "incoming", 3, seed=9)
    model = base_model_id(server)
    done(
        "classify", "incoming", "--model", model, "--dataset", data_set, "--threshold", "1", "--to", "out.csv"
    )
    before = read_manifest(server.clients().s3, DATASET)

    with visiting(tmp_path, server.clients()) as visitor:
        review = re.search(r'href="(/review/[^"/]+)"', visitor.read("/review"))[1]
        while item := re.search(r'name="item" value="([^"]+)"', visitor.read(review)):
            visitor.act(f"{review}/decide", item=item[1], label="letter")
        assert "Use what was decided" in visitor.read(review)
        assert "The next version is made" in visitor.act(f"{review}/version")
        assert "The job from-the-browser has begun" in visitor.act(f"{review}/train", name="from-the-browser")

    after = read_manifest(server.clients().s3, DATASET)
    assert len(after.pages_of(Part.TRAIN)) == len(before.pages_of(Part.TRAIN)) + 3
    job = server.service().wait_for_job_completion("from-the-browser", polling_interval=0.2)
    assert job.training_data_uri == after.files[Part.TRAIN].uri
