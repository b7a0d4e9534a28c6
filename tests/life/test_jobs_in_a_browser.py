"""Jobs and models as `burnish ui` shows them, of a server that really answers."""

from __future__ import annotations

import html
import io
import re
from pathlib import Path

import pytest
from accessible_pages import AXE, FINDINGS, for_every_reader, require_accessible
from PIL import Image
from site_visitor import served, visiting
from whole_server import BUCKET, base_model_id

from burnish import Workspace, read_documents
from burnish.aws.artifacts import LOG_NAME, folder_of
from burnish.aws.base_models import family_claiming
from burnish.aws.objects import upload_bytes
from burnish.datasets.manifest import read_manifest
from burnish.tuning_jobs import start_tuning_job
from burnish.types import FinetuningJobResult
from burnish.waiting import wait_until

DATASET = f"s3://{BUCKET}/shown-in-a-browser"
LOSSES = "step_number,epoch_number,training_loss,perplexity\n0,0,2.5,12.2\n1,0,1.25,3.5\n"
LOG = "Reading pages\nTraining\n"


@pytest.fixture(scope="module")
def server(quick_server):
    """A server whose jobs make a model at once."""
    return quick_server


@pytest.fixture(scope="module")
def labelled(tmp_path_factory) -> Path:
    """Documents in a folder for each label."""
    labelled = tmp_path_factory.mktemp("labelled")
    for shade, label in ((30, "invoice"), (220, "letter")):
        (labelled / label).mkdir()
        for number in range(8):
            Image.new("L", (300, 400), shade + number).save(labelled / label / f"{number}.png")
    return labelled


@pytest.fixture(scope="module")
def job(server, role, labelled) -> str:
    """The name of a completed job, and of its model."""
    work = Workspace(clients=server.clients(), base_model=base_model_id(server))
    return work.tune(work.prepare(read_documents(labelled), to=DATASET), "shown").job_name


@pytest.fixture(scope="module")
def visitor(server, tmp_path_factory):
    with visiting(tmp_path_factory.mktemp("work"), server.clients()) as visitor:
        yield visitor


def test_a_job_is_shown_with_what_it_was_given(visitor, job):
    assert job in visitor.read("/jobs")
    page = visitor.read(f"/jobs/{job}")
    assert "Completed" in page
    assert f"{DATASET}/train" in page
    assert "Stop and keep the model" not in page  # it has ended


def test_a_job_that_is_at_work_cannot_be_run_again(visitor, shown_pages):
    assert "Run again" not in visitor.read("/jobs/stuck-at-work")
    assert "has not ended" in visitor.read("/jobs/stuck-at-work/again", status=409)


def test_a_model_is_deployed_tried_undeployed_and_deleted(visitor, job):
    here = f"/models/{job}"
    assert "Nothing yet: deploy it" in visitor.read(here)
    assert "is being deployed" in visitor.act(f"{here}/deploy")
    wait_until(lambda: visitor.read(here), lambda page: "Try a page" in page, interval=0.2, timeout=60)

    document = io.BytesIO()
    Image.new("L", (300, 400), 40).save(document, format="PNG")
    tried = visitor.drop(f"{here}/try", document.getvalue())
    assert re.search(r"<th scope=\"row\">(invoice|letter)</th>", tried.text)

    endpoint = re.search(r'name="endpoint" value="([^"]+)"', visitor.read(here))[1]
    visitor.act("/models/undeploy", endpoint=endpoint)
    assert "Deleted the model" in visitor.act(f"{here}/delete", agreed="yes")
    visitor.read(here, status=404)


def test_what_is_gone_for_good_is_agreed_to_first(visitor):
    assert "tick the box" in visitor.act("/models/shown/delete", status=400)


