import errno
import json
from pathlib import Path

import pytest
from page_files import page, write_folder, write_page

from burnish.aws import objects
from burnish.aws.objects import S3Uri
from burnish.datasets import prepare
from burnish.datasets.checking import check_dataset
from burnish.datasets.pages import Rendering
from burnish.datasets.prepare import Destination, prepare_dataset, slug_of
from burnish.datasets.sources import read_folder
from burnish.datasets.splitting import split_documents
from burnish.errors import DiskFull, InvalidConfig, InvalidDocuments, InvalidRecords
from burnish.families import family_named
from burnish.records import label_of, record_of

OWNER = "123456789012"
NOVA = family_named("nova").tuning("amazon.nova-lite-v1:0:300k").rules
OPEN_WEIGHTS = family_named("open_weights").tuning("local.any-v1:0").rules


@pytest.fixture
def prepared(s3, s3_folder, tmp_path):
    """Prepares the documents of a folder into a place of this test's own."""

    def run(folder: Path, *, rules=OPEN_WEIGHTS, **options):
        destination = Destination(bucket=s3_folder.bucket, prefix=s3_folder.key, owner=OWNER)
        split = split_documents(read_folder(folder), test_share=0.2, validation_share=0.2, seed=0)
        options = {"test_folder": tmp_path / "test-pages"} | options
        return prepare_dataset(split, s3=s3, destination=destination, rules=rules, **options)

    return run


@pytest.fixture
def documents(tmp_path):
    return write_folder(tmp_path / "documents", {"invoice": 6, "news article": 6})


def records_at(s3, uri):
    return [record_of(line) for line in objects.read_bytes(s3, S3Uri.parse(uri)).splitlines()]


def test_documents_become_records_that_a_service_takes(s3, prepared, documents):
    dataset = prepared(documents, rules=NOVA)
    bodies = [objects.read_bytes(s3, S3Uri.parse(uri)) for uri in (dataset.train_uri, dataset.validation_uri)]
    train, validation = (body.splitlines(keepends=True) for body in bodies)
    assert check_dataset(train, validation, rules=NOVA) == []
    assert (len(train), len(validation)) == (dataset.train_records, dataset.validation_records) == (8, 2)
    assert len(dataset.test_pages) == 2
    assert dataset.labels == ("invoice", "news article")


def test_every_record_points_at_its_page_and_answers_with_the_label_unchanged(s3, prepared, documents):
    dataset = prepared(documents)
    records = records_at(s3, dataset.train_uri)
    assert {label_of(record.answer) for record in records} == {"invoice", "news article"}
    for record in records:
        (uri,) = record.image_uris
        assert objects.read_bytes(s3, S3Uri.parse(uri)).startswith(b"\x89PNG")
        assert slug_of(label_of(record.answer)) in uri


def test_test_pages_are_png_files_that_were_never_trained_on(s3, prepared, documents):
    dataset = prepared(documents)
    seen = {
        S3Uri.parse(uri).key.rpartition("/")[2]
        for name in (dataset.train_uri, dataset.validation_uri)
        for record in records_at(s3, name)
        for uri in record.image_uris
    }
    for tested in dataset.test_pages:
        assert tested.png.read_bytes().startswith(b"\x89PNG")
        assert tested.png.name not in seen
        assert tested.document.parent.name == tested.label


def test_preparing_again_gives_the_same_and_uploads_nothing(s3, prepared, documents):
    first = prepared(documents)
    written = []
    s3.meta.events.register("before-call.s3.PutObject", lambda **_: written.append(1), unique_id="count")
    second = prepared(documents)
    s3.meta.events.unregister("before-call.s3.PutObject", unique_id="count")
    assert second == first
    assert written == []


def test_broken_documents_are_left_out_and_listed(prepared, documents):
    write_page(documents / "invoice" / "broken.png", "x").write_bytes(b"not an image")
    (documents / "invoice" / "notes.txt").write_text("x")
    skipped = {one.path.name: one.reason for one in prepared(documents).skipped}
    assert set(skipped) == {"broken.png", "notes.txt"}
    assert "not an image" in skipped["broken.png"]


def test_a_page_that_is_in_two_documents_is_used_once(prepared, tmp_path):
    folder = write_folder(tmp_path / "documents", {"a": 6, "b": 6})
    cover = page("the same cover")
    for number in range(6):
        inner = page(f"inner {number}")
        cover.save(folder / "a" / f"with-cover-{number}.tif", save_all=True, append_images=[inner])
    dataset = prepared(folder, rendering=Rendering(pages="all"))
    used = dataset.train_records + dataset.validation_records + len(dataset.test_pages)
    assert used == 12 + 6 + 1
    assert len(dataset.skipped) == 5
    assert all("the same as page 1 of" in one.reason for one in dataset.skipped)


def test_a_label_whose_documents_are_all_broken_is_an_error(prepared, tmp_path):
    folder = write_folder(tmp_path / "documents", {"a": 6, "b": 6})
    for number, path in enumerate((folder / "b").iterdir()):
        path.write_bytes(b"broken %d" % number)
    with pytest.raises(InvalidDocuments, match="No page is left to train on for 'b'"):
        prepared(folder)


def test_nothing_is_written_when_the_family_would_refuse_it(s3, s3_folder, prepared, tmp_path):
    folder = write_folder(tmp_path / "documents", {"a": 3, "b": 3})
    with pytest.raises(InvalidRecords, match="at least 8"):
        prepared(folder, rules=NOVA)
    assert not [uri for uri in objects.list_objects(s3, s3_folder.child("")) if uri.key.endswith(".jsonl")]


def test_every_new_page_is_shown(prepared, documents):
    seen = []
    prepared(documents, on_page=lambda page: seen.append((page.document.label, page.number)))
    assert len(seen) == 12


def test_labels_that_no_key_may_hold_are_kept_in_the_answers(s3, prepared, tmp_path):
    labels = {"Lettre à la clientèle": 3, "発注書": 3, "a+b=c": 3}
    dataset = prepared(write_folder(tmp_path / "documents", labels))
    assert {label_of(record.answer) for record in records_at(s3, dataset.train_uri)} == set(labels)


def test_a_full_disk_is_one_clear_error(prepared, documents, monkeypatch):
    def no_space(path, body):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(prepare.Path, "write_bytes", no_space)
    with pytest.raises(DiskFull, match=r"No space is left to write under .*test-pages"):
        prepared(documents)


@pytest.mark.parametrize(("prefix", "owner"), [("dt=2026", OWNER), ("a b", OWNER), ("fine", "me")])
def test_a_destination_that_bedrock_refuses_is_refused_before_anything_is_done(prefix, owner):
    with pytest.raises(InvalidConfig, match="destination"):
        Destination(bucket="bucket", prefix=prefix, owner=owner)


def test_the_record_has_the_seeds_shape(s3, prepared, documents):
    body = objects.read_bytes(s3, S3Uri.parse(prepared(documents).train_uri))
    record = json.loads(body.splitlines()[0])
    assert list(record) == ["schemaVersion", "system", "messages"]
    assert [next(iter(block)) for block in record["messages"][0]["content"]] == ["text", "image"]
