import errno
import json
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from page_files import write_folder, write_page, written_page
from PIL import Image

from burnish.aws import objects
from burnish.aws.objects import S3Uri
from burnish.checking import check_dataset
from burnish.datasets import writing
from burnish.datasets.documents import Part
from burnish.datasets.manifest import folder_of, kept_place, read_manifest
from burnish.datasets.pages import Rendering
from burnish.datasets.prepare import prepare_dataset
from burnish.datasets.prepared import Destination, Preparation, slug_of
from burnish.datasets.render_pool import RenderPool
from burnish.datasets.render_worker import RenderedDocument
from burnish.datasets.sources import read_folder
from burnish.datasets.splitting import SplitPlan
from burnish.errors import DiskFull, InvalidConfig, InvalidDocuments, InvalidRecords
from burnish.families import family_named
from burnish.records import classification_prompt, label_of, record_of

OWNER = "123456789012"
NOVA = family_named("nova").tuning("amazon.nova-lite-v1:0:300k").rules
OPEN_WEIGHTS = family_named("open_weights").tuning("local.any-v1:0").rules


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """No test knows what another has read."""
    monkeypatch.setenv("BURNISH_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def prepared(s3, s3_folder, tmp_path):
    """Prepares the documents of a folder into a place of this test's own."""

    def run(folder: Path, *, rules=OPEN_WEIGHTS, on_document=None, test_folder=True, **options):
        plan = {"test_share": 0.2, "validation_share": 0.2, "seed": 0} | options.pop("plan", {})
        return prepare_dataset(
            read_folder(folder),
            s3=s3,
            destination=Destination(bucket=s3_folder.bucket, prefix=s3_folder.key, owner=OWNER),
            preparation=Preparation(rules=rules, plan=SplitPlan(**plan), **options),
            test_folder=tmp_path / "test-pages" if test_folder else None,
            on_document=on_document,
        )

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
        (image,) = record.images
        uri = image.source.s3_location.uri
        assert objects.read_bytes(s3, S3Uri.parse(uri)).startswith(b"\x89PNG")
        assert slug_of(label_of(record.answer)) in uri


def test_test_pages_are_png_files_that_were_never_trained_on(s3, prepared, documents):
    dataset = prepared(documents)
    seen = {
        S3Uri.parse(image.source.s3_location.uri).key.rpartition("/")[2]
        for name in (dataset.train_uri, dataset.validation_uri)
        for record in records_at(s3, name)
        for image in record.images
    }
    for tested in dataset.test_pages:
        assert tested.png.read_bytes().startswith(b"\x89PNG")
        assert tested.png.name not in seen
        assert tested.document.startswith(f"{tested.label}/")


def test_preparing_again_gives_the_same_and_uploads_nothing(s3, prepared, documents):
    first = prepared(documents)
    written = []
    s3.meta.events.register("before-call.s3.PutObject", lambda **_: written.append(1), unique_id="count")
    second = prepared(documents)
    s3.meta.events.unregister("before-call.s3.PutObject", unique_id="count")
    assert second == first
    # The manifest is what makes the data set, and is written again.
    assert len(written) == 1


def test_broken_documents_are_left_out_and_listed(prepared, documents):
    write_page(documents / "invoice" / "broken.png", "x").write_bytes(b"not an image")
    (documents / "invoice" / "notes.txt").write_text("x")
    skipped = {one.name: one.reason for one in prepared(documents).skipped}
    assert set(skipped) == {"invoice/broken.png", "invoice/notes.txt"}
    assert "neither a PDF nor an image" in skipped["invoice/broken.png"]


def with_cover(folder: Path, number: int, cover) -> None:
    inner = written_page(f"inner {number}")
    cover.save(folder / "a" / f"with-cover-{number}.tif", save_all=True, append_images=[inner])


def test_a_page_that_is_in_two_documents_is_used_once_and_they_stay_together(prepared, tmp_path):
    folder = write_folder(tmp_path / "documents", {"a": 6, "b": 6})
    for number in range(3):
        with_cover(folder, number, written_page("the same cover"))
    dataset = prepared(folder, rendering=Rendering(pages="all"))
    used = sum(file.records for file in dataset.manifest.files.values())
    assert used == 12 + 3 + 1
    assert len(dataset.skipped) == 2
    assert all("the same as page 1 of" in one.reason for one in dataset.skipped)
    covered = [one for one in dataset.manifest.documents if "with-cover" in one.name]
    assert len({one.part for one in covered}) == len({one.group for one in covered}) == 1


def test_blank_pages_join_nothing(prepared, tmp_path):
    folder = write_folder(tmp_path / "documents", {"a": 6, "b": 6})
    for number in range(6):
        with_cover(folder, number, Image.new("L", (300, 400), 250))
    dataset = prepared(folder, rendering=Rendering(pages="all"))
    assert len({one.group for one in dataset.manifest.documents}) == 18


def copy_of(path: Path, name: str) -> None:
    """The document scanned again: other pixels, other bytes."""
    with Image.open(path) as image:
        image.rotate(0.7, fillcolor=255).resize((330, 440)).save(path.parent / name, quality=40)


def test_copies_of_a_document_never_stand_on_two_sides(prepared, tmp_path):
    folder = write_folder(tmp_path / "documents", {"a": 8, "b": 8})
    for label in ("a", "b"):
        for number in range(8):
            copy_of(folder / label / f"{number:03}.png", f"again-{number}.jpg")
    dataset = prepared(folder)
    parts = {one.name: one.part for one in dataset.manifest.documents}
    for label in ("a", "b"):
        for number in range(8):
            assert parts[f"{label}/{number:03}.png"] == parts[f"{label}/again-{number}.jpg"]
    assert set(parts.values()) == set(Part)


def test_keep_copies_allows_copies_in_several_parts(prepared, tmp_path):
    folder = write_folder(tmp_path / "documents", {"a": 2, "b": 6})
    for number in range(4):
        copy_of(folder / "a" / "000.png", f"again-{number}.jpg")
    with pytest.raises(InvalidDocuments, match=r"type 'a' look like copies of only 2; .*--keep-copies"):
        prepared(folder)
    assert prepared(folder, keep_copies=True).manifest.split.copies == "kept"


def test_what_the_source_keeps_to_test_with_stays_that_less_what_is_also_trained_on(prepared, tmp_path):
    folder = tmp_path / "documents"
    write_folder(folder / "train", {"a": 6, "b": 6})
    write_folder(folder / "test", {"a": 9, "b": 8})
    copy_of(folder / "train" / "a" / "003.png", "scan.jpg")
    (folder / "train" / "a" / "scan.jpg").rename(folder / "test" / "a" / "scan.jpg")
    dataset = prepared(folder)
    tested = [one.name for one in dataset.manifest.documents if one.part is Part.TEST]
    # The first six of each label are the same files as those trained on.
    assert sorted(tested) == [
        *(f"test/a/{number:03}.png" for number in (6, 7, 8)),
        *(f"test/b/{number:03}.png" for number in (6, 7)),
    ]
    reasons = {one.name: one.reason for one in dataset.skipped}
    assert reasons["test/a/scan.jpg"] == "a copy of train/a/003.png, which is for train"


def test_the_manifest_says_everything_and_is_read_back(s3, prepared, documents):
    write_page(documents / "invoice" / "broken.png", "x").write_bytes(b"not an image")
    dataset = prepared(documents, plan={"seed": 3})
    again = read_manifest(s3, dataset.manifest_uri)
    assert again == dataset.manifest == read_manifest(s3, dataset.manifest_uri.rpartition("/")[0])
    assert (again.split.seed, again.source) == (3, "documents")
    assert again.classification_prompt() == dataset.prompt
    assert again.prompt.task == dataset.prompt.task
    assert [one.name for one in again.dropped] == ["invoice/broken.png"]
    for part, file in again.files.items():
        assert len(again.pages_of(part)) == file.records


def test_the_same_documents_give_the_same_bytes_whatever_the_number_of_processes(s3, prepared, documents):
    bodies = []
    for readers in (1, 3):
        uri = S3Uri.parse(prepared(documents, readers=readers).manifest_uri)
        bodies.append(objects.read_bytes(s3, uri))
    assert bodies[0] == bodies[1]


def test_without_the_last_step_there_is_no_data_set_and_the_next_time_goes_on(
    s3, s3_folder, prepared, documents, monkeypatch
):
    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(writing.manifest, "write_manifest", interrupted)
        with pytest.raises(KeyboardInterrupt):
            prepared(documents)
    assert objects.size_of(s3, s3_folder.child("manifest.json")) is None
    read = []
    monkeypatch.setattr(RenderPool, "render", lambda *_: read.append(1))
    assert prepared(documents).train_records == 8
    assert read == []


def test_a_page_that_is_too_large_for_the_service_is_left_out_and_listed(prepared, documents):
    noise = Image.effect_noise((300, 400), 90)
    noise.save(documents / "invoice" / "noise.png")
    small = replace(OPEN_WEIGHTS, max_image_bytes=40_000)
    (skipped,) = prepared(documents, rules=small).skipped
    assert skipped.name == "invoice/noise.png"
    assert "at most 40000 are allowed: use a smaller longest edge" in skipped.reason


def test_a_document_that_could_not_be_read_once_is_read_the_next_time(prepared, documents, monkeypatch):
    read = RenderPool.render

    def failing_once(renderers, document, rendering):
        if document.name == "invoice/001.png":
            return RenderedDocument(reason="there was too little memory to read it", is_final=False)
        return read(renderers, document, rendering)

    with monkeypatch.context() as patch:
        patch.setattr(RenderPool, "render", failing_once)
        (skipped,) = prepared(documents).skipped
    assert str(skipped) == "invoice/001.png: there was too little memory to read it"
    assert prepared(documents).skipped == ()


def test_so_many_of_each_label_are_drawn(prepared, tmp_path):
    folder = write_folder(tmp_path / "documents", {"a": 20, "b": 9})
    dataset = prepared(folder, plan={"per_label": 10})
    labels = [one.label for one in dataset.manifest.documents]
    assert (labels.count("a"), labels.count("b")) == (10, 9)


def test_a_label_whose_documents_are_all_broken_is_an_error(prepared, tmp_path):
    folder = write_folder(tmp_path / "documents", {"a": 6, "b": 6})
    for number, path in enumerate((folder / "b").iterdir()):
        path.write_bytes(b"broken %d" % number)
    with pytest.raises(InvalidDocuments, match="No document is left to train on for 'b'") as refused:
        prepared(folder)
    assert str(refused.value).count("neither a PDF nor an image") == 6


def test_nothing_is_written_when_the_family_would_refuse_it(s3, s3_folder, prepared, tmp_path):
    folder = write_folder(tmp_path / "documents", {"a": 3, "b": 3})
    with pytest.raises(InvalidRecords, match="at least 8"):
        prepared(folder, rules=NOVA)
    assert not [uri for uri in objects.list_objects(s3, s3_folder.child("")) if uri.key.endswith(".jsonl")]


def test_every_document_is_shown_as_it_is_done(prepared, documents):
    seen = []
    prepared(documents, on_document=lambda done, total: seen.append((done, total)))
    assert seen == [(number, 12) for number in range(1, 13)]


def test_labels_that_no_key_may_hold_are_kept_in_the_answers(s3, prepared, tmp_path):
    labels = {"Lettre à la clientèle": 3, "発注書": 3, "a+b=c": 3}
    dataset = prepared(write_folder(tmp_path / "documents", labels))
    assert {label_of(record.answer) for record in records_at(s3, dataset.train_uri)} == set(labels)


def test_labels_of_odd_signs_reach_the_records_and_the_prompt(s3, prepared, tmp_path):
    labels = {"credit|debit": 3, 'a "quoted" label': 3, "a{b}": 3, "back\\slash": 3}
    dataset = prepared(write_folder(tmp_path / "documents", labels))
    assert {label_of(record.answer) for record in records_at(s3, dataset.train_uri)} == set(labels)
    again = read_manifest(s3, dataset.manifest_uri).classification_prompt()
    assert again.task == records_at(s3, dataset.train_uri)[0].messages[0].content[0].text
    assert "| credit\\|debit | credit\\|debit |" in again.task


def test_a_model_is_asked_what_it_was_trained_on_though_the_prompt_is_written_otherwise_today(
    prepared, documents
):
    dataset = prepared(documents)
    manifest = dataset.manifest
    earlier = msgspec.structs.replace(
        manifest, prompt=msgspec.structs.replace(manifest.prompt, task="What is it?")
    )
    assert earlier.classification_prompt().task == "What is it?"


def test_labels_that_look_alike_are_among_the_notes(prepared, tmp_path):
    dataset = prepared(write_folder(tmp_path / "documents", {"Invoice": 3, "invoice": 3}))
    *_, note = dataset.notes
    assert "'Invoice' and 'invoice' differ only in case" in note


def test_a_prompt_about_other_labels_is_refused_before_anything_is_read(prepared, documents):
    with pytest.raises(InvalidDocuments, match="'news article'"):
        prepared(documents, prompt=classification_prompt(["invoice"]))


def test_a_full_disk_is_one_clear_error(prepared, documents, monkeypatch):
    def no_space(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(writing, "download_file", no_space)
    with pytest.raises(DiskFull, match=r"No space is left to write under .*test-pages"):
        prepared(documents)


@pytest.mark.parametrize(("prefix", "owner"), [("dt=2026", OWNER), ("a b", OWNER), ("fine", "me")])
def test_a_destination_that_bedrock_refuses_is_refused_before_anything_is_done(prefix, owner):
    with pytest.raises(InvalidConfig, match="destination"):
        Destination(bucket="bucket", prefix=prefix, owner=owner)


@pytest.mark.parametrize(
    "prefix", ["/x", "x//", "a//b", "/", "./x", "a/../b", "a/.", "..", "a\\b", "x" * 900]
)
def test_a_destination_that_a_server_may_take_for_another_is_refused(prefix):
    with pytest.raises(InvalidConfig, match=r"not a destination that Bedrock accepts: it (has|must)"):
        Destination(bucket="bucket", prefix=prefix, owner=OWNER)


@pytest.mark.parametrize("prefix", ["", "x", "x/", "a/b.c/..d", "x" * 870])
def test_a_destination_is_a_folder_with_or_without_its_last_slash(prefix):
    place = Destination(bucket="bucket", prefix=prefix, owner=OWNER).folder
    assert str(place.child("y")) == "/".join(["s3://bucket", *filter(None, prefix.split("/")), "y"])


def test_the_record_has_the_seeds_shape(s3, prepared, documents):
    body = objects.read_bytes(s3, S3Uri.parse(prepared(documents).train_uri))
    record = json.loads(body.splitlines()[0])
    assert list(record) == ["schemaVersion", "system", "messages"]
    assert [next(iter(block)) for block in record["messages"][0]["content"]] == ["text", "image"]


def test_every_manifest_stays_under_the_name_of_its_content(s3, s3_folder, prepared, documents):
    first, second = prepared(documents), prepared(documents, plan={"seed": 1})
    assert first.manifest_uri == second.manifest_uri
    assert read_manifest(s3, second.manifest_uri) == second.manifest != first.manifest
    kept = {place.key.rpartition("/")[2] for place in objects.list_objects(s3, s3_folder.child("manifests/"))}
    assert len(kept) == 2
    for made in (first, second):
        assert read_manifest(s3, kept_place(s3_folder, made.manifest)) == made.manifest


def test_a_manifest_of_a_newer_kind_is_refused_by_its_kind_whatever_its_members_are(s3, s3_folder):
    place = s3_folder.child("manifest.json")
    objects.upload_bytes(s3, place, b'{"schema_version": "burnish-dataset-2", "documents": 7}')
    with pytest.raises(
        InvalidRecords, match=r"of the kind 'burnish-dataset-2'.*use the version that wrote it"
    ):
        read_manifest(s3, place)


@pytest.mark.parametrize(
    ("place", "folder"),
    [
        ("s3://b/set", "s3://b/set"),
        ("s3://b/set/", "s3://b/set"),
        ("s3://b/set/manifest.json", "s3://b/set"),
        ("s3://b/set/manifests/0123456789abcdef.json", "s3://b/set"),
        ("s3://b/set/train-0123456789abcdef.jsonl", "s3://b/set"),
        ("s3://b/manifests/manifest.json", "s3://b/manifests"),
        ("s3://b/manifests/train-0123.jsonl", "s3://b/manifests"),
        ("s3://b/my-manifests/0123.json", "s3://b/my-manifests"),
        ("s3://b/manifest.json", "s3://b/"),
        ("s3://b/manifests/0123456789abcdef.json", "s3://b/"),
    ],
)
def test_a_data_set_is_in_one_folder_whatever_of_it_is_named(place, folder):
    assert str(folder_of(place)) == folder
