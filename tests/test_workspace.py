"""The whole way in Python, on a machine whose proxy leads nowhere and that must not ask the hub."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import burnish
from burnish import CannotConnect, Classification, InvalidConfig, Workspace
from burnish.local_server.local_server import found_or_started, stop_started
from burnish.local_server.running_server import running_server

DEAD_PROXY = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def offline_machine():
    """The environment of a machine without a network."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            patch.setenv(name, DEAD_PROXY)
            patch.setenv(name.upper(), DEAD_PROXY)
        for name in ("no_proxy", "NO_PROXY", "AWS_ENDPOINT_URL", "AWS_PROFILE"):
            patch.delenv(name, raising=False)
        patch.setenv("HF_HUB_OFFLINE", "1")
        patch.setenv("OMP_NUM_THREADS", "1")
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("work")


@pytest.fixture(scope="module")
def work(offline_machine, folder, tiny_weights):
    yield burnish.connect(folder / "server", weights=str(tiny_weights))
    stop_started(folder / "server")


@pytest.fixture(scope="module")
def documents(folder):
    return burnish.sample_documents(folder / "documents", per_label=3, held_out_per_label=1)


@pytest.fixture(scope="module")
def dataset(work, documents):
    return work.prepare(documents, to="s3://workspace/set")


@pytest.fixture(scope="module")
def tuned(work, dataset):
    job = work.tune(dataset, "papers", hyperparameters={"epochCount": "1", "batchSize": "8"})
    yield work.deploy(job)
    work.clean_up("papers")


@pytest.fixture(scope="module")
def result(work, dataset, tuned, folder):
    return work.evaluate(dataset, {"base": work.base_model, "tuned": tuned}, out=folder / "evaluation")


def test_a_second_connection_finds_the_server_that_was_started(work, folder):
    again = burnish.connect(folder / "server")
    assert again.base_model == work.base_model
    assert again.clients.bedrock.meta.endpoint_url == work.clients.bedrock.meta.endpoint_url
    assert "on your own server, account 123456789012" in str(work)


def test_a_data_set_is_shown_by_type_and_part(dataset):
    counts = dataset.frame()
    assert list(counts.columns) == ["train", "validation", "test"]
    assert counts["test"].tolist() == [1] * 8
    assert "s3://workspace/set/manifest.json" in dataset._repr_html_()


def test_what_was_prepared_passes_the_check(work, dataset):
    assert work.check(dataset).errors == ()


def test_a_model_that_was_downloaded_is_imported_under_an_arn_that_answers(work, tuned, dataset, folder):
    (model,) = work.service.list_custom_models()
    work.download(model.model_arn, folder / "downloaded")
    arn = work.import_model(folder / "downloaded", "back", to="s3://workspace/models/back")
    evaluated = work.evaluate(dataset, {"back": arn, "tuned": tuned}, out=folder / "back")
    assert [score.metrics.failed for score in evaluated.evaluation.outcome.scores] == [0, 0]
    with pytest.raises(InvalidConfig, match="neither a folder here nor one in S3"):
        work.import_model(folder / "nowhere", "nowhere", to="s3://workspace/models/nowhere")


def test_both_losses_are_one_frame(work, tuned):
    job = next(work.service.list_jobs(name_contains="papers-"))
    losses = work.losses(job)
    assert losses["training"].notna().all()
    assert losses["validation"].notna().any()


def test_an_evaluation_has_a_verdict_tables_plots_and_a_report(result):
    assert result.report.is_file()
    assert result.conclusion in result._repr_html_()
    assert result.frame("models")["model"].tolist() == ["base", "tuned"]
    assert len(result.frame("predictions")) == 16
    png, size = result.plots["confusion-tuned"]._repr_png_()
    assert png.startswith(b"\x89PNG")
    assert size["width"] > 100
    assert result.evaluation.reading.pages == 16  # no model is charged for it
    assert "tuned" in result.evaluation.training  # the loss curves, found by the model


def test_every_model_is_looked_up_before_the_first_page(work, dataset, folder):
    with pytest.raises(burnish.NotFound, match="nosuch"):
        work.evaluate(dataset, {"base": work.base_model, "tuned": "nosuch"}, out=folder / "nosuch")
    assert not (folder / "nosuch").exists()


def test_pages_that_a_model_was_trained_on_are_refused(work, documents, tuned, folder):
    other = work.prepare(
        documents, to="s3://workspace/other", plan=burnish.SplitPlan(validation_share=0.4, seed=5)
    )
    with pytest.raises(InvalidConfig, match="was trained on"):
        work.evaluate(other, {"tuned": tuned}, out=folder / "refused")
    assert not (folder / "refused").exists()


def test_a_document_is_classified_with_the_prompt_of_the_models_data_set(work, documents, tuned):
    found = work.classify(documents.documents[0].path, tuned)
    assert isinstance(found, Classification)
    assert found.label in documents.labels
    assert found.confidence == max(found.pages[0].probabilities.values())
    assert str(found) == f"{documents.documents[0].path.name}: {found.label} ({found.confidence:.0%})"
    assert found._repr_html_().count("<meter") == 4


