"""Documents with fields: where they are read from, the schema that they have, and what is wrong with them."""

from __future__ import annotations

import io
import json
from pathlib import Path

import jsonschema
import pytest
from page_files import write_page, written_page
from PIL import Image

from burnish.aws import objects
from burnish.aws.objects import S3Uri
from burnish.cli.evaluation.options import AskingOptions
from burnish.datasets.documents import Part
from burnish.datasets.field_checks import require_valid_fields
from burnish.datasets.field_schemas import read_schema, schema_of
from burnish.datasets.hugging_face_export import export_dataset
from burnish.datasets.manifest import read_manifest
from burnish.datasets.pages import usual_rendering
from burnish.datasets.prepare import prepare_dataset
from burnish.datasets.prepared import Destination, Preparation, PreparedDataset
from burnish.datasets.sources import HuggingFaceFieldsSource, read_documents
from burnish.datasets.sources.field_sources import FieldsSource
from burnish.datasets.splitting import SplitPlan
from burnish.errors import InvalidConfig, InvalidDocuments, InvalidRecords
from burnish.evaluation.manifest_pages import pages_of
from burnish.evaluation.predicting import Asking, converse_request
from burnish.evaluation.seen_pages import AskedPages
from burnish.extraction_prompts import ExtractionPrompt, extraction_prompt
from burnish.families import family_named
from burnish.records import record_of

RULES = family_named("open_weights").tuning("local.any-v1:0").rules


def fields(number: int) -> dict:
    return {"total": number + 0.5, "vendor": f"Firm {number}", "issued": f"2021-03-{number + 1:02}"}


@pytest.fixture
def folder(tmp_path) -> Path:
    """Ten documents, each with its fields beside it."""
    made = tmp_path / "invoices"
    for number in range(10):
        write_page(made / "2021" / f"{number}.png", f"Invoice {number}" * (number + 1))
        (made / "2021" / f"{number}.json").write_text(json.dumps(fields(number)), encoding="utf-8")
    return made


def manifest(folder: Path, name: str, lines: list[str]) -> Path:
    path = folder / name
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_fields_stand_beside_documents(folder):
    found = FieldsSource(path=folder).read()
    assert [one.name for one in found.documents] == [f"2021/{number}.png" for number in range(10)]
    assert [json.loads(one.fields) for one in found.documents] == [fields(number) for number in range(10)]


def test_fields_stand_in_a_manifest(folder):
    line = json.dumps(
        {"path": "2021/1.png", "fields": {"lines": [{"what": "a"}], "tags": []}, "split": "test"}
    )
    (one,) = FieldsSource(path=manifest(folder, "m.jsonl", [line])).read().documents
    assert json.loads(one.fields) == {"lines": [{"what": "a"}], "tags": []}
    assert one.part is Part.TEST
    table = ["path,fields", '2021/1.png,"{""total"": 1.5}"']
    (one,) = FieldsSource(path=manifest(folder, "m.csv", table)).read().documents
    assert json.loads(one.fields) == {"total": 1.5}


def test_documents_are_read_with_their_fields_in_one_call(folder):
    assert read_documents(folder, task="extraction") == FieldsSource(path=folder).read()
    assert not any(one.fields for one in read_documents(folder).documents)


def test_folders_named_for_parts_are_parts_where_every_document_is_in_one(folder):
    (folder / "2021").rename(folder / "train")
    assert {one.part for one in FieldsSource(path=folder).read().documents} == {Part.TRAIN}
    write_page(folder / "other" / "x.png", "elsewhere").with_suffix(".json").write_text('{"total": 1}')
    assert {one.part for one in FieldsSource(path=folder).read().documents} == {None}


def test_a_document_without_fields_is_left_out_and_named(folder):
    (folder / "2021" / "3.json").unlink()
    found = FieldsSource(path=folder).read()
    assert len(found.documents) == 9
    assert [str(one) for one in found.skipped] == [
        "2021/3.png: there is no 3.json beside it: write its fields there"
    ]


@pytest.mark.parametrize(
    ("body", "told"),
    [("{", "3.json.*not JSON"), ("[1]", "3.json.*not an object"), ("\udcff", "3.json.*UTF-8")],
)
def test_a_file_that_holds_no_fields_is_named(folder, body, told):
    (folder / "2021" / "3.json").write_text(body, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(InvalidDocuments, match=told):
        FieldsSource(path=folder).read()


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (['{"path": "a.png"}'], "line 1: there is no fields"),
        (['{"path": "a.png", "fields": [1]}'], "line 1: the fields are not an object"),
        (['{"path": "a.png", "fields": "{"}'], "line 1: the fields are not JSON"),
        (['{"path": 1, "fields": {"a": 1}}'], "line 1: the path is a number"),
    ],
)
def test_a_line_that_names_no_fields_is_named(folder, lines, told):
    with pytest.raises(InvalidDocuments, match=told):
        FieldsSource(path=manifest(folder, "m.jsonl", lines)).read()


