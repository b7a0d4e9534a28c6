"""Sources: one contract for all of them, and what is particular to each."""

import json
import os
import shutil
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from page_files import write_folder, write_page

from burnish.aws.objects import S3Uri, upload_file
from burnish.datasets.documents import Part, require_types
from burnish.datasets.sources import (
    FolderSource,
    HuggingFaceSource,
    LabelStudioSource,
    ManifestSource,
    S3Source,
    read_folder,
    source_named,
)
from burnish.errors import InvalidDocuments

COUNTS = {"invoice": 3, "lettre à la clientèle": 2}


@pytest.fixture
def folder(tmp_path) -> Path:
    """The documents that every source is to give, an empty one among them."""
    folder = write_folder(tmp_path / "documents", COUNTS)
    (folder / "invoice" / "nothing.png").write_bytes(b"")
    return folder


def as_folder(folder, _):
    return FolderSource(path=folder)


def as_csv(folder, _):
    rows = [f"{path.relative_to(folder)},{path.parent.name}" for path in sorted(folder.rglob("*.png"))]
    file = folder / "labels.csv"
    file.write_text("\n".join(["path,label", *rows]), encoding="utf-8")
    return ManifestSource(path=file)


def as_jsonl(folder, _):
    rows = [{"path": str(path), "label": path.parent.name} for path in sorted(folder.rglob("*.png"))]
    file = folder.parent / "labels.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    return ManifestSource(path=file)


def as_label_studio(folder, _):
    flat = folder.parent / "export"
    flat.mkdir()
    tasks = []
    for number, path in enumerate(sorted(folder.rglob("*.png"))):
        name = f"0123abcd-{number}-{path.name}"
        shutil.copy(path, flat / name)
        choice = {"type": "choices", "value": {"choices": [path.parent.name]}}
        annotations = [{"result": [choice], "was_cancelled": False}]
        tasks.append({"data": {"image": f"/data/upload/1/{name}"}, "annotations": annotations})
    (flat / "export.json").write_text(json.dumps(tasks))
    return LabelStudioSource(path=flat / "export.json")


def as_s3(folder, request):
    place = request.getfixturevalue("s3_folder")
    s3 = request.getfixturevalue("s3")
    for path in folder.rglob("*.png"):
        upload_file(s3, S3Uri(place.bucket, f"{place.key}/{path.relative_to(folder)}"), path)
    return S3Source(uri=str(place), s3=s3, cache=folder.parent / "cache")


def as_hugging_face(folder, _):
    datasets = pytest.importorskip("datasets", reason="Hugging Face's datasets is not installed")
    features = datasets.Features(
        {"page": datasets.Image(), "kind": datasets.ClassLabel(names=sorted(COUNTS, reverse=True))}
    )
    paths = sorted(folder.rglob("*.png"))
    rows = {
        "page": [{"bytes": path.read_bytes(), "path": None} for path in paths],
        "kind": [path.parent.name for path in paths],
    }
    datasets.Dataset.from_dict(rows, features=features).save_to_disk(str(folder.parent / "on-disk"))
    return HuggingFaceSource(name=str(folder.parent / "on-disk"), cache=folder.parent / "cache")


SOURCES = [as_folder, as_csv, as_jsonl, as_label_studio, as_s3, as_hugging_face]


@pytest.fixture(params=SOURCES, ids=lambda make: make.__name__.removeprefix("as_"))
def source(request, folder):
    return request.param(folder, request)


def test_every_source_gives_the_same_documents_with_their_labels(source, folder):
    expected = {(one.label, one.digest) for one in read_folder(folder).documents}
    found = source.read()
    assert {(one.label, one.digest) for one in found.documents} == expected
    assert found.labels == tuple(sorted(COUNTS))


def test_every_source_lists_what_is_left_out_with_its_reason(source):
    assert [one.reason for one in source.read().skipped] == ["it is empty"]


def test_every_source_gives_the_same_twice_in_the_order_of_names(source):
    first, second = source.read(), source.read()
    assert first == second
    names = [one.name for one in first.documents]
    assert names == sorted(names)
    assert len(set(names)) == len(names)


def test_every_source_gives_files_that_are_there(source):
    assert all(one.path.is_file() for one in source.read().documents)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("s3://bucket/documents", S3Source),
        ("hf:owner/name", HuggingFaceSource),
        ("labels.csv", ManifestSource),
        ("labels.JSONL", ManifestSource),
        ("export.json", LabelStudioSource),
        ("documents", FolderSource),
    ],
)
def test_a_text_names_its_source(text, kind):
    assert isinstance(source_named(text), kind)


def test_a_file_that_is_no_source_is_told_what_is_one(tmp_path):
    with pytest.raises(InvalidDocuments, match=r"a folder with a sub-folder for each type, a \.csv"):
        source_named(str(write_page(tmp_path / "one.png", "x")))


# Folders


