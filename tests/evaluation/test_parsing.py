"""Which label an answer names: forgiving about form, never guessing about content."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.evaluation.parsing import normalised, parse_label
from burnish.records import answer_for

LABELS = ("bank_statement", "invoice", "letter")


@pytest.mark.parametrize(
    "answer",
    [
        '```json\n{"type": "invoice"}\n```',
        '```\n{"type": "invoice"}\n```',
        '{"type": "invoice"}',
        '{ "type" : "invoice" , "confidence": 0.9 }',
        'The page shows a total. {"type": "invoice"} I am sure of it.',
        "{'type': 'invoice'}",
        '{"type": "invoice",}',
        "{type: 'invoice'}",
        "{type: invoice}",
        '{"Type": "invoice"}',
        "{\u201ctype\u201d: \u201cinvoice\u201d}",
        '```json\n{"type": "invoice"\n```',
        '{"type": "invoice"',
        'type: "invoice"',
        '{"answer": {"type": "invoice"}}',
        '{"type": "invoice"} {"type": "Invoice"}',
        '"Invoice."',
        "  INVOICE\n",
        "```invoice```",
    ],
)
def test_every_form_of_the_same_answer_is_read(answer: str):
    assert parse_label(answer, LABELS) == "invoice"


@pytest.mark.parametrize(
    "spelling", ["bank_statement", "Bank Statement", "bank-statement", "BANK  STATEMENT.", "BankStatement"]
)
def test_case_and_separators_do_not_matter(spelling: str):
    assert parse_label(json.dumps({"type": spelling}), LABELS) == "bank_statement"


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "   ",
        "{}",
        "null",
        '{"type": null}',
        '{"type": 3}',
        '{"type": ["invoice"]}',
        '{"kind": "invoice"}',
        '{"type": "invoices"}',
        '{"type": "bank"}',
        '{"type": "receipt"}',
        '{"type": "one of the document types"}',
        '{"type": "invoice"} or perhaps {"type": "letter"}',
        '{"type": "invoice"} or perhaps {"type": "receipt"}',
        '{"type": "inv',
        "It is an invoice",
        "I think the type: an invoice, or a letter",
        "invoice or letter",
    ],
)
def test_what_names_no_label_is_no_label(answer: str):
    assert parse_label(answer, LABELS) is None


def test_a_spelling_that_could_be_two_labels_is_only_taken_exactly():
    labels = ("form_a", "form a")
    assert parse_label('{"type": "form a"}', labels) == "form a"
    assert parse_label('{"type": "Form-A"}', labels) is None


def test_labels_that_differ_only_in_signs_are_taken_exactly():
    assert parse_label('{"type": "C++"}', ("C++", "C#")) == "C++"
    assert parse_label('{"type": "c"}', ("C++", "C#")) is None


def test_labels_of_other_scripts_are_read():
    assert parse_label('{"type": "r\\u00e9sum\\u00e9"}', ("résumé",)) == "résumé"
    assert parse_label("{'type': '請求書'}", ("請求書", "手紙")) == "請求書"


def test_normalised_forgives_nothing_but_case_and_signs():
    assert normalised(" Bank_Statement ") == normalised("bank-statement") == "bankstatement"
    assert normalised("invoice") != normalised("invoices")


@given(st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=6, unique=True), st.data())
def test_the_answer_that_is_trained_is_always_read_back(labels: list[str], data: st.DataObject):
    label = data.draw(st.sampled_from(labels))
    assert parse_label(answer_for(label), labels) == label


@given(st.text())
def test_any_text_gives_a_label_or_nothing(answer: str):
    assert parse_label(answer, LABELS) in (None, *LABELS)
