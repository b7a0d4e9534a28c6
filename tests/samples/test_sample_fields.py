"""Sample invoices know what stands on them: their fields lie beside them, as they are printed."""

from __future__ import annotations

import json
from datetime import date

import pypdfium2
import pytest

from burnish.datasets.field_checks import require_valid_fields
from burnish.datasets.field_schemas import schema_of
from burnish.datasets.sources.field_sources import FieldsSource
from burnish.samples import write_sample_documents
from burnish.samples.facts import DATE_FORMATS
from burnish.samples.kinds.invoice import FIELDS


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    folder = tmp_path_factory.mktemp("invoices")
    return write_sample_documents(folder, per_label=6, held_out_per_label=4, seed=3, task="extraction")


def fields_beside(path) -> dict:
    return json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))


def text_of_pdf(path) -> str:
    with pypdfium2.PdfDocument(path) as pdf:
        return " ".join(pdf[0].get_textpage().get_text_bounded().split())


def test_fields_lie_beside_every_document(samples):
    found = FieldsSource(path=samples.training).read()
    assert (len(found.documents), found.skipped) == (6, ())
    assert list(json.loads(found.documents[0].fields)) == list(FIELDS)
    require_valid_fields(found, schema_of(found))


def test_what_the_fields_say_is_printed(samples):
    """Of the pages that hold their text: the others are scans."""
    pdfs = [*samples.training.rglob("*.pdf"), *samples.held_out.rglob("*.pdf")]
    assert pdfs
    for path in pdfs:
        text, fields = text_of_pdf(path), fields_beside(path)
        if not text:
            continue
        for name in ("number", "seller", "buyer"):
            assert fields[name] in text, (path, name)
        assert f"{fields['total']:,.2f}" in text
        for name in ("issued", "due"):
            day = date.fromisoformat(fields[name])
            assert any(form.format(day) in text for form in DATE_FORMATS), (path, name)


def test_documents_are_those_of_the_other_task(samples, tmp_path):
    other = write_sample_documents(tmp_path / "all", per_label=2, held_out_per_label=1, seed=3)
    for path in (other.training / "invoice").iterdir():
        assert path.read_bytes() == (samples.training / "invoice" / path.name).read_bytes()
    assert not list((tmp_path / "all").rglob("*.json"))
