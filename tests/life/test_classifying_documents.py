"""New documents on a whole server: none is lost and none asked about twice, whatever ends the run."""

from __future__ import annotations

import csv
import json
import os
import random
import subprocess
import sys
import time

import pytest
from PIL import Image
from whole_server import BUCKET, PROMPT, base_model_id, page_png

from burnish import Workspace, read_documents
from burnish.classification import ClassificationConfig, open_classifier
from burnish.classification.on_demand_endpoint import OnDemandEndpoint
from burnish.classification.result_files import ResultFile
from burnish.classification.tuned_models import model_named
from burnish.csv_cells import unguarded
from burnish.errors import Conflict, InvalidConfig, NotFound
from burnish.families.open_weights import PAGE_FEATURES_ID

PAGES = 60


@pytest.fixture(scope="module")
def prepared(server, tmp_path_factory):
    """A prepared data set, whose labels are to be chosen from."""
    labelled = tmp_path_factory.mktemp("labelled")
    rng = random.Random(0)
    for number in range(8):
        path = labelled / PROMPT.labels[number % 2] / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        # Noise: pages with a line of text each are copies of one another to `prepare`.
        Image.frombytes("L", (30, 40), rng.randbytes(1200)).resize((300, 400)).save(path)
    work = Workspace(clients=server.clients(), base_model=PAGE_FEATURES_ID)
    return work.prepare(read_documents(labelled), to=f"s3://{BUCKET}/to-classify")


@pytest.fixture(scope="module")
def data_set(prepared) -> str:
    return prepared.manifest_uri.removesuffix("/manifest.json")


@pytest.fixture(scope="module")
def tuned(server, prepared) -> str:
    """A model that was tuned on the data set, which nothing answers for."""
    work = Workspace(clients=server.clients(), base_model=PAGE_FEATURES_ID)
    return work.tune(prepared, "to-classify").model_id


@pytest.fixture
def incoming(tmp_path):
    """Pages without labels at several depths, and two files that are none."""
    folder = tmp_path / "incoming"
    for number in range(PAGES):
        path = folder / f"{number % 3}" / f"page-{number:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(page_png(f"{'invoice' if number % 2 else 'letter'} {number}"))
    (folder / "=broken.pdf").write_bytes(b"%PDF-1.4 nothing follows")
    (folder / "notes.txt").write_text("to do")
    return folder


@pytest.fixture
def command(server, data_set, incoming):
    model = base_model_id(server)
    return ("classify", str(incoming), "--model", model, "--dataset", data_set, "--to", "out.csv")


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def answers_in(journal):
    lines = journal.read_bytes().splitlines() if journal.exists() else []
    return [json.loads(line) for line in lines if line.endswith(b"}")]


def kill_once_there_are_more(burnish, command, folder) -> int | None:
    """Run the command, kill it when it has kept some answers more, and return how it ended."""
    journal = folder / "out.csv.answers.jsonl"
    before = len(answers_in(journal))
    process = subprocess.Popen(
        [sys.executable, "-m", "burnish.cli", *command, "--concurrency", "2"],
        env={**os.environ, **burnish.endpoint},
        cwd=folder,
        stderr=subprocess.DEVNULL,
    )
    while process.poll() is None and len(answers_in(journal)) < before + 12:
        time.sleep(0.01)
    process.kill()
    return process.wait()


