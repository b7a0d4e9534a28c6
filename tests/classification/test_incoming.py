"""Documents without labels, whatever they come from."""

from __future__ import annotations

import io
import json

import pytest
from PIL import Image

from burnish.classification.incoming import documents_in
from burnish.errors import InvalidDocuments


def no_s3():
    raise AssertionError


def picture(shade: int) -> bytes:
    body = io.BytesIO()
    Image.new("L", (40, 40), shade).save(body, "PNG")
    return body.getvalue()


@pytest.mark.parametrize("prefix", ["", "hf:"])
def test_a_data_set_of_hugging_face_needs_no_labels(tmp_path, monkeypatch, prefix):
    datasets = pytest.importorskip("datasets", reason="Hugging Face's datasets is not installed")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    images = [{"bytes": picture(10), "path": None}, None, {"bytes": picture(30), "path": None}]
    whole = datasets.Dataset.from_dict(
        {"page": images}, features=datasets.Features({"page": datasets.Image()})
    )
    whole.save_to_disk(str(tmp_path / "set"))
    found = list(documents_in([f"{prefix}{tmp_path / 'set'}"], no_s3))
    assert [one.name for one in found] == [f"train/{at:07}" for at in range(3)]
    assert [one.reason for one in found] == [None, "it has no image", None]
    assert found[0].path.read_bytes() == picture(10)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("list.csv", "Path\nb.png\nin/a.png\n./b.png\ngone.png\nhttps://x/c.png\n"),
        ("list.tsv", "path\tlabel\nb.png\tmemo\nin/a.png\t\ngone.png\t\nhttps://x/c.png\t\n"),
        (
            "list.jsonl",
            '{"path": "b.png"}\n{"path": "in\\\\a.png"}\n{"path": "gone.png"}\n{"path": "https://x/c.png"}\n',
        ),
    ],
)
def test_a_list_of_paths_names_each_document_once_beside_it(tmp_path, name, text):
    (tmp_path / "in").mkdir()
    (tmp_path / "b.png").write_bytes(picture(1))
    (tmp_path / "in" / "a.png").write_bytes(picture(2))
    (tmp_path / name).write_text(text)
    found = list(documents_in([str(tmp_path / name)], no_s3))
    assert [one.path.name for one in found[:2]] == ["b.png", "a.png"]
    assert [one.reason is None for one in found] == [True, True, False, False]
    assert "No such file" in found[2].reason
    assert "it is a URL" in found[3].reason


def test_names_in_several_lists_are_told_apart(tmp_path):
    for folder in "ab":
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "one.png").write_bytes(picture(ord(folder)))
        (tmp_path / folder / "list.csv").write_text("path\none.png\n")
    lists = [str(tmp_path / folder / "list.csv") for folder in "ab"]
    assert [one.name for one in documents_in(lists, no_s3)] == [f"{one}/one.png" for one in lists]


def test_a_list_without_paths_names_the_line(tmp_path):
    (tmp_path / "list.csv").write_text("document\na.png\n")
    with pytest.raises(InvalidDocuments, match="line 1: there is no path; it has document"):
        list(documents_in([str(tmp_path / "list.csv")], no_s3))


def test_an_export_of_label_studio_needs_no_annotations(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "1.png").write_bytes(picture(ord(folder)))
    chosen = {"from_name": "type", "to_name": "image", "type": "choices", "value": {"choices": ["memo"]}}
    tasks = [
        {"id": 1, "data": {"image": "/data/local-files/?d=a/1.png"}},
        {"id": 2, "data": {"image": "b/1.png"}, "annotations": [{"result": [chosen]}]},
        {"id": 3, "data": {"image": "b/2.png"}, "annotations": []},
        {"id": 4, "data": {"text": "no document"}},
        {"id": 5, "data": {"image": "1.png"}},
    ]
    (tmp_path / "export.json").write_text(json.dumps(tasks))
    found = list(documents_in([str(tmp_path / "export.json")], no_s3))
    assert [one.path.parent.name for one in found[:2]] == ["a", "b"]
    assert [one.reason is None for one in found] == [True, True, False, False, False]
    assert "there is no such file" in found[2].reason
    assert "not clear which file" in found[4].reason


def test_names_of_several_places_are_told_apart(tmp_path):
    for folder in "ab":
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "one.png").write_bytes(picture(ord(folder)))
    found = documents_in([str(tmp_path / "a"), str(tmp_path / "b")], no_s3)
    assert [one.name for one in found] == [f"{tmp_path}/a/one.png", f"{tmp_path}/b/one.png"]


def test_a_place_without_documents_is_an_error(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InvalidDocuments, match="holds no documents"):
        list(documents_in([str(tmp_path / "empty")], no_s3))