def test_each_sub_folder_is_a_label_at_any_depth(tmp_path):
    write_folder(tmp_path, {"letter": 2, "invoice": 3})
    write_page(tmp_path / "letter" / "2026" / "deep.TIFF", "deep")
    found = read_folder(tmp_path)
    assert found.labels == ("invoice", "letter")
    assert [one.name for one in found.documents if one.label == "letter"] == [
        *("letter/000.png", "letter/001.png", "letter/2026/deep.TIFF"),
    ]


@pytest.mark.parametrize("suffix", [".pdf", ".PDF", ".png", ".jpg", ".JPEG", ".tif", ".Tiff", ".webp"])
def test_every_kind_of_page_is_taken_whatever_its_case(tmp_path, suffix):
    assert len(read_folder(write_folder(tmp_path, {"a": 3, "b": 3}, suffix)).documents) == 6


def test_what_cannot_be_used_is_listed_with_the_reason(tmp_path):
    write_folder(tmp_path, {"a": 3, "b": 3})
    (tmp_path / "a" / "notes.docx").write_bytes(b"x")
    (tmp_path / "a" / "nothing.pdf").write_bytes(b"")
    (tmp_path / "stray.png").write_bytes(b"x")
    (tmp_path / "b" / "gone.png").symlink_to(tmp_path / "nowhere.png")
    reasons = {one.name: one.reason for one in read_folder(tmp_path).skipped}
    assert "'.docx'" in reasons.pop("a/notes.docx")
    assert reasons.pop("a/nothing.pdf") == "it is empty"
    assert "no folder" in reasons.pop("stray.png")
    assert "link" in reasons.pop("b/gone.png")
    assert reasons == {}


def test_hidden_files_and_folders_are_passed_over_and_told(tmp_path):
    write_folder(tmp_path, {"a": 3, "b": 3, ".git": 3})
    (tmp_path / "a" / ".DS_Store").write_bytes(b"x")
    found = read_folder(tmp_path)
    assert (found.labels, found.skipped) == (("a", "b"), ())
    assert found.notes[0].endswith("2 labels; `.DS_Store`, `.git` ignored")


def test_a_second_copy_of_a_file_is_listed_even_under_another_label(tmp_path):
    write_folder(tmp_path, {"a": 3, "b": 4})
    (tmp_path / "b" / "copy.png").write_bytes((tmp_path / "a" / "000.png").read_bytes())
    found = read_folder(tmp_path)
    assert len(found.documents) == 7
    assert found.skipped[0].reason == "the same file as a/000.png, labelled 'a' and not 'b': resolve it"


def test_folders_for_parts_are_parts_and_not_labels(tmp_path):
    for name in ("Train", "val", "test"):
        write_folder(tmp_path / name, {"a": 1, "b": 1})
    write_page(tmp_path / "val" / "a" / "more.png", "more")
    found = read_folder(tmp_path)
    assert found.labels == ("a", "b")
    assert {one.part for one in found.documents} == {Part.TRAIN, Part.VALIDATION}
    # The same files stand in all three: the one to train on is kept.
    assert [one.name for one in found.documents if one.part is Part.VALIDATION] == ["val/a/more.png"]


def test_a_folder_that_happens_to_be_named_test_is_a_label(tmp_path):
    assert read_folder(write_folder(tmp_path, {"test": 2, "letter": 2})).labels == ("letter", "test")


def test_a_label_with_too_few_documents_is_named_with_all_others(tmp_path):
    found = read_folder(write_folder(tmp_path, {"a": 3, "b": 1, "c": 2}))
    with pytest.raises(InvalidDocuments, match=r"at least 3 different documents .*'b' has 1, 'c' has 2"):
        require_types(found, 3, remedy="")


def test_one_label_is_not_enough_and_none_is_told_where_to_go(tmp_path):
    found = read_folder(write_folder(tmp_path / "one", {"a": 5}))
    with pytest.raises(InvalidDocuments, match="one type only, 'a'"):
        require_types(found, 1, remedy="")
    write_page(tmp_path / "flat" / "one.png", "one")
    with pytest.raises(InvalidDocuments, match=r"no labelled documents \(1 were left out: one\..*do this"):
        require_types(read_folder(tmp_path / "flat"), 1, remedy="do this")


def test_a_folder_that_is_not_there_or_is_a_file(tmp_path):
    with pytest.raises(InvalidDocuments, match="does not exist"):
        read_folder(tmp_path / "missing")
    with pytest.raises(InvalidDocuments, match="is a file"):
        read_folder(write_page(tmp_path / "one.png", "one"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_listed(tmp_path):
    write_folder(tmp_path, {"a": 2, "b": 2})
    (tmp_path / "a" / "000.png").chmod(0)
    assert "may not be read" in read_folder(tmp_path).skipped[0].reason


# Hostile files


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=300), suffix=st.sampled_from([".csv", ".jsonl", ".json"]))
def test_no_file_whatever_crashes_a_source(tmp_path, body, suffix):
    file = tmp_path / f"any{suffix}"
    file.write_bytes(body)
    with suppress(InvalidDocuments):
        source_named(str(file)).read()
