"""A new version holds what was decided; the version before and the held-out documents stay as they are."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest
from page_files import written_page
from PIL import Image

from burnish.aws import objects
from burnish.aws.objects import S3Uri
from burnish.datasets.documents import Part
from burnish.datasets.manifest import read_manifest
from burnish.datasets.pages import Rendering
from burnish.datasets.prepare import prepare_dataset
from burnish.datasets.prepared import Destination, Preparation
from burnish.datasets.revising import DatasetStore, DecidedDocument, revise_dataset
from burnish.datasets.sources import read_folder
from burnish.datasets.splitting import SplitPlan
from burnish.datasets.versions import Relabelling, difference_between, version_place, versions_of
from burnish.errors import InvalidConfig, InvalidRecords
from burnish.families import family_named
from burnish.records import label_of, record_of

OWNER = "123456789012"
RULES = family_named("open_weights").tuning("local.any-v1:0").rules
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """No test knows what another has read."""
    monkeypatch.setenv("BURNISH_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def labelled(tmp_path):
    """A folder of five documents per label, each unlike the others."""
    folder = tmp_path / "labelled"
    for label in ("invoice", "letter"):
        (folder / label).mkdir(parents=True)
        for number in range(5):
            written_page(f"{label} {number}").save(folder / label / f"{number}.png")
    return folder


@pytest.fixture
def prepared(s3, s3_folder, labelled):
    """Prepares the folder, and returns where it went."""

    def run(**options):
        prepare_dataset(
            read_folder(labelled),
            s3=s3,
            destination=Destination(bucket=s3_folder.bucket, prefix=s3_folder.key, owner=OWNER),
            preparation=Preparation(
                rules=RULES, plan=SplitPlan(test_share=0.2, validation_share=0.2), **options
            ),
        )
        return str(s3_folder)

    return run


@pytest.fixture
def store(s3):
    return DatasetStore(s3=s3, owner=OWNER, rules=RULES)


@pytest.fixture
def incoming(tmp_path):
    """Makes a new file with a page."""

    def make(name, image=None):
        path = tmp_path / "incoming" / name
        path.parent.mkdir(exist_ok=True)
        (image or written_page(f"new {name}")).save(path)
        return path

    return make


def decided(path, label, *, by="Ada", extent=None, name=None):
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return DecidedDocument(
        path=path,
        name=name or path.name,
        digest=digest,
        label=label,
        by=by,
        at=AT,
        before="letter",
        extent=extent,
    )


def file_of(labelled, manifest, part, label="invoice"):
    """The file and the name of a document of a part."""
    name = next(one.name for one in manifest.documents if one.part is part and one.label == label)
    return labelled / name, name


def training_labels(s3, manifest):
    body = objects.read_bytes(s3, S3Uri.parse(manifest.files[Part.TRAIN].uri))
    return sorted(label_of(record_of(line).answer) for line in body.splitlines())


def test_decided_documents_are_trained_on_with_who_decided_and_the_version_before(
    s3, prepared, store, incoming
):
    place = prepared()
    before = read_manifest(s3, place)
    made = revise_dataset(place, [decided(incoming("a.png"), "invoice")], store)
    assert made.added == ("a.png",)
    after = read_manifest(s3, place)
    assert after == read_manifest(s3, made.place) == made.manifest
    assert training_labels(s3, after) == sorted([*training_labels(s3, before), "invoice"])
    (decision,) = after.lineage.decisions
    assert (decision.by, decision.at, decision.before, decision.after) == ("Ada", AT, "letter", "invoice")
    body = objects.read_bytes(s3, S3Uri.parse(after.lineage.parent))
    assert hashlib.sha256(body).hexdigest() == after.lineage.parent_sha256
    assert read_manifest(s3, after.lineage.parent) == before


def test_the_held_out_parts_are_the_same_files_page_by_page(s3, prepared, store, incoming):
    place = prepared()
    before = read_manifest(s3, place)
    after = revise_dataset(place, [decided(incoming("a.png"), "invoice")], store).manifest
    for part in (Part.VALIDATION, Part.TEST):
        assert after.files[part] == before.files[part]
        assert after.pages_of(part) == before.pages_of(part)
    assert after.prompt == before.prompt


def test_a_decision_about_a_training_document_relabels_or_removes_it(s3, prepared, store, labelled):
    place = prepared()
    before = read_manifest(s3, place)
    relabelled, name = file_of(labelled, before, Part.TRAIN)
    removed, gone = file_of(labelled, before, Part.TRAIN, "letter")
    decisions = [decided(relabelled, "letter", name=name), decided(removed, None, name=gone)]
    made = revise_dataset(place, decisions, store)
    assert (made.added, made.relabelled, made.removed) == ((), (name,), (gone,))
    difference = difference_between(before, made.manifest)
    assert difference.relabelled == (Relabelling(document=name, before="invoice", after="letter"),)
    assert difference.removed == (gone,)
    assert difference.same_held_out
    assert str(difference).startswith("1 relabelled, 1 removed; the held-out documents are the same")


def test_a_held_out_document_and_what_looks_like_one_are_not_trained_on(
    s3, prepared, store, labelled, incoming
):
    place = prepared()
    before = read_manifest(s3, place)
    held_out, name = file_of(labelled, before, Part.TEST)
    with Image.open(held_out) as page:
        scanned_again = incoming("again.jpg", page.convert("L").resize((290, 387)))
    made = revise_dataset(
        place, [decided(held_out, "letter", name=name), decided(scanned_again, "invoice")], store
    )
    assert not made.is_new
    assert {one.name: one.reason for one in made.left_out} == {
        name: "it is a test document: models are measured on those",
        "again.jpg": f"it looks like {name}, which is held out for test",
    }
    assert read_manifest(s3, place) == before


def test_leaks_are_found_on_a_machine_that_has_not_prepared_the_data_set(
    s3, prepared, store, labelled, incoming, monkeypatch, tmp_path
):
    place = prepared()
    held_out, _ = file_of(labelled, read_manifest(s3, place), Part.VALIDATION)
    with Image.open(held_out) as page:
        again = incoming("again.jpg", page.convert("L").resize((290, 387)))
    monkeypatch.setenv("BURNISH_CACHE", str(tmp_path / "another cache"))
    made = revise_dataset(place, [decided(again, "invoice")], store)
    assert "held out for validation" in made.left_out[0].reason


def test_a_copy_of_a_training_document_joins_its_group(s3, prepared, store, labelled, incoming):
    place = prepared()
    original, name = file_of(labelled, read_manifest(s3, place), Part.TRAIN)
    with Image.open(original) as page:
        copy = incoming("copy.jpg", page.convert("L").resize((290, 387)))
    made = revise_dataset(place, [decided(copy, "invoice")], store).manifest
    groups = {one.name: one.group for one in made.documents}
    assert groups["copy.jpg"] == groups[name]


def test_a_part_of_a_bundle_is_a_document_with_its_own_pages(s3, prepared, store, tmp_path):
    place = prepared(rendering=Rendering(pages="all"))
    bundle = tmp_path / "bundle.pdf"
    first, *rest = (written_page(f"bundle {number}") for number in range(4))
    first.save(bundle, save_all=True, append_images=rest)
    parts = [
        decided(bundle, label, extent=extent) for label, extent in (("invoice", (1, 1)), ("letter", (2, 4)))
    ]
    made = revise_dataset(place, parts, store)
    assert made.added == ("bundle.pdf, page 1", "bundle.pdf, pages 2-4")
    assert {one.name: len(one.pages) for one in made.manifest.documents if "bundle" in one.name} == {
        "bundle.pdf, page 1": 1,
        "bundle.pdf, pages 2-4": 3,
    }


def test_what_cannot_be_used_as_it_was_decided_is_told(prepared, store, incoming, tmp_path):
    place = prepared()
    changed, gone = incoming("changed.png"), incoming("gone.png")
    decisions = [
        decided(changed, "invoice"),
        decided(gone, "invoice"),
        decided(incoming("new.png"), "memo"),
        decided(incoming("none.png"), None),
    ]
    written_page("something else").save(changed)
    gone.unlink()
    made = revise_dataset(place, decisions, store)
    assert not made.is_new
    assert made.declined == ("none.png",)
    reasons = [one.reason for one in made.left_out]
    assert "its content has changed" in reasons[0]
    assert "cannot be read" in reasons[1]
    assert reasons[2] == "the data set has no label 'memo'"


def test_the_same_decisions_again_make_no_version(s3, prepared, store, incoming):
    place = prepared()
    decisions = [decided(incoming("a.png"), "invoice")]
    first = revise_dataset(place, decisions, store)
    again = revise_dataset(place, decisions, store)
    assert not again.is_new
    assert again.unchanged == 1
    assert again.place == first.place
    assert len(versions_of(s3, place)) == 2


def test_versions_are_listed_each_after_the_one_it_was_made_from(s3, prepared, store, incoming):
    place = prepared()
    for number, by in enumerate(("Ada", "Bob")):
        revise_dataset(place, [decided(incoming(f"{number}.png"), "invoice", by=by)], store)
    first, second, third = versions_of(s3, place)
    assert (first.parent, second.parent, third.parent) == (None, first.uri, second.uri)
    assert [one.is_current for one in (first, second, third)] == [False, False, True]
    assert [one.reviewers for one in (first, second, third)] == [(), ("Ada",), ("Bob",)]
    assert third.parts["train"] == first.parts["train"] + 2
    assert version_place(s3, place, first.name[:6]) == first.uri
    with pytest.raises(InvalidConfig, match="no such version"):
        version_place(s3, place, "nothing")


def test_a_version_is_made_of_an_earlier_one_too(s3, prepared, store, incoming):
    place = prepared()
    revise_dataset(place, [decided(incoming("a.png"), "invoice")], store)
    oldest = versions_of(s3, place)[0]
    made = revise_dataset(oldest.uri, [decided(incoming("b.png"), "letter")], store)
    assert str(made.parent) == oldest.uri
    assert "a.png" not in {one.name for one in made.manifest.documents}


def test_a_label_without_training_documents_is_refused_before_anything_is_written(
    s3, prepared, store, labelled
):
    place = prepared()
    before = read_manifest(s3, place)
    all_invoices = [
        decided(labelled / one.name, None, name=one.name)
        for one in before.documents
        if one.label == "invoice" and one.part is Part.TRAIN
    ]
    with pytest.raises(InvalidRecords, match="no document is left to train on for 'invoice'"):
        revise_dataset(place, all_invoices, store)
    assert read_manifest(s3, place) == before
