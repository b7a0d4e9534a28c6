"""A data set as a user makes it: prepared, checked by its URIs, prepared again, against a whole server."""

from __future__ import annotations

import json

from whole_server import base_model_id

from burnish.aws.objects import S3Uri, read_bytes
from burnish.datasets.manifest import read_manifest


def test_a_data_set_is_prepared_checked_and_prepared_again(server, burnish, documents):
    model = base_model_id(server)
    words = ("prepare", "documents", "--to", "s3://papers/set", "--model", model)
    words += ("--descriptions", "labels.csv", "--json")
    ended = burnish(*words)
    assert ended.returncode == 0, ended.stderr
    said = json.loads(ended.stdout)
    s3 = server.clients().s3
    train, validation = (said["files"][part]["uri"] for part in ("train", "validation"))
    assert b"The first kind" in read_bytes(s3, S3Uri.parse(train))
    checked = burnish("check", train, "--validation", validation, "--model", model, "--media")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert json.loads(burnish(*words).stdout) == said
    manifest = read_manifest(s3, said["manifest"])
    assert manifest.prompt.descriptions == {"a": "The first kind"}


def test_people_see_a_table_and_where_things_are(server, burnish, documents):
    ended = burnish("prepare", "documents", "--to", "s3://papers/seen", "--model", base_model_id(server))
    assert ended.returncode == 0, ended.stderr
    lines = ended.stdout.splitlines()
    assert "type\ttrain\tvalidation\ttest" in lines
    assert "all\t12\t4\t4" in lines
    assert "Data set: s3://papers/seen/manifest.json" in lines


def test_what_was_decided_is_done(server, burnish, documents, tmp_path):
    (tmp_path / "mine.csv").write_text("name,label,decision\na/0.png,a,drop\na/2.png,a,b\n")
    words = ("prepare", "documents", "--to", "s3://papers/decided", "--model", base_model_id(server))
    said = json.loads(burnish(*words, "--corrections", "mine.csv", "--json").stdout)
    assert said["dropped"] == [{"name": "a/0.png", "reason": "left out by mine.csv"}]
    labels = {one.name: one.label for one in read_manifest(server.clients().s3, said["manifest"]).documents}
    assert labels["a/2.png"] == "b"
    assert said["corrections"]["changed"] == 2


def test_models_are_evaluated_with_the_prompt_of_the_manifest_and_never_asked_twice(
    server, burnish, documents, tmp_path
):
    model = base_model_id(server)
    ended = burnish("prepare", "documents", "--to", "s3://papers/asked", "--model", model)
    assert ended.returncode == 0, ended.stderr
    words = (
        "evaluate",
        "s3://papers/asked",
        model,
        "amazon.nova-lite-v1:0",
        "--calibrate",
        "--out",
        "answers",
    )
    ended = burnish(*words, "--json")
    assert ended.returncode == 0, ended.stderr
    said = json.loads(ended.stdout)
    assert [one["model"] for one in said["scores"]] == [model, "amazon.nova-lite-v1:0"]
    assert all(one["metrics"]["pages"] == 4 for one in said["scores"])
    # One set of weights answers under both names.
    assert said["conclusion"].endswith("and so does amazon.nova-lite-v1:0: take the cheaper one.")
    assert said["basis"] == "calibrated"
    assert said["scores"][0]["calibration"]["answers"] == 4
    assert "4 validation answers are too few" in said["scores"][0]["no_review"]
    pages = [one.name for one in read_manifest(server.clients().s3, "s3://papers/asked").documents]
    lines = [json.dumps({"page": page, "answer": page[0]}) for page in pages]
    (tmp_path / "mine.jsonl").write_text("\n".join(lines))
    kept = (tmp_path / "answers" / "answers.jsonl").read_text().splitlines()
    assert len(kept) == 2 * (4 + 4)
    again = burnish(*words)
    assert again.returncode == 0, again.stderr
    assert said["conclusion"] in again.stdout
    assert (tmp_path / "answers" / "answers.jsonl").read_text().splitlines() == kept
    with_mine = json.loads(burnish(*words, "--answers", "mine=mine.jsonl", "--json").stdout)
    assert with_mine["scores"][2]["metrics"]["correct"] == 4
    assert with_mine["basis"] == "uncalibrated"
    assert len(with_mine["comparisons"]) == 3


def test_an_evaluation_of_no_model_or_no_data_set_gets_one_message(burnish):
    assert "no model is named" in burnish("evaluate", "s3://papers/asked").stderr
    ended = burnish("evaluate", "s3://papers/none", "local.some-model-v1:0")
    assert ended.returncode == 1
    assert "There is no data set at s3://papers/none." in ended.stderr


def test_a_data_set_is_exported_and_read_back_with_its_split(server, burnish, documents, tmp_path):
    import datasets

    model = base_model_id(server)
    ended = burnish("prepare", "documents", "--to", "s3://papers/out", "--model", model)
    assert ended.returncode == 0, ended.stderr
    ended = burnish("export", "s3://papers/out", "exported")
    assert ended.returncode == 0, ended.stderr
    found = datasets.load_from_disk(str(tmp_path / "exported"))
    assert {name: len(part) for name, part in found.items()} == {"train": 12, "validation": 4, "test": 4}
    assert found["test"].features["label"].names == ["a", "b"]
    assert found["test"][0]["image"].size == (300, 400)
    manifest = read_manifest(server.clients().s3, "s3://papers/out")
    parts = {document.name: document.part for document in manifest.documents}
    assert {str(parts[name]) for name in found["test"]["document"]} == {"test"}
    planned = burnish("prepare", "hf:exported", "--to", "s3://papers/again", "--model", model, "--dry-run")
    assert "a\t6\t2\t2" in planned.stdout
    again = burnish("export", "s3://papers/out", "exported")
    assert again.returncode == 1
    assert "something is in it: name another" in again.stderr
