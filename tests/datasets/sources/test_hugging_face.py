"""Data sets of Hugging Face: labels by the features' own names, images by their content."""

import io
import re
from pathlib import Path

import pytest
from label_studio_exports import lay_out
from PIL import Image

from burnish.datasets.documents import Documents, Part
from burnish.datasets.sources import HuggingFaceSource
from burnish.datasets.sources.hugging_face_rows import UnusableRow, file_of
from burnish.errors import InvalidDocuments

datasets = pytest.importorskip("datasets", reason="Hugging Face's datasets is not installed")

KINDS = datasets.ClassLabel(names=["memo", "letter"])


def picture(number: int, kind: str = "PNG") -> bytes:
    """An image like no other, in a format."""
    body, image = io.BytesIO(), Image.new("RGB", (40, 40), (number, 0, 0))
    more = {"save_all": True, "append_images": [image]} if kind == "MPO" else {}
    image.save(body, kind, **more)
    return body.getvalue()


def stored(labels, feature, **columns):
    """A data set with an image for each label, and with more columns."""
    images = [{"bytes": picture(number), "path": None} for number in range(len(labels))]
    features = {
        "page": datasets.Image(),
        "kind": feature,
        **{name: one for name, (one, _) in columns.items()},
    }
    rows = {"page": images, "kind": labels, **{name: values for name, (_, values) in columns.items()}}
    return datasets.Dataset.from_dict(rows, features=datasets.Features(features))


def read(whole, folder, **options) -> Documents:
    whole.save_to_disk(str(folder / "on-disk"))
    options = {"label_column": "kind", **options}
    return HuggingFaceSource(name=str(folder / "on-disk"), cache=folder / "cache", **options).read()


def labels(found: Documents) -> list[str]:
    return [one.label for one in found.documents]


@pytest.mark.parametrize(
    ("feature", "values", "expected"),
    [
        (KINDS, [0, 1, 0], ["memo", "letter", "memo"]),
        (datasets.ClassLabel(num_classes=2), [0, 1], ["0", "1"]),
        (datasets.Value("int64"), [0, 1, 0], ["0", "1", "0"]),
        (datasets.Value("float64"), [0.0, 1.0, 0.5], ["0", "1", "0.5"]),
        (datasets.Value("bool"), [False, True], ["false", "true"]),
        (datasets.Value("string"), ["0", "", "memo"], ["0", "memo"]),
        (datasets.List(KINDS), [[0], [1]], ["memo", "letter"]),
    ],
)
def test_a_class_id_is_a_label_from_0_on(tmp_path, feature, values, expected):
    assert labels(read(stored(values, feature), tmp_path)) == expected


@pytest.mark.parametrize(
    ("feature", "values"),
    [
        (KINDS, [0, -1, None]),
        (datasets.Value("int64"), [0, -1, None]),
        (datasets.Value("float64"), [0.0, float("nan"), -1.0]),
        (datasets.Value("bool"), [True, None, None]),
        (datasets.Value("string"), ["memo", " ", None]),
        (datasets.List(KINDS), [[0], [], [-1]]),
    ],
)
def test_a_row_without_a_label_is_left_out(tmp_path, feature, values):
    found = read(stored(values, feature), tmp_path)
    assert [str(one) for one in found.skipped] == [
        *("train/0000001: it has no label", "train/0000002: it has no label"),
    ]
    assert len(found.documents) == 1


def test_several_labels_in_a_row_are_none(tmp_path):
    found = read(stored([[0, 1], [1, 1]], datasets.List(KINDS)), tmp_path)
    assert labels(found) == ["letter"]
    assert [one.reason for one in found.skipped] == ["it was labelled in several ways: letter, memo"]


@pytest.mark.parametrize("number", [-2, 2])
def test_a_number_without_a_name_is_no_label(tmp_path, number):
    whole = stored([0, number], datasets.Value("int64"))
    whole.info.features["kind"] = KINDS  # as a data set has it whose names were cut off
    found = read(whole, tmp_path)
    assert [one.reason for one in found.skipped] == [
        f"its label is number {number}, and the features name 2, from 0 on"
    ]