def fields_of(page: str) -> dict[str, str]:
    """The fields of the form that runs a job again, as they are filled in."""
    found = re.findall(r'<input id="([^"]+)" name="[^"]+" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


def test_a_job_that_has_ended_is_run_again_with_what_it_was_given(visitor, server, job):
    service = server.service()
    assert f'href="/jobs/{job}/again"' in visitor.read(f"/jobs/{job}")
    given = fields_of(visitor.read(f"/jobs/{job}/again"))
    first = service.get_job_status(job)
    assert given["training_data_uri"] == first.training_data_uri
    assert given["validation_data_uri"] == first.validation_data_uris[0]
    assert given["job_name"] != job

    assert "has begun" in visitor.act(f"/jobs/{job}/again", **{**given, "hyperparameter-epochCount": "3"})
    second = service.wait_for_job_completion(given["job_name"], polling_interval=0.2)
    assert second.status == "Completed"
    for same in ("base_model_arn", "training_data_uri", "validation_data_uris", "output_uri"):
        assert getattr(second, same) == getattr(first, same), same
    assert second.hyperparameters == {**first.hyperparameters, "epochCount": "3"}


def test_a_job_that_cannot_be_run_again_so_says_why_and_keeps_what_was_typed(visitor, job):
    given = fields_of(visitor.read(f"/jobs/{job}/again"))
    wrong = {**given, "job_name": "a b", "hyperparameter-epochCount": "many"}
    told = visitor.act(f"/jobs/{job}/again", status=400, **wrong)
    assert "epochCount" in told
    assert fields_of(told)["job_name"] == "a b"
    taken = visitor.act(f"/jobs/{job}/again", status=400, **{**given, "job_name": job})
    assert "has this name but differs" in taken
    same = {**given, "job_name": job, "model_name": job}
    assert "has ended" in visitor.act(f"/jobs/{job}/again", status=400, **same)


def test_what_is_dropped_without_the_token_of_the_session_is_refused(visitor):
    assert visitor.drop("/models/shown/try", b"x", csrf="").status_code == 403


def test_an_audit_is_started_from_the_page_of_a_data_set(visitor, job, labelled):
    here = f"/datasets/set/suspects?at={DATASET}"
    assert "Audit the documents" in visitor.read(here)
    visitor.act("/datasets/set/suspects/audit", at=DATASET, source=str(labelled))
    told = wait_until(
        lambda: visitor.read(here), lambda page: 'hx-trigger="every' not in page, interval=1, timeout=600
    )
    assert "The audit is done" in told
    assert "Audit again" in told


def test_the_data_set_of_a_job_is_listed_and_shown(visitor, job):
    assert f'href="/jobs/{job}"' in visitor.read("/datasets")
    assert "16 documents with 16 pages and 2 labels" in visitor.read(f"/datasets/set?at={DATASET}")


@pytest.fixture(scope="module")
def shown_pages(server, job) -> list[str]:
    """Jobs and models in all states: at work, stopped, completed; deployed and not."""
    service, clients = server.service(), server.clients()

    def begin(name: str) -> FinetuningJobResult:
        return start_tuning_job(
            service,
            read_manifest(clients.s3, DATASET),
            folder=DATASET,
            base_model=base_model_id(server),
            family=family_claiming(clients, base_model_id(server)),
            name=name,
            role="shown",
        )

    at_work, stopped = begin("stuck-at-work"), begin("stuck-and-stopped")
    service.stop_job(stopped.job_arn)
    for name in ("answering", "idle"):
        done = service.wait_for_job_completion(begin(name).job_arn, polling_interval=0.2)
    service.wait_for_job_completion(stopped.job_arn, polling_interval=0.2)
    written = folder_of(done.output_uri, done.job_arn)
    for place, text in (("training_artifacts/step_wise_training_metrics.csv", LOSSES), (LOG_NAME, LOG)):
        upload_bytes(clients.s3, written.child(place), text.encode())
    service.deploy_custom_model("answering", "answering", polling_interval=0.2)
    jobs = [at_work.job_name, stopped.job_name, done.job_name]
    pages = ["/jobs", *(f"/jobs/{name}" for name in jobs), f"/jobs/{done.job_name}/again"]
    pages.append(f"/datasets/set/suspects?at={DATASET}")
    return [*pages, "/models", "/models/answering", "/models/idle"]


@pytest.fixture(scope="module")
def page(server, browser, tmp_path_factory):
    """A page of a browser that has come in, and knows axe."""
    with served(tmp_path_factory.mktemp("work"), server.clients()) as link:
        context = browser.new_context()
        context.add_init_script(path=AXE)
        page = context.new_page()
        page.goto(link)
        page.wait_for_url("**/evaluations")
        page.home = page.url.removesuffix("/evaluations")
        yield page
        context.close()


@for_every_reader
def test_jobs_and_models_are_accessible_and_fit(page, shown_pages, reader):
    require_accessible(page, [page.home + path for path in shown_pages], reader)


def test_a_job_is_run_again_by_keyboard_alone(page, shown_pages):
    page.goto(f"{page.home}/jobs/idle")
    page.keyboard.press("r")
    page.wait_for_url("**/again")
    page.locator("#job_name").focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("idle-once-more")
    page.keyboard.press("Enter")
    page.wait_for_url("**/jobs/idle-once-more")


def test_what_is_told_of_a_dropped_page_is_accessible(page, shown_pages):
    document = io.BytesIO()
    Image.new("L", (300, 400), 40).save(document, format="PNG")
    page.goto(f"{page.home}/models/answering")
    page.set_input_files(
        "#document", {"name": "a.png", "mimeType": "image/png", "buffer": document.getvalue()}
    )
    page.locator("#tried table").wait_for()
    assert page.evaluate(FINDINGS, []) == []