def test_a_base_model_is_asked_with_a_data_set_that_is_named(work, documents, dataset):
    path = documents.documents[0].path
    with pytest.raises(InvalidConfig, match="name the data set"):
        work.classify(path, work.base_model)
    assert work.classify(path, work.base_model, dataset=dataset).label in documents.labels


def test_a_clean_up_takes_what_has_the_name_and_nothing_else(work, dataset):
    job = work.tune(dataset, "mine", hyperparameters={"epochCount": "1", "batchSize": "8"})
    work.deploy(job)
    assert work.clean_up("min") == []  # no whole word of that name
    deleted = work.clean_up("mine")
    assert [line.split()[1] for line in deleted] == ["deployment", "custom", "role"]
    assert work.clean_up("mine") == []


def test_on_aws_a_base_model_has_to_be_named(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with pytest.raises(InvalidConfig, match="no base model is named"):
        burnish.connect(region="us-east-1")


def test_a_base_model_that_there_is_not_is_named_with_the_nearest(work):
    wrong = Workspace(clients=work.clients, base_model="amazon.nova-light-v1:0")
    with pytest.raises(InvalidConfig, match=r"Did you mean .?amazon\.nova-lite-v1:0"):
        _ = wrong.family


def test_a_server_that_does_not_come_up_leaves_its_reason_and_no_process(tmp_path):
    with pytest.raises(burnish.BurnishError, match=r"config\.json is missing"):
        found_or_started(tmp_path / "server", models=(str(tmp_path),))
    assert running_server(tmp_path / "server") is None
    assert "config.json" in (tmp_path / "server.log").read_text()


def test_a_server_with_a_certificate_of_its_own_is_reached_through_the_environment(tmp_path, monkeypatch):
    from burnish.local_server.local_server import local_clients
    from burnish.server.credentials import load_or_create_credentials
    from burnish.server.server_file import RunningServer

    load_or_create_credentials(tmp_path)
    server = RunningServer(url="https://127.0.0.1:1", region="us-east-1", ca_bundle="server.pem")
    with pytest.raises(CannotConnect, match="burnish env --data"):
        local_clients(tmp_path, server)
    monkeypatch.setenv("AWS_CA_BUNDLE", "server.pem")
    assert local_clients(tmp_path, server).bedrock.meta.endpoint_url == server.url


def test_the_server_ends_with_the_program_that_started_it(tmp_path, tiny_weights, offline_machine):
    import subprocess
    import sys

    code = f"import burnish; print(burnish.connect('server', weights={str(tiny_weights)!r}))"
    ended = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=dict(os.environ),
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "on your own server" in ended.stdout
    assert "ignored" not in ended.stderr  # as an exception is, where an interpreter that ends meets it
    assert running_server(tmp_path / "server") is None


#: Whether there is an encoder too depends on the machine.
RUNGS = ("majority", "features", "language-model")


@pytest.fixture(scope="module")
def ladder(work, documents, folder):
    # So little time that what is trained is trained in one fold.
    return work.ladder(documents, out=folder / "ladder", rungs=RUNGS, folds=2, minutes=0.001)


def test_a_ladder_has_a_row_for_every_rung_and_advice(ladder):
    assert ladder.frame()["folds"].to_dict() == {
        "majority": "2 of 2",
        "features": "1 of 2",
        "language-model": "1 of 2",
    }
    assert ladder.ladder.documents == 24, "those that are kept for testing are left alone"
    assert ladder.advice in ladder._repr_html_()
    assert ladder.report.is_file()
    assert ladder.ladder.reading.pages == 24


def test_a_ladder_leaves_no_model_no_deployment_and_no_role(ladder, work):
    assert list(work.service.list_custom_models(name_contains="ladder-")) == []
    deployed = [one.deployment_name for one in work.service.list_custom_model_deployments()]
    assert not [one for one in deployed if one.startswith("ladder-")]
    roles = [one["RoleName"] for one in work.clients.iam.list_roles()["Roles"]]
    assert not [one for one in roles if one.startswith("ladder-")]


def test_a_ladder_goes_on_from_the_folds_that_are_finished(ladder, work, documents, folder):
    before = len(list(work.service.list_jobs(name_contains="ladder-")))
    again = work.ladder(documents, out=folder / "ladder", rungs=RUNGS, folds=2, minutes=0.001)
    assert len(list(work.service.list_jobs(name_contains="ladder-"))) == before == 2
    assert again.ladder.standings == ladder.ladder.standings


def test_new_documents_are_classified_into_a_table(work, tuned, folder):
    found = work.classify_documents(
        folder / "documents/held-out/memo", model=tuned, to=folder / "classified.csv", threshold=0
    )
    assert (found.documents, found.without_label) == (1, 0)
    assert (folder / "classified.csv").read_text().count("\n") == 2