def test_what_is_no_label_is_said(tmp_path):
    found = read(
        stored([0], KINDS, more=(datasets.Image(), [{"bytes": b"x"}])),
        tmp_path,
        label_column="more",
        image_column="page",
    )
    assert [one.reason for one in found.skipped] == [
        "its label is neither text nor a number, but of type dict"
    ]


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"legibility": (KINDS, [1])}, r"several columns .*page \(Image\), kind \(ClassLabel\), legibility"),
        ({"label": (datasets.Value("string"), ["x"])}, r"several columns .*label \(Value\)"),
        ({"stamp": (datasets.Image(), [{"bytes": b"x"}])}, r"several columns .*stamp \(Image\)"),
    ],
)
def test_columns_are_never_guessed(tmp_path, more, says):
    with pytest.raises(InvalidDocuments, match=says + r".*: name that of the labels with --control NAME"):
        read(stored([0], KINDS, **more), tmp_path, label_column=None)


def test_the_columns_may_be_named(tmp_path):
    whole = stored([0], KINDS, legibility=(KINDS, [1]), stamp=(datasets.Image(), [{"bytes": picture(9)}]))
    found = read(whole, tmp_path, label_column="legibility", image_column="stamp")
    assert [(one.label, one.path.read_bytes()) for one in found.documents] == [("letter", picture(9))]
    with pytest.raises(InvalidDocuments, match=r"no columns that are known .*page \(Image\), kind"):
        read(whole, tmp_path / "again", image_column="picture")


@pytest.mark.parametrize(
    ("body", "suffix"),
    [
        (picture(1), ".png"),
        (picture(1, "JPEG"), ".jpeg"),
        (picture(1, "MPO"), ".jpeg"),
        (picture(1, "TIFF"), ".tiff"),
        (picture(1, "WEBP"), ".webp"),
        (b"%PDF-1.7", ".pdf"),
    ],
)
def test_an_image_is_what_its_content_says(tmp_path, body, suffix):
    whole = stored([0, 1], KINDS)
    rows = {"page": [{"bytes": body, "path": "scan.gif"}], "kind": [0]}
    (one,) = read(datasets.Dataset.from_dict(rows, features=whole.features), tmp_path).documents
    assert (one.path.suffix, one.path.read_bytes()) == (suffix, body)


def test_a_row_without_an_image_is_left_out(tmp_path):
    features = datasets.Features({"page": datasets.Image(decode=False), "kind": KINDS})
    rows = {"page": [None, {"bytes": picture(1), "path": None}], "kind": [0, 1]}
    found = read(datasets.Dataset.from_dict(rows, features=features), tmp_path)
    assert [str(one) for one in found.skipped] == ["train/0000000: it has no image"]


def test_an_image_may_be_a_file_that_the_data_set_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    places = (tmp_path / "here.png", tmp_path / "no-suffix", tmp_path / "set" / "beside.png")
    (tmp_path / "set").mkdir()
    for number, path in enumerate(places):
        path.write_bytes(picture(number))
    for number, said in enumerate(("here.png", str(places[1]), "beside.png")):
        path = file_of({"bytes": None, "path": said}, beside=tmp_path / "set", cache=tmp_path / "cache")
        assert (path.read_bytes(), path.suffix) == (picture(number), ".png")


@pytest.mark.parametrize(
    ("image", "says"),
    [
        (None, "it has no image"),
        ({"bytes": None, "path": None}, "it has no image"),
        ({"path": "gone.png"}, "its image is not in the data set, and there is no file 'gone.png'"),
        ({"path": "hf://datasets/a/b.png"}, "there is no file 'hf://datasets/a/b.png'"),
        ({"path": "x" * 999}, "its image is not in the data set"),
        ({"path": "two.png"}, "its image may be 'set/two.png' or 'two.png'"),
    ],
)
def test_an_image_that_is_not_there_or_in_two_places_is_said(tmp_path, monkeypatch, image, says):
    monkeypatch.chdir(tmp_path)
    lay_out(tmp_path, "two.png", "set/two.png")
    with pytest.raises(UnusableRow, match=re.escape(says)):
        file_of(image, beside=Path("set"), cache=tmp_path / "cache")


def test_parts_of_a_data_set_are_parts_and_others_are_named(tmp_path):
    whole = stored([0, 1, 0, 1], KINDS)
    parts = {"train": whole.select([0]), "test": whole.select([1]), "extra": whole.select([2, 3])}
    found = read(datasets.DatasetDict(parts), tmp_path)
    assert [one.part for one in found.documents] == [None, None, Part.TEST, Part.TRAIN]
    assert found.notes == ("Parts with other names are not kept apart: 'extra'",)


def test_a_data_set_that_cannot_be_loaded_is_named(tmp_path):
    (tmp_path / "nothing").mkdir()
    with pytest.raises(InvalidDocuments, match=r"nothing' cannot be loaded"):
        HuggingFaceSource(name=str(tmp_path / "nothing")).read()