def test_a_run_that_is_killed_again_and_again_loses_nothing_and_asks_nothing_twice(
    burnish, command, incoming, tmp_path
):
    deaths = [kill_once_there_are_more(burnish, command, tmp_path) for _ in range(3)]
    assert any(death != 0 for death in deaths)
    done = burnish(*command)
    assert done.returncode == 0, done.stderr

    rows = rows_of(tmp_path / "out.csv")
    names = [unguarded(row["document"]) for row in rows]
    assert names == sorted(names)
    assert len(set(names)) == len(names) == PAGES + 2
    assert "'=broken.pdf" in {row["document"] for row in rows}
    assert {row["reason"] for row in rows if not row["label"]} == {
        "it is damaged or incomplete",
        "files of the kind '.txt' are not read, only pdf, png, jpeg, tiff and webp",
    }
    assert len(rows_of(tmp_path / "out-pages.csv")) == PAGES
    asked = [one["document"] for one in answers_in(tmp_path / "out.csv.answers.jsonl") if one["pages"]]
    assert len(asked) == len(set(asked)) == PAGES

    (incoming / "0/page-00.png").write_bytes(page_png("another letter"))
    assert burnish(*command).returncode == 0
    asked = [one["document"] for one in answers_in(tmp_path / "out.csv.answers.jsonl") if one["pages"]]
    assert len(asked) == PAGES + 1
    assert asked[-1] == "0/page-00.png"
    assert len(rows_of(tmp_path / "out.csv")) == PAGES + 2


def test_a_budget_stops_the_run_and_a_higher_one_goes_on(burnish, command, tmp_path):
    priced = (*command, "--price", "1", "1", "--json")
    stopped = burnish(*priced, "--budget", "30")
    assert stopped.returncode == 1
    assert "is spent" in stopped.stderr
    answered = len(rows_of(tmp_path / "out-pages.csv"))
    assert 0 < answered < PAGES
    spent = sum(
        page["input_tokens"] + page["output_tokens"]
        for one in answers_in(tmp_path / "out.csv.answers.jsonl")
        for page in one["pages"]
    )
    assert spent / 1000 <= 30
    done = burnish(*priced, "--at-most", "1000")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["documents"] == PAGES + 2


def test_nothing_that_can_be_classified_is_an_error(burnish, command, tmp_path):
    (tmp_path / "only").mkdir()
    (tmp_path / "only/notes.txt").write_text("to do")
    done = burnish("classify", "only", *command[2:])
    assert done.returncode == 1
    assert "No document was classified" in done.stderr
    assert len(rows_of(tmp_path / "out.csv")) == 1


def test_a_model_without_a_data_set_needs_one_and_says_so(server):
    config = ClassificationConfig(model=base_model_id(server), to="out.csv")
    with pytest.raises(InvalidConfig, match="--dataset"):
        open_classifier(server.clients(), config)
    with pytest.raises(NotFound):
        open_classifier(server.clients(), ClassificationConfig(model="nothing-of-this-name", to="out.csv"))


def test_a_model_is_deployed_for_the_run_alone_and_only_if_something_is_to_be_asked(
    server, tuned, incoming, tmp_path
):
    bedrock, made = server.clients().bedrock, []
    config = ClassificationConfig(model=tuned, to=str(tmp_path / "out.csv"))

    def classified():
        classifier = open_classifier(server.clients(), config, made.append)
        return classifier.classify([classifier.documents([str(incoming / "0")])])

    summary = classified()
    assert summary.documents == PAGES / 3
    written = json.loads((tmp_path / "out-summary.json").read_text())
    assert (written["documents"], written["drift"]["documents"]) == (PAGES / 3, PAGES / 3)
    assert [one.split(":")[0] for one in made] == [
        "The model is not deployed",
        "The deployment made for this run is deleted.",
    ]
    made.clear()
    assert classified().documents == PAGES / 3
    assert made == []
    assert bedrock.list_custom_model_deployments()["modelDeploymentSummaries"] == []


def test_a_run_leaves_the_deployment_of_another_alone_and_ends_that_of_its_own_killed_predecessor(
    server, tuned, incoming, tmp_path
):
    clients = server.clients()
    model = model_named(clients, tuned)

    def deployed():
        return clients.bedrock.list_custom_model_deployments()["modelDeploymentSummaries"]

    def endpoint_for(output):
        return OnDemandEndpoint(clients, model, output=output, on_notice=lambda notice: None)

    killed = endpoint_for("one").arn()
    classifier = open_classifier(clients, ClassificationConfig(model=tuned, to=str(tmp_path / "two.csv")))
    classifier.classify([classifier.documents([str(incoming / "0/page-00.png")])])
    assert [one["customModelDeploymentArn"] for one in deployed()] == [killed]
    with endpoint_for("one"):
        pass
    assert deployed() == []