def test_a_place_without_fields_says_how_to_lay_them_out(tmp_path, folder):
    for path in folder.rglob("*.json"):
        path.unlink()
    for place in (folder, tmp_path / "nothing"):
        with pytest.raises(InvalidDocuments, match="JSON file beside each document"):
            FieldsSource(path=place).read()


def test_the_same_file_with_other_fields_is_told(folder):
    (folder / "2021" / "x.png").write_bytes((folder / "2021" / "1.png").read_bytes())
    (folder / "2021" / "x.json").write_text('{"total": 9}', encoding="utf-8")
    assert "with other fields" in str(FieldsSource(path=folder).read().skipped[0])


def found_with(folder, *given: dict):
    for path in folder.rglob("*.json"):
        path.unlink()
    for number, one in enumerate(given):
        (folder / "2021" / f"{number}.json").write_text(json.dumps(one), encoding="utf-8")
    return FieldsSource(path=folder).read()


def test_the_schema_is_what_the_documents_have(folder):
    lines = [{"what": "a", "price": 1}, {"what": "b", "price": 2.5}]
    found = found_with(
        folder,
        {"day": "2021-03-04", "paid": True, "copies": 2, "note": None, "lines": lines},
        {"day": "2021-12-31", "paid": False, "copies": 3, "lines": []},
    )
    schema = schema_of(found)
    assert schema["properties"] == {
        "day": {"type": "string", "format": "date"},
        "paid": {"type": "boolean"},
        "copies": {"type": "integer"},
        "note": {"type": "string"},
        "lines": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"what": {"type": "string"}, "price": {"type": "number"}},
                "required": ["what", "price"],
                "additionalProperties": False,
            },
        },
    } | {"note": {"type": ["string", "null"]}}
    jsonschema.Draft202012Validator.check_schema(schema)
    require_valid_fields(found, schema)


def test_a_field_of_several_kinds_is_told_with_its_documents(folder):
    found = found_with(folder, {"lines": [{"price": 1}]}, {"lines": [{"price": "one"}]})
    with pytest.raises(
        InvalidDocuments, match=r"lines\[\]\.price.*integer in 2021/0.png.*string in 2021/1.png"
    ):
        schema_of(found)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"total": "12.50"}, "2021/0.png: total: '12.50' is not of type 'number'"),
        ({}, "2021/0.png: it has no fields"),
        ({"total": 1, "Total": 2}, "'Total' was unexpected"),
        ({"total": 1, "lines": [{"price": 1}, {"price": "x"}]}, r"lines\[1\].price: 'x'"),
        ({"lines": []}, "total: None is not of type 'number'"),
    ],
)
def test_a_field_that_the_schema_does_not_allow_is_named(folder, given, told):
    price = {"type": "object", "properties": {"price": {"type": "number"}}}
    schema = {
        "type": "object",
        "properties": {"total": {"type": "number"}, "lines": {"type": ["array", "null"], "items": price}},
        "additionalProperties": False,
    }
    with pytest.raises(InvalidDocuments, match=told):
        require_valid_fields(found_with(folder, given), schema)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "not JSON"),
        ('{"type": "object", "properties": {"a": {"type": "wibble"}}}', "properties.a.type"),
        ('{"type": "array"}', "must describe an object"),
        ('{"type": "object"}', "must describe an object"),
    ],
)
def test_a_file_that_is_no_schema_says_why(tmp_path, text, told):
    path = tmp_path / "schema.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidDocuments, match=told):
        read_schema(path)


@pytest.fixture
def prepared(s3, s3_folder, tmp_path, monkeypatch):
    """Prepares a data set of a folder of documents with fields."""
    monkeypatch.setenv("BURNISH_CACHE", str(tmp_path / "cache"))

    def prepared(folder: Path) -> PreparedDataset:
        found = FieldsSource(path=folder).read()
        return prepare_dataset(
            found,
            s3=s3,
            destination=Destination(bucket=s3_folder.bucket, prefix=s3_folder.key, owner="123456789012"),
            preparation=Preparation(
                rules=RULES,
                plan=SplitPlan(test_share=0.2),
                prompt=extraction_prompt(schema_of(found)),
                rendering=usual_rendering(extracts=True),
            ),
        )

    return prepared


