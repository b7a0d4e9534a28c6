"""A model is not evaluated on pages that it has seen, and no answer is taken for that of another model."""

from __future__ import annotations

import json
import random
import shutil
from dataclasses import replace

import pytest
from msgspec import structs
from PIL import Image
from whole_server import base_model_id

from burnish import Destination, FinetuningJobConfig, Preparation, SplitPlan, prepare_dataset, read_folder
from burnish.aws.objects import S3Uri, ensure_bucket, list_objects, upload_bytes
from burnish.datasets.documents import Part
from burnish.datasets.manifest import read_manifest
from burnish.datasets.pages import Rendering
from burnish.datasets.provenance import manifest_with
from burnish.errors import InvalidConfig, InvalidRecords
from burnish.evaluation import AskedPages, identity_of, require_unseen
from burnish.evaluation.manifest_pages import pages_of
from burnish.families import family_named
from burnish.records import classification_record, line_of

ACCOUNT = "123456789012"
RULES = family_named("open_weights").tuning("local.any-v1:0").rules


@pytest.fixture(scope="module")
def server(quick_server):
    return quick_server


@pytest.fixture(scope="module")
def clients(server):
    return server.clients()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Twenty documents of two kinds, no two alike."""
    rng, folder = random.Random(0), tmp_path_factory.mktemp("documents")
    for number in range(20):
        path = folder / "ab"[number % 2] / f"{number:02}.png"
        path.parent.mkdir(exist_ok=True)
        Image.frombytes("L", (30, 40), rng.randbytes(1200)).resize((300, 400)).save(path)
    return folder


@pytest.fixture(scope="module")
def prepared(clients, folder):
    """Prepares the documents into a place in the shared bucket."""

    def run(prefix, *, seed=0, source=folder, **options):
        plan = SplitPlan(test_share=0.2, validation_share=0.2, seed=seed)
        return prepare_dataset(
            read_folder(source),
            s3=clients.s3,
            destination=Destination(bucket="papers", prefix=prefix, owner=ACCOUNT),
            preparation=Preparation(rules=RULES, plan=plan, **options),
        )

    ensure_bucket(clients.s3, "papers", region="us-east-1")
    return run


@pytest.fixture(scope="module")
def trained(server, prepared):
    """Makes a model of records, by the Python API, as fast as can be."""
    service = server.service()
    role = service.create_or_update_model_customization_role(buckets=["papers"])

    def run(name, train, validation=None, *, base=None, **options):
        config = FinetuningJobConfig(
            base_model=base or base_model_id(server),
            training_data_uri=train,
            validation_data_uri=validation,
            output_uri="s3://papers/output/",
            role_arn=role,
            job_name=name,
            model_name=name,
            model_type="open_weights",
            **options,
        )
        job = service.create_finetuning_job(config)
        job = service.wait_for_job_completion(job.job_arn, polling_interval=0.1, max_wait_time=120)
        assert job.model_id, job.failure_message
        return job

    return run


@pytest.fixture(scope="module")
def first(prepared):
    """The data set as it was first prepared."""
    return prepared("set")


@pytest.fixture(scope="module")
def job(trained, first):
    return trained("first", first.train_uri, first.validation_uri)


@pytest.fixture(scope="module")
def again(job, prepared):
    """The data set that was prepared into the same place later, with another seed."""
    return prepared("set", seed=1)


def seen_of(first, again, part=Part.TEST):
    """How many pages of a part of the later data set the earlier one trained on, and validated with."""
    parts = {document.digest: document.part for document in first.manifest.documents}
    asked = [parts[document.digest] for document, _ in again.manifest.pages_of(part)]
    return asked.count(Part.TRAIN), asked.count(Part.VALIDATION), len(asked)


def tags_of(clients, arn):
    tags = clients.bedrock.list_tags_for_resource(resourceARN=arn)["tags"]
    return {tag["key"]: tag["value"] for tag in tags}


def test_job_and_model_say_with_which_data_set_they_were_made(clients, job, again):
    by_job, by_model = tags_of(clients, job.job_arn), tags_of(clients, job.model_id)
    place = by_job["burnish:manifest"]
    assert by_model["burnish:manifest"] == place != again.manifest_uri
    assert read_manifest(clients.s3, place).files[Part.TRAIN].uri == job.training_data_uri
    assert {str(one) for one in list_objects(clients.s3, S3Uri("papers", "set/manifests/"))} > {place}


def test_a_model_is_refused_on_pages_that_it_has_seen_with_how_many(clients, job, first, again):
    trained_on, validated_with, pages = seen_of(first, again)
    assert trained_on
    with pytest.raises(InvalidConfig) as refused:
        require_unseen(clients, {"tuned": job.model_id}, AskedPages(manifest=again.manifest))
    said = str(refused.value)
    assert f"tuned was trained on {trained_on}" in said
    assert f"of the {pages} test pages" in said
    assert not validated_with or f"validated with {validated_with}" in said
    assert tags_of(clients, job.job_arn)["burnish:manifest"] in said
    assert "--allow-seen-pages" in said


def test_it_is_evaluated_with_the_data_set_that_it_was_made_with_and_nothing_is_remarked(clients, job, again):
    kept = read_manifest(clients.s3, tags_of(clients, job.job_arn)["burnish:manifest"])
    asked = AskedPages(manifest=kept, calibrate=True)
    base = identity_of(clients, "amazon.nova-lite-v1:0").model_arn
    assert require_unseen(clients, {"tuned": job.model_id, "base": base}, asked) == {"tuned": (), "base": ()}


def test_what_is_allowed_is_remarked(clients, job, first, again):
    trained_on, _, pages = seen_of(first, again)
    said = require_unseen(
        clients, {"tuned": job.model_id}, AskedPages(manifest=again.manifest), allow_seen=True
    )
    (remark,) = said["tuned"]
    assert remark.startswith(f"tuned was trained on {trained_on}")
    assert f"{pages} test pages" in remark


def test_validation_pages_may_be_asked_about_where_no_training_saw_them_and_that_is_remarked(
    clients, job, again
):
    kept = read_manifest(clients.s3, tags_of(clients, job.job_arn)["burnish:manifest"])
    said = require_unseen(clients, {"tuned": job.model_id}, AskedPages(manifest=kept, part=Part.VALIDATION))
    assert "tuned was validated with 4 of the 4 validation pages" in said["tuned"][0]
    with pytest.raises(InvalidConfig, match=r"trained on \d.* of the 4 validation pages"):
        require_unseen(
            clients, {"tuned": job.model_id}, AskedPages(manifest=again.manifest, part=Part.VALIDATION)
        )


def test_confidence_is_not_calibrated_by_pages_that_training_has_seen(clients, job, first, again):
    assert seen_of(first, again, Part.VALIDATION)[0]
    with pytest.raises(InvalidConfig, match="validation pages"):
        require_unseen(
            clients, {"tuned": job.model_id}, AskedPages(manifest=again.manifest, most=0, calibrate=True)
        )


def test_what_a_model_that_was_tuned_further_saw_first_counts_too(
    clients, server, trained, job, first, again
):
    """Also where the first model is gone: its job stays."""
    fresh = trained("further", again.train_uri, again.validation_uri, base=job.model_id)
    further = trained("furthest", again.train_uri, again.validation_uri, base=fresh.model_id)
    assert tags_of(clients, fresh.job_arn)["burnish:base-model"] == job.model_id
    assert clients.bedrock.get_custom_model(modelIdentifier=fresh.model_id)["baseModelArn"] == job.model_id
    trained_on, _, pages = seen_of(first, again)
    says = rf"further was trained on {trained_on}.* of the {pages} test pages"
    asked = AskedPages(manifest=again.manifest)
    with pytest.raises(InvalidConfig, match=says):
        require_unseen(clients, {"further": further.model_id}, asked)
    server.service().delete_custom_model(fresh.model_id)
    with pytest.raises(InvalidConfig, match=says):
        require_unseen(clients, {"further": further.model_id}, asked)


def test_a_document_is_known_again_however_it_is_rendered_and_whatever_it_is_called(
    clients, job, first, folder, prepared, tmp_path
):
    renamed = tmp_path / "renamed"
    for label in ("a", "b"):
        shutil.copytree(folder / label, renamed / f"kind-{label}")
    elsewhere = prepared("elsewhere", seed=1, source=renamed, rendering=Rendering(longest_edge=200))
    trained_on, _, pages = seen_of(first, elsewhere)
    with pytest.raises(InvalidConfig, match=rf"trained on {trained_on}.* of the {pages} test pages"):
        require_unseen(clients, {"tuned": job.model_id}, AskedPages(manifest=elsewhere.manifest))


def test_a_copy_of_a_document_that_training_saw_is_seen_too(clients, job, first):
    """One that is new in the data set, beside the document that it is a copy of."""
    members = [one for one in first.manifest.documents if one.part is Part.TRAIN]
    pages = [structs.replace(page, digest="0" * 64) for page in members[0].pages]
    copy = structs.replace(members[0], part=Part.TEST, digest="1" * 64, pages=pages)
    other = structs.replace(copy, group="2" * 64, digest="2" * 64)
    grown = structs.replace(first.manifest, documents=[*members, copy, other])
    with pytest.raises(InvalidConfig, match="trained on 1 of the 2 test pages"):
        require_unseen(clients, {"tuned": job.model_id}, AskedPages(manifest=grown))


def forgotten(clients, place):
    """Delete whatever lies in a folder."""
    for one in list_objects(clients.s3, place):
        clients.s3.delete_object(Bucket=one.bucket, Key=one.key)


def test_without_its_manifest_a_model_is_judged_by_its_records_and_that_is_said(clients, trained, prepared):
    made = prepared("records-only")
    job = trained("records-only", made.train_uri)
    later = prepared("records-only", seed=1)
    forgotten(clients, S3Uri("papers", "records-only/manifests/"))
    trained_on, _, pages = seen_of(made, later)
    asked = AskedPages(manifest=later.manifest)
    with pytest.raises(InvalidConfig, match=rf"trained on {trained_on} of the {pages} test pages"):
        require_unseen(clients, {"tuned": job.model_id}, asked)
    said = require_unseen(clients, {"tuned": job.model_id}, asked, allow_seen=True)["tuned"]
    assert "no manifest for s3://papers/records-only/train-" in said[1]


def test_where_nothing_is_left_to_compare_with_it_is_said_that_it_cannot_be_told(clients, trained, prepared):
    made = prepared("gone")
    job = trained("gone", made.train_uri)
    forgotten(clients, S3Uri("papers", "gone/manifest"))
    forgotten(clients, S3Uri("papers", "gone/train-"))
    said = require_unseen(clients, {"tuned": job.model_id}, AskedPages(manifest=made.manifest))["tuned"]
    assert any("cannot be determined whether tuned has seen these pages" in one for one in said)
    assert any("cannot be read: Could not read s3://papers/gone/train-" in one for one in said)


def test_pages_under_other_names_are_known_again_by_their_content(clients, trained, prepared):
    """Records that somebody has made without Burnish, of images that are the same."""
    made = prepared("foreign")
    lines = []
    for number, page in enumerate(pages_of(clients.s3, made.manifest, Part.TEST) * 2):
        place = S3Uri("papers", f"mine/{number}.png")
        upload_bytes(clients.s3, place, page.png if number < 3 else b"another image")
        record = classification_record(
            made.prompt, image_uri=str(place), bucket_owner=ACCOUNT, label=page.label
        )
        lines.append(line_of(record))
    upload_bytes(clients.s3, S3Uri("papers", "mine/train.jsonl"), b"".join(lines))
    job = trained("foreign", "s3://papers/mine/train.jsonl")
    assert "burnish:manifest" not in tags_of(clients, job.job_arn)
    with pytest.raises(InvalidConfig, match="trained on 3 of the 4 test pages"):
        require_unseen(clients, {"tuned": job.model_id}, AskedPages(manifest=made.manifest))


def test_where_it_is_not_known_which_model_answers_it_cannot_be_told(clients, again):
    said = require_unseen(clients, {"m": None}, AskedPages(manifest=again.manifest))
    assert "it is not known which model answers" in said["m"][0]


def test_a_job_is_for_one_data_set_only_where_its_records_are_of_it(clients, prepared, trained, first, again):
    """The same folder holds the manifests of two data sets: the one with these records is meant."""
    job = trained("of-the-first", first.train_uri, first.validation_uri)
    kept = read_manifest(clients.s3, tags_of(clients, job.job_arn)["burnish:manifest"])
    assert kept == first.manifest != again.manifest
    assert manifest_with(clients.s3, first.train_uri, (first.validation_uri,)) == first.manifest
    assert manifest_with(clients.s3, first.train_uri, (again.validation_uri,)) is None
    mine = trained("mine", first.train_uri, job_tags={"burnish:manifest": "s3://mine/manifest.json"})
    assert tags_of(clients, mine.job_arn)["burnish:manifest"] == "s3://mine/manifest.json"


def test_an_image_that_was_written_over_is_not_asked_about(clients, prepared):
    made = prepared("written-over")
    _, page = made.manifest.pages_of(Part.TEST)[0]
    upload_bytes(clients.s3, S3Uri.parse(page.uri), b"another image")
    with pytest.raises(
        InvalidRecords, match=r"written-over/pages/.*\.png is not the page that the manifest names"
    ):
        pages_of(clients.s3, made.manifest, Part.TEST)


@pytest.fixture(scope="module")
def deployment(server, job):
    return server.service().deploy_custom_model(job.model_id, "mail-room", polling_interval=0.1).model_id


def test_the_command_line_refuses_says_what_to_do_and_does_it(
    burnish, clients, job, again, deployment, tmp_path
):
    words = ("evaluate", "s3://papers/set", f"tuned={deployment}", "--out", "e")
    for more in ((), ("--dry-run",)):
        ended = burnish(*words, *more)
        assert ended.returncode == 1
        assert "tuned was trained on" in ended.stderr
        assert "Traceback" not in ended.stderr
    assert not (tmp_path / "e").exists()
    ended = burnish(*words, "--allow-seen-pages")
    assert ended.returncode == 0, ended.stderr
    assert "tuned was trained on" in ended.stderr
    assert "tuned was trained on" in (tmp_path / "e" / "report.html").read_text()
    # Nobody has named its job.
    assert "epochCount" in (tmp_path / "e" / "model-cards" / "tuned.md").read_text()


def test_a_job_that_made_another_model_is_refused(burnish, trained, first, job, again, deployment, clients):
    other = trained("other", first.train_uri)
    kept = tags_of(clients, job.job_arn)["burnish:manifest"]
    for named, says in (
        (f"tuned={other.job_arn}", f"that job made {other.model_id}"),
        (f"tune={job.job_arn}", "the models are tuned"),
    ):
        ended = burnish("evaluate", kept, f"tuned={deployment}", "--job", named)
        assert ended.returncode == 1
        assert says in ended.stderr


def test_answers_with_a_job_are_judged_by_what_it_saw(burnish, job, again, tmp_path):
    (tmp_path / "mine.jsonl").write_text("")
    words = ("evaluate", "s3://papers/set", "--answers", "mine=mine.jsonl", "--job", f"mine={job.job_arn}")
    ended = burnish(*words)
    assert ended.returncode == 1
    assert "mine was trained on" in ended.stderr


def plan(burnish, *words):
    """Calls to make and answers that are there, of the one model."""
    ended = burnish("evaluate", *words, "--dry-run", "--json")
    assert ended.returncode == 0, ended.stderr
    (row,) = json.loads(ended.stdout)
    return row["calls"], row["already answered"]


def test_a_deployment_that_got_another_model_is_asked_anew_and_not_compared_with_itself(
    burnish, clients, server, trained, first, job, tmp_path
):
    newer = trained("newer", first.train_uri, first.validation_uri)
    service = server.service()
    name = service.deploy_custom_model(job.model_id, "changing", polling_interval=0.1).model_id
    words = ("evaluate", tags_of(clients, job.job_arn)["burnish:manifest"], f"m={name}", "--out", "e")
    assert burnish(*words).returncode == 0
    (tmp_path / "e" / "evaluation.json").rename(tmp_path / "before.json")
    put_there = identity_of(clients, name).version
    service.update_custom_model_deployment(name, model_arn=newer.model_id)
    service.wait_for_deployment(name, polling_interval=0.1, max_wait_time=60)
    assert burnish(*words).returncode == 0
    lines = (tmp_path / "e" / "answers.jsonl").read_text().splitlines()
    answered = [json.loads(line)["model"]["model_arn"] for line in lines]
    assert answered == [job.model_id] * 4 + [newer.model_id] * 4
    ended = burnish("compare", "before.json", "e")
    assert ended.returncode == 0
    assert "before.json/m" in ended.stdout
    assert "e/m" in ended.stdout
    # The first model again, by an update of its own: when it was put there is part of who answers.
    service.update_custom_model_deployment(name, model_arn=job.model_id)
    service.wait_for_deployment(name, polling_interval=0.1, max_wait_time=60)
    assert identity_of(clients, name).version != put_there


def test_a_throughput_that_got_another_model_is_asked_anew(clients, server, trained, first, job):
    newer = trained("newer-still", first.train_uri)
    service = server.service()
    made = service.deploy_custom_model(
        job.model_id, "hourly", deployment_type="provisioned", polling_interval=0.1
    )
    before = identity_of(clients, made.model_id)
    assert before == identity_of(clients, made.model_id)
    assert before.model_arn == job.model_id
    assert replace(identity_of(clients, "hourly"), model_id=made.model_id) == before
    service.update_provisioned_throughput(made.model_id, model=newer.model_id)
    service.wait_for_provisioning_completion(made.model_id, polling_interval=0.1, max_wait_time=60)
    assert identity_of(clients, made.model_id).model_arn == newer.model_id


def test_other_weights_behind_an_id_are_another_model(clients, server, burnish, first, again, tmp_path):
    """The last of the module's tests: its server is started again with other weights in the same folder."""
    words = ("s3://papers/set", "m=amazon.nova-lite-v1:0", "--out", "e")
    assert burnish("evaluate", *words).returncode == 0
    assert plan(burnish, *words) == (0, 4)
    before = identity_of(clients, "amazon.nova-lite-v1:0")
    other = tmp_path / "weights" / server.weights.name
    shutil.copytree(server.weights, other)
    config = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps({**config, "rms_norm_eps": 1e-3}))
    server.stop()
    port, server.weights = server.url.rpartition(":")[2], other
    server.start(port=port)
    after = identity_of(clients, "amazon.nova-lite-v1:0")
    assert (after.endpoint, after.model_arn) == (before.endpoint, before.model_arn)
    assert after.version != before.version
    assert plan(burnish, *words) == (4, 0)