def test_a_second_run_into_one_output_is_told_of_the_first(server, tuned, incoming, tmp_path):
    config = ClassificationConfig(model=tuned, to=str(tmp_path / "out.csv"))
    classifier = open_classifier(server.clients(), config)

    def documents_of_the_first():
        yield from classifier.documents([str(incoming / "0/page-00.png")])
        with pytest.raises(Conflict, match="Another run of"):
            open_classifier(server.clients(), config).classify([[]])

    assert classifier.classify([documents_of_the_first()]).documents == 1


def test_a_batch_is_collected_by_the_run_after_the_one_that_was_killed_and_never_submitted_twice(
    server, burnish, tuned, incoming, tmp_path
):
    def batches():
        return server.clients().bedrock.list_model_invocation_jobs()["invocationJobSummaries"]

    command = ("classify", str(incoming / "0"), "--model", tuned, "--batch", "--to", "out.csv")
    process = subprocess.Popen(
        [sys.executable, "-m", "burnish.cli", *command],
        env={**os.environ, **burnish.endpoint},
        cwd=tmp_path,
        stderr=subprocess.DEVNULL,
    )
    while process.poll() is None and not (tmp_path / "out.csv.batch.json").exists():
        time.sleep(0.002)
    process.kill()
    process.wait()
    done = burnish(*command)
    assert done.returncode == 0, done.stderr
    assert "waiting for it" in done.stderr

    assert len(batches()) == 1
    rows = rows_of(tmp_path / "out.csv")
    assert len(rows) == PAGES / 3
    assert all(float(row["probability"]) > 0 for row in rows)
    assert not (tmp_path / "out.csv.batch.json").exists()
    assert burnish(*command).returncode == 0
    assert len(batches()) == 1

    one_by_one = burnish(*command[:-3], "--no-batch", "--to", "single.csv")
    assert one_by_one.returncode == 0, one_by_one.stderr
    assert rows_of(tmp_path / "single.csv") == rows


def test_a_batch_takes_the_documents_that_the_budget_has_room_for(burnish, tuned, incoming, tmp_path):
    command = ("classify", str(incoming / "0"), "--model", tuned, "--batch", "--price", "1", "1")
    stopped = burnish(*command, "--at-most", "10", "--to", "out.csv")
    assert stopped.returncode == 1
    assert "reserved for the batch" in stopped.stderr
    answered = len(rows_of(tmp_path / "out.csv"))
    assert 0 < answered < PAGES / 3
    assert burnish(*command, "--at-most", "1000", "--to", "out.csv").returncode == 0
    asked = answers_in(tmp_path / "out.csv.answers.jsonl")
    assert len({one["key"] for one in asked}) == len(asked) == PAGES / 3


@pytest.mark.parametrize("kind", ["csv", "jsonl", "parquet"])
def test_documents_in_s3_are_labelled_in_tables_in_s3(server, tuned, incoming, kind):
    if kind == "parquet":
        pytest.importorskip("pyarrow")
    s3 = server.clients().s3
    for name in ("page-00.png", "page-03.png"):
        s3.upload_file(str(incoming / "0" / name), BUCKET, f"incoming/deeper/{name}")
    config = ClassificationConfig(model=tuned, to=f"s3://{BUCKET}/classified/out.{kind}")
    classifier = open_classifier(server.clients(), config)
    summary = classifier.classify([classifier.documents([f"s3://{BUCKET}/incoming/"])])
    assert (summary.documents, summary.without_label) == (2, 0)
    written = s3.list_objects_v2(Bucket=BUCKET, Prefix="classified/")["Contents"]
    assert {one["Key"] for one in written} >= {
        f"classified/{name}" for name in (f"out.{kind}", f"out-pages.{kind}", "out-summary.json")
    }
    with ResultFile(classifier.places.results) as results:
        assert [one.document for one in results.rows()] == ["deeper/page-00.png", "deeper/page-03.png"]