def test_all_pages_of_a_document_are_asked_about_together(s3, prepared, tmp_path):
    folder = tmp_path / "reports"
    annex = written_page("annex")
    for number in range(8):
        # The last has more pages than a model takes in one record, and two look alike but for their annex.
        pages = [written_page(f"{number}/{page}") for page in range(12 if number == 7 else 1 + number % 3)]
        path = folder / f"{number}.tiff"
        path.parent.mkdir(exist_ok=True)
        pages[0].save(path, save_all=True, append_images=[*pages[1:], annex])
        path.with_suffix(".json").write_text(json.dumps(fields(number)), encoding="utf-8")
    dataset = prepared(folder)

    lines = [line for part in dataset.manifest.files.values() for line in _lines(s3, part.uri)]
    assert sorted(len(record_of(line).images) for line in lines) == [2, 2, 2, 3, 3, 4, 4, 10]
    (left_out,) = dataset.skipped
    assert str(left_out) == (
        "7.tiff: its pages 11 to 13 are left out: a model is given 10 pages of a document at most"
    )
    asked = {page.name: page for part in Part for page in pages_of(s3, dataset.manifest, part)}
    assert {name: len(page.images) for name, page in asked.items()} == {
        **{f"{number}.tiff": 2 + number % 3 for number in range(7)},
        "7.tiff": 10,
    }
    request = converse_request("m", asked["2.tiff"], dataset.prompt, Asking())
    shown = [one["image"]["source"]["bytes"] for one in request["messages"][0]["content"][1:]]
    assert shown == [objects.read_bytes(s3, S3Uri.parse(uri)) for uri in _uris(dataset, "2.tiff")]
    # What is paid for is counted for all pages, under the digest that the page is asked about with.
    sizes = AskedPages(manifest=dataset.manifest, part=Part.TRAIN).sizes()
    assert all(sizes[page.digest] == page.sizes for page in pages_of(s3, dataset.manifest, Part.TRAIN))


def test_pages_that_are_files_are_one_document(s3, prepared, tmp_path):
    folder = tmp_path / "scans"
    for number in range(5):
        for page in (9, 10, 11)[: 1 + number % 3]:
            path = folder / str(number) / f"page-{page}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            written_page(f"{number}/{page}").save(path)
        (folder / f"{number}.json").write_text(json.dumps(fields(number)), encoding="utf-8")
    found = FieldsSource(path=folder).read()
    assert [one.name for one in found.documents] == [str(number) for number in range(5)]
    two = found.documents[2]
    assert [path.name for path in (two.path, *two.further)] == ["page-9.png", "page-10.png", "page-11.png"]
    listed = json.dumps({"path": ["2/page-9.png", "2/page-10.png", "2/page-11.png"], "fields": {"total": 1}})
    (same,) = FieldsSource(path=manifest(folder, "m.jsonl", [listed])).read().documents
    assert same.digest == two.digest
    (folder / "m.jsonl").unlink()

    asked = {page.name: page for part in Part for page in pages_of(s3, prepared(folder).manifest, part)}
    assert {name: len(page.images) for name, page in asked.items()} == {
        str(number): 1 + number % 3 for number in range(5)
    }
    shown = [Image.open(io.BytesIO(png)).convert("L").tobytes() for png in asked["2"].images]
    assert shown == [written_page(f"2/{page}").convert("L").tobytes() for page in (9, 10, 11)]

    pytest.importorskip("datasets", reason="Hugging Face's datasets is not installed")
    exported = export_dataset(s3, prepared(folder).manifest, tmp_path / "exported")
    again = HuggingFaceFieldsSource(name=str(exported), cache=tmp_path / "copies").read()
    assert {(one.fields, 1 + len(one.further)) for one in again.documents} == {
        (json.dumps(fields(number)), 1 + number % 3) for number in range(5)
    }

    (folder / "3" / "page-12.png").write_bytes(b"")
    assert "3: its page 2: it is empty" in map(str, FieldsSource(path=folder).read().skipped)


def _lines(s3, uri: str) -> list[bytes]:
    return objects.read_bytes(s3, S3Uri.parse(uri)).splitlines()


def _uris(dataset: PreparedDataset, name: str) -> list[str]:
    (document,) = (one for one in dataset.manifest.documents if one.name == name)
    return [page.uri for page in document.pages if page.uri]


def test_documents_with_fields_become_a_data_set(s3, prepared, folder):
    found = FieldsSource(path=folder).read()
    dataset = prepared(folder)
    body = objects.read_bytes(s3, S3Uri.parse(dataset.train_uri))
    answers = [record_of(line).answer for line in body.splitlines()]
    # Fields in the order of the schema, on one line: as constrained decoding writes them.
    assert all(answer.startswith('{"total": ') and '.5, "vendor": "Firm ' in answer for answer in answers)
    read = read_manifest(s3, dataset.manifest_uri)
    prompt = read.page_prompt()
    assert isinstance(prompt, ExtractionPrompt)
    assert prompt.schema == schema_of(found)
    assert "- issued (date, YYYY-MM-DD)" in prompt.task
    (page, *_) = pages_of(s3, read, Part.TEST)
    number = int(Path(page.name).stem)
    assert json.loads(page.label) == {
        "total": f"{number}.5",
        "vendor": f"firm {number}",
        "issued": f"2021-03-{number + 1:02}",
    }
    with pytest.raises(InvalidRecords, match="extracting fields"):
        read.classification_prompt()
    with pytest.raises(InvalidConfig, match="no probabilities"):
        AskingOptions(calibrate=True).chosen_of(read)
