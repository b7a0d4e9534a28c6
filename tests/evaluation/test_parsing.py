"""Which label an answer names: forgiving about form, never guessing about content."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.evaluation.parsing import parse_label
from burnish.label_spellings import folded
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
        '[{"type": "invoice"}]',
        '{\\"type\\": \\"invoice\\"}',
        '"{\\"type\\": \\"invoice\\"}"',
        '{"type": "in\\u0076oice"}',
        '{"type": "invoice", "confidence": 0.9',
        '{"type": "invoice", "why": "it says \\"total',
        '{"type": "invoice", "type": "Invoice"}',
        '{"type": "invoice", "others": [{"type": "letter"}]}',
        "{\u2018type\u2019: \u2018invoice\u2019}",
        "document type: invoice",
        "**Document Type:** invoice",
        "- type: **invoice**",
        "Type: invoice, as the total shows",
        "**invoice**",
        "`invoice`",
        "\ufeffinvoice",
        '<thinking>It could be {"type": "letter"} at first.</thinking>\n{"type": "invoice"}',
        '<think>a letter?</think>\n\n```json\n{"type": "invoice"}\n```',
        'It could be {"type": "letter"}.</think>{"type": "invoice"}',
        "<think>letter</think> invoice",
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
        "invoice, letter",
        "The type is invoice.",
        '{"document_type": "invoice"}',
        "{'document_type': 'invoice'}",
        "{'sub-type': 'invoice'",
        '{"label": "invoice"}',
        '{"invoice": 1}',
        '["invoice"]',
        '{"type": {"type": "invoice"}}',
        '{"type": ["invoice"',
        '{"type": "invoice", "type": "letter"}',
        '{"type": "invoice", "Type": "letter"}',
        "{'type': 'invoice', 'type': 'letter'}",
        '[{"type": "invoice"}, {"type": "letter"}]',
        '{"type": "invoice"} {"type": "lett',
        '{"type": "invoice"} {"type": null}',
        '{"type": "invoice", "others": [{"type": "letter"}, {"ty',
        "type: invoice\ntype: letter",
        "type: invoice\ntype: receipt",
        '<thinking>It could be {"type": "letter"}',
        '{"type": "invoice"} and {"type": "letter"}</thinking>',
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


@pytest.mark.parametrize(
    ("answer", "labels", "label"),
    [
        ('{"type": 1099}', ("1099", "1040"), "1099"),
        ("{'type': 1099}", ("1099", "1040"), "1099"),
        ("{type: 1040}", ("1099", "1040"), "1040"),
        ("1040", ("1099", "1040"), "1040"),
        ("type: 1099-MISC", ("1099-MISC", "W-2"), "1099-MISC"),
        ('{"type": 1040.0}', ("1099", "1040"), None),
        ('{"type": 10.40}', ("1099", "1040"), None),
        ('{"type": -1}', ("1", "2"), None),
        ('{"type": 1.10}', ("1.1", "1.10"), "1.10"),
        ('{"type": 1099}', ("1099-MISC", "W-2"), None),
        ('{"type": "1099"}', ("1099-MISC", "1099-INT"), None),
        ('{"type": 007}', ("007", "7"), "007"),
        ('{"type": true}', ("true", "false"), "true"),
        ('{"type": True}', ("true", "false"), "true"),
        ('{"type": false}', ("True", "False"), "False"),
        ('{"type": true}', ("yes", "no"), None),
        ("null", ("null", "x"), "null"),
        ('"null"', ("null", "x"), "null"),
        ('{"type": "null"}', ("null", "x"), "null"),
        ('{"type": null}', ("null", "x"), None),
        ("{'type': None}", ("None", "x"), None),
        ('{"type": null, "why": "', ("null", "x"), None),
        ('{"type": "N/A"}', ("n/a", "na", "other"), "n/a"),
        ('{"type": "none of these"}', ("none", "letter"), None),
        ('{"type": "other"}', ("other", "others"), "other"),
    ],
)
def test_a_number_or_a_truth_value_is_the_label_that_is_written_like_it(answer, labels, label):
    assert parse_label(answer, labels) == label


@pytest.mark.parametrize(
    ("answer", "labels", "label"),
    [
        ("Form: W-2", ("Form: W-2", "Form: 1040"), "Form: W-2"),
        ("form: w-2", ("Form: W-2", "Form: 1040"), "Form: W-2"),
        ("type: Form: W-2", ("Form: W-2", "Form: 1040"), "Form: W-2"),
        ('{"type": "a{b}"}', ("a{b}", "c"), "a{b}"),
        ("{type: a{b}}", ("a{b}", "a"), "a{b}"),
        ("a{b}", ("a{b}", "a"), "a{b}"),
        ("{type: a, b}", ("a, b", "c"), "a, b"),
        ("{type: a, b}", ("a, b", "a"), None),
        ("{'type': 'driver's license'}", ("driver's license", "letter"), "driver's license"),
        ('{"type": "a "quoted" label"}', ('a "quoted" label', "letter"), 'a "quoted" label'),
        ('{"type": "credit\\|debit note"}', ("credit|debit note", "letter"), "credit|debit note"),
        ('{"type": "finance/invoice"}', ("finance/invoice", "letter"), "finance/invoice"),
        ("type: invoice", ("type: invoice", "invoice"), "type: invoice"),
        ('"invoice"', ('"invoice"', "invoice"), '"invoice"'),
        ("<think>a</think>", ("<think>a</think>", "a"), "<think>a</think>"),
        ('x {"type": "b"} y', ('x {"type": "b"} y', "b"), 'x {"type": "b"} y'),
    ],
)
def test_labels_with_signs_of_json_and_of_prose_are_read(answer, labels, label):
    assert parse_label(answer, labels) == label


@pytest.mark.parametrize(
    ("value", "labels", "label"),
    [
        ("बिल", ("बिल", "बल"), "बिल"),
        (" बिल.", ("बिल", "बल"), "बिल"),
        ("किताब।", ("किताब", "कताब"), "किताब"),
        ("কিল", ("কল", "কাল"), None),
        ("กิน", ("กิ่น", "กน"), None),
        (
            "\u05d3\u05d5\u05d7\u05be\u05e9\u05e0\u05d4",
            ("\u05d3\u05d5\u05d7 \u05e9\u05e0\u05d4", "x"),
            "\u05d3\u05d5\u05d7 \u05e9\u05e0\u05d4",
        ),
        ("فاتورة", ("فاتورة", "فاتوره"), "فاتورة"),
        ("re\u0301sume\u0301", ("résumé", "resume"), "résumé"),
        ("🧾", ("🧾", "📄"), "🧾"),
        ("📄 letter", ("📄", "🧾"), None),
        ("Straße", ("STRASSE", "letter"), "STRASSE"),
        ("strasse", ("STRASSE", "Straße"), None),
        ("C", ("C++", "C"), "C"),
        ("c#", ("C++", "C#", "C"), "C#"),
        ("A-1", ("A1", "A-1"), "A-1"),
        ("A 1", ("A1", "A-1"), None),
        ("11-1", ("1-11", "2-1"), None),
        ("1099MISC", ("1099-MISC", "1099MISC"), "1099MISC"),
        ("1099 misc", ("1099-MISC", "1099MISC"), None),
    ],
)
def test_no_two_labels_are_folded_into_one(value, labels, label):
    assert parse_label(json.dumps({"type": value}), labels) == label


def test_json_is_read_as_json_though_a_label_looks_like_it():
    labels = ('{"type": "letter"}', "letter")
    assert parse_label('{"type": "letter"}', labels) == "letter"
    for label in labels:
        assert parse_label(answer_for(label), labels) == label
    quoted = json.dumps('{"type": "letter"}')
    assert parse_label(quoted, labels) is None
    assert parse_label(quoted, labels[:1]) == labels[0]
    assert parse_label(quoted, labels[1:]) == labels[1]


#: Labels as hard as they come: signs of JSON and of the table, marks, case, and prefixes of one another.
hard_labels = st.one_of(
    st.text(min_size=1, max_size=20),
    st.text(alphabet="aAbB1 -_.:,;'\"`{}[]\\\\|#+/²é\u0301", min_size=1, max_size=6),
    st.sampled_from(
        ["null", "true", "1099", "1040.0", "type", "type: a", '{"type": "a"}', "a", "```a```", '"a"']
    ),
)
sets_of_labels = st.lists(hard_labels, min_size=1, max_size=8, unique=True)
#: How the label is named: by the trained answer, by this server's, by JSON in prose.
NAMING = (
    answer_for,
    lambda label: json.dumps({"type": label}, ensure_ascii=False),
    lambda label: json.dumps({"type": label}, indent=1),
    lambda label: f"The page: {json.dumps({'type': label})}, I think.",
    lambda label: f"<thinking>a or b?</thinking>\n{answer_for(label)}",
    lambda label: json.dumps({"answer": [{"type": label, "type_of": "b"}]}),
)


@given(sets_of_labels, st.sampled_from(NAMING), st.data())
def test_an_answer_that_names_a_label_exactly_is_read_as_that_label(labels, naming, data):
    label = data.draw(st.sampled_from(labels))
    assert parse_label(naming(label), labels) == label


@given(sets_of_labels, hard_labels, st.sampled_from(NAMING))
def test_what_is_no_label_is_read_as_the_only_one_that_folds_the_same_or_as_none(labels, spelling, naming):
    read = parse_label(naming(spelling), labels)
    assert read is None or folded(read) == folded(spelling)


#: An answer cut off, or with its quotes changed: what it names can be lost, and never another.
DAMAGE = (
    lambda answer: answer[:-1],
    lambda answer: answer[: len(answer) // 2],
    lambda answer: answer.replace('"', "'"),
    lambda answer: answer.replace('"', ""),
    lambda answer: answer.replace("}", ",}"),
    lambda answer: answer.replace("{", "{'x': 1, "),
)


@given(
    st.lists(st.text(alphabet="abAB1 -", min_size=1, max_size=5), min_size=1, max_size=6, unique=True),
    st.data(),
)
def test_a_damaged_answer_never_names_another_label(labels, data):
    label, damage = data.draw(st.sampled_from(labels)), data.draw(st.sampled_from(DAMAGE))
    read = parse_label(damage(json.dumps({"type": label})), labels)
    assert read is None or folded(read) == folded(label)


@given(st.text())
def test_any_text_gives_a_label_or_nothing(answer: str):
    assert parse_label(answer, LABELS) in (None, *LABELS)


@pytest.mark.parametrize(
    "answer", ["{" * 9_000, '{"type":' * 9_000, "[" * 9_000, '{"type": "a,' * 900, "{a: " * 900]
)
def test_an_answer_that_goes_on_and_on_names_nothing(answer):
    assert parse_label(answer, LABELS) is None
