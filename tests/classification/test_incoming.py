"""Documents without labels, whatever they come from."""

from __future__ import annotations

import io

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
