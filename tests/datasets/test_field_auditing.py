"""An audit of fields finds values that no page shows, copies that contradict each other, and leaks."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from hashlib import sha256

import pytest
from page_files import written_page

from burnish.datasets.document_features import DocumentFeatures, features_of
from burnish.datasets.documents import Document, Part
from burnish.datasets.field_audit_sheet import conclusion_of, finding_rows, notes_of, write_field_audit
from burnish.datasets.field_auditing import FieldAudit, audit_fields
from burnish.datasets.perceptual_hash import page_hash
from burnish.datasets.printed_values import is_printed, squeezed
from burnish.pages.reading import Line


def a_document(
    number: int, page: int | None = None, /, *, part: Part | None = None, **fields: object
) -> DocumentFeatures:
    """An invoice; another ``page`` number makes it look like that invoice."""
    body = io.BytesIO()
    image = written_page(f"invoice {number if page is None else page}")
    image.save(body, "PNG")
    given = {"number": f"BX-{4000 + number}", "total": 1000.5 + number, "kind": "paid", **fields}
    text = f"Invoice No. BX-{4000 + number}\nTotal due: 1,{number:03}.50"
    document = Document(
        path=None,
        label="document",
        digest=sha256(str(number).encode()).hexdigest(),
        name=f"{number}.png",
        part=part,
        fields=json.dumps(given),
    )
    lines = [Line(line, 0.1, 0.1, 0.8, 0.13) for line in text.splitlines()]
    return features_of(document, body.getvalue(), lines=lines, hashes=page_hash(image))


def audit_with(*documents: DocumentFeatures) -> FieldAudit:
    return audit_fields([*map(a_document, range(8)), *documents])


def suspects(audit: FieldAudit) -> list[tuple[str, str, str]]:
    return [(one.document.name, one.field, one.value) for one in audit.unprinted]


def test_nothing_is_suspicious_where_pages_show_what_is_written():
    audit = audit_with()
    assert not audit.has_findings
    assert conclusion_of(audit) == "Nothing suspicious in the fields of 8 documents"
    # A category that is printed nowhere is not judged, and said to teach nothing.
    assert [one.name for one in audit.fields if one.is_usually_printed] == ["number", "total"]
    assert notes_of(audit)[0] == "Always the same, so that nothing is learned of them: kind."


def test_a_value_that_its_page_does_not_show_is_suspect():
    audit = audit_with(a_document(50, total=77.0), a_document(51, number=None))
    assert suspects(audit) == [("50.png", "total", "77.0")]
    (number,) = (one for one in audit.fields if one.name == "number")
    assert (number.missing, number.documents) == (1, 10)


def test_a_value_may_stand_on_a_further_page():
    first = a_document(50, total=77.0)
    further = (Line("Carried forward: 77.00", 0.1, 0.1, 0.8, 0.13),)
    assert not audit_with(replace(first, further_lines=further)).unprinted


def test_copies_that_differ_are_named_with_the_field():
    audit = audit_with(a_document(50, 3, total=1050.5, number="BX-4050"))
    (copies,) = audit.copies
    assert [one.name for one in copies.documents] == ["3.png", "50.png"]
    assert copies.differing == ("number", "total")
    assert conclusion_of(audit) == "1 group of copies has different fields"


def test_a_copy_to_test_with_of_a_page_to_train_on_is_a_leak(tmp_path):
    copied = a_document(50, 3, part=Part.TEST, number="BX-4003", total=1003.5)
    audit = audit_with(replace(copied, lines=a_document(3).lines))
    assert audit.leaks == 1
    assert ("50.png", "", "", "a copy of 3.png, one to train on and one to test with") in finding_rows(audit)
    features = [*map(a_document, range(8)), copied]
    sheet = write_field_audit(audit, features, tmp_path, source="invoices", pages={})
    assert "in training and test" in sheet.page.read_text(encoding="utf-8")
    assert sheet.findings.read_text(encoding="utf-8").count("one to test with") == 1


def test_a_document_without_a_value_is_told():
    audit = audit_with(a_document(50, number="", total=None, kind=None))
    assert [one.name for one in audit.empty] == ["50.png"]


@pytest.mark.parametrize(
    ("value", "page"),
    [
        (7678.41, "TOTAL  $7,678.41"),
        (7678.4, "Summe 7.678,40 EUR"),
        (12, "12.00"),
        ("2021-03-05", "5 March 2021"),
        ("2021-03-05", "03/05/21"),
        ("2021-03-05", "Mar 05, 2021"),
        ("2021-08-25", "Augusl 25, 2021"),  # read wrongly
        ("BX-4091", "No. BX 4O91"),
        ("Parker & Sons PLC", "PARKER\nAND SONS plc"),
    ],
)
def test_a_value_is_printed_in_any_usual_spelling(value, page):
    assert is_printed(value, squeezed(page))


@pytest.mark.parametrize(
    ("value", "page"),
    [
        (77.0, "TOTAL 7,678.41"),
        ("2021-03-05", "2021-04-05"),
        ("BX-4091", "BX-4092"),
        ("Parker PLC", "Miller Ltd"),
    ],
)
def test_another_value_is_not(value, page):
    assert not is_printed(value, squeezed(page))
