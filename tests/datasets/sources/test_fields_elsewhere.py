"""Fields in exports of Label Studio, in data sets of Hugging Face and in S3."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import pytest
from label_studio_exports import annotation, chosen, lay_out, reasons, task
from PIL import Image

from burnish.aws.objects import S3Uri, upload_bytes
from burnish.cli.source_options import SourceOptions, documents_with_fields
from burnish.datasets.documents import Documents, Part
from burnish.datasets.field_schemas import schema_of
from burnish.datasets.sources import (
    HuggingFaceFieldsSource,
    LabelStudioFieldsSource,
    S3FieldsSource,
    read_documents,
)
from burnish.errors import InvalidConfig, InvalidDocuments


def fields(found: Documents) -> list[dict]:
    return [json.loads(one.fields) for one in found.documents]


def png(shade: int) -> bytes:
    body = io.BytesIO()
    Image.new("L", (40, 40), shade).save(body, "PNG")
    return body.getvalue()


def given(control: str, kind: str, value: object, **more: object) -> dict[str, object]:
    """What one annotator entered in a control."""
    return {"from_name": control, "to_name": "image", "type": kind, "value": {kind: value}, **more}


def region(number: int, label: str, text: str) -> list[dict[str, object]]:
    """A rectangle with its label and the text that was read in it, as the templates for OCR have them."""
    own = {"id": f"r{number}"}
    return [
        {**given("bbox", "rectangle", None), **own, "value": {"x": 1, "y": 2, "width": 3, "height": 4}},
        {**given("label", "labels", [label]), **own},
        {**given("transcription", "text", [text]), **own, "type": "textarea"},
    ]


class TestLabelStudio:
    def read(self, folder, *tasks: object) -> Documents:
        (folder / "export.json").write_text(json.dumps(tasks))
        return read_documents(folder / "export.json", task="extraction")

    def test_each_control_is_a_field(self, tmp_path):
        lay_out(tmp_path, "a.pdf")
        results = [
            {**given("vendor", "text", ["Firm A"]), "type": "textarea"},
            chosen("currency", "EUR"),
            given("total", "number", 12.5),
            given("issued", "datetime", "2021-03-05"),
            {**given("note", "text", ["  "]), "type": "textarea"},
        ]
        found = self.read(tmp_path, {"data": {"image": "a.pdf"}, "annotations": [annotation(*results)]})
        assert fields(found) == [
            {"currency": "EUR", "issued": "2021-03-05", "total": 12.5, "vendor": "Firm A"}
        ]

    def test_a_region_is_a_value_of_the_field_that_its_label_names(self, tmp_path):
        lay_out(tmp_path, "a.pdf", "b.pdf")
        one = annotation(
            *region(1, "total", "12.50"), *region(2, "line", "nails"), *region(3, "line", "glue")
        )
        other = annotation(*region(1, "line", "wood"))
        found = self.read(
            tmp_path,
            {"data": {"image": "a.pdf"}, "annotations": [one]},
            {"data": {"image": "b.pdf"}, "annotations": [other]},
        )
        # A list in one document is a list in all, so that the field is of one kind.
        assert fields(found) == [{"line": ["nails", "glue"], "total": "12.50"}, {"line": ["wood"]}]
        assert schema_of(found)["properties"]["line"]["type"] == "array"

    def test_annotators_who_differ_are_told_unless_one_is_the_ground_truth(self, tmp_path):
        lay_out(tmp_path, "a.pdf", "b.pdf")
        both = [annotation(given("total", "number", 1)), annotation(given("total", "number", 2))]
        found = self.read(
            tmp_path,
            {"data": {"image": "a.pdf"}, "annotations": both},
            {"data": {"image": "b.pdf"}, "annotations": [both[0], {**both[1], "ground_truth": True}]},
        )
        assert fields(found) == [{"total": 2}]
        assert "labelled in several ways" in reasons(found)["a.pdf"]

    def test_what_holds_no_fields_is_told(self, tmp_path):
        lay_out(tmp_path, "a.pdf")
        with pytest.raises(InvalidDocuments, match=r"no documents with fields.*nobody has annotated it"):
            self.read(tmp_path, task("a.pdf"))
        with pytest.raises(InvalidDocuments, match=r"JSON-MIN.*export as JSON"):
            self.read(tmp_path, {"image": "a.pdf", "total": "12"})
        with pytest.raises(InvalidDocuments, match="does not exist"):
            LabelStudioFieldsSource(path=tmp_path / "no.json").read()


class TestHuggingFace:
    def stored(self, folder, feature, values, **parts) -> str:
        datasets = pytest.importorskip("datasets", reason="Hugging Face's datasets is not installed")
        features = datasets.Features({"page": datasets.Image(), "truth": feature(datasets)})
        rows = {
            "page": [{"bytes": png(40 + number), "path": None} for number in range(len(values))],
            "truth": values,
        }
        datasets.Dataset.from_dict(rows, features=features).save_to_disk(str(folder / "on-disk"))
        return str(folder / "on-disk")

    def test_fields_are_objects_or_their_json(self, tmp_path):
        def objects(datasets):
            return {"total": datasets.Value("float64"), "issued": datasets.Value("timestamp[s]")}

        day = datetime(2021, 3, 5, tzinfo=UTC).replace(tzinfo=None)
        name = self.stored(tmp_path / "1", objects, [{"total": 1.5, "issued": day}])
        found = HuggingFaceFieldsSource(name=name, cache=tmp_path / "cache").read()
        assert fields(found) == [{"total": 1.5, "issued": "2021-03-05"}]

        texts = ['{"gt_parse": {"total": 2}, "meta": 1}', "{", None]
        name = self.stored(tmp_path / "2", lambda datasets: datasets.Value("string"), texts)
        found = HuggingFaceFieldsSource(name=name, cache=tmp_path / "cache").read()
        assert fields(found) == [{"total": 2}]
        assert list(reasons(found).values()) == [
            "its fields are not an object, and not the JSON of one",
            "it has no fields",
        ]

    def test_a_row_with_several_images_is_a_document_of_several_pages(self, tmp_path):
        datasets = pytest.importorskip("datasets", reason="Hugging Face's datasets is not installed")
        features = datasets.Features(
            {"pages": datasets.List(datasets.Image()), "truth": {"total": datasets.Value("int64")}}
        )
        pages = [{"bytes": png(number), "path": None} for number in (40, 41)]
        rows = {"pages": [pages, []], "truth": [{"total": 1}, {"total": 2}]}
        datasets.Dataset.from_dict(rows, features=features).save_to_disk(str(tmp_path / "on-disk"))
        found = HuggingFaceFieldsSource(name=str(tmp_path / "on-disk"), cache=tmp_path / "cache").read()
        (one,) = found.documents
        assert [path.read_bytes() for path in (one.path, *one.further)] == [png(40), png(41)]
        assert list(reasons(found).values()) == ["it has no image"]

    def test_a_data_set_without_fields_says_what_it_has(self, tmp_path):
        name = self.stored(tmp_path, lambda datasets: datasets.Value("string"), ["memo"])
        with pytest.raises(InvalidDocuments, match=r"no column of objects.*page, truth.*--control"):
            documents_with_fields(name, SourceOptions())
        with pytest.raises(InvalidDocuments, match="no column 'fields'"):
            documents_with_fields(name, SourceOptions(control="fields"))

    def test_other_sources_have_no_columns(self, tmp_path):
        with pytest.raises(InvalidConfig, match="--control names the column"):
            documents_with_fields(str(tmp_path), SourceOptions(control="fields"))


class TestS3:
    def put(self, s3, folder: S3Uri, key: str, body: bytes) -> None:
        upload_bytes(s3, S3Uri(folder.bucket, f"{folder.key}/{key}"), body)

    def test_fields_stand_beside_documents_as_in_a_folder(self, s3, s3_folder, tmp_path):
        for number, name in enumerate(("train/a", "train/b", "test/c")):
            self.put(s3, s3_folder, f"{name}.png", png(40 + number))
            self.put(s3, s3_folder, f"{name}.json", json.dumps({"total": number}).encode())
        self.put(s3, s3_folder, "train/d.png", png(99))
        found = S3FieldsSource(uri=str(s3_folder), s3=s3, cache=tmp_path).read()
        assert fields(found) == [{"total": 2}, {"total": 0}, {"total": 1}]
        assert [one.part for one in found.documents] == [Part.TEST, Part.TRAIN, Part.TRAIN]
        assert reasons(found) == {"train/d.png": "there is no d.json beside it: write its fields there"}

    def test_pages_that_are_objects_are_one_document(self, s3, s3_folder, tmp_path):
        for number in (9, 10):
            self.put(s3, s3_folder, f"a/{number}.png", png(number))
        self.put(s3, s3_folder, "a.json", b'{"total": 1}')
        (one,) = S3FieldsSource(uri=str(s3_folder), s3=s3, cache=tmp_path).read().documents
        assert (one.name, one.path.read_bytes()) == ("a", png(9))
        assert [path.read_bytes() for path in one.further] == [png(10)]

    def test_an_object_that_holds_no_fields_is_named(self, s3, s3_folder, tmp_path):
        self.put(s3, s3_folder, "a.png", png(40))
        with pytest.raises(InvalidDocuments, match=r"no documents with fields.*put a JSON object beside"):
            S3FieldsSource(uri=str(s3_folder), s3=s3, cache=tmp_path).read()
        self.put(s3, s3_folder, "a.json", b"[1]")
        with pytest.raises(InvalidDocuments, match=r"'s3://.*/a\.json' is not an object"):
            S3FieldsSource(uri=str(s3_folder), s3=s3, cache=tmp_path).read()
