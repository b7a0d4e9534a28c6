"""Spellings of labels: what stands for the same label, what only looks the same, and what is no label."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.label_spellings import caseless, folded, label_flaw, look_alikes, matching_label, with_suggestion

some_labels = st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=6, unique=True)


def test_folding_forgives_nothing_but_case_and_signs():
    assert folded(" Bank_Statement ") == folded("bank-statement") == "bankstatement"
    assert folded("invoice") != folded("invoices")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("C", "C++"),
        ("C++", "C#"),
        ("12", "1-2"),
        ("12", "1.2"),
        ("1", "-1"),
        ("102", "10\u00b2"),
        ("112", "1\u00bd"),
        ("na", "n/a"),
        ("invoice/letter", "invoice_letter"),
        ("invoice, letter", "invoice letter"),
        ("\u0915\u093f\u0924\u093e\u092c", "\u0915\u0924\u093e\u092c"),  # with and without a vowel sign
        ("\u0e01\u0e34\u0e19", "\u0e01\u0e34\u0e48\u0e19"),  # with and without a tone
        ("\u05d3\u05d5\u05d7", "\u05d3\u05d5\u05b9\u05d7"),
        ("\u0643\u062a\u0628", "\u0643\u064f\u062a\u0628"),
        ("résumé", "resume"),
        ("\U0001f9fe", "\U0001f4c4"),
        ("$5", "5"),
    ],
)
def test_signs_that_say_something_are_not_folded_away(one, other):
    assert folded(one) != folded(other)


@pytest.mark.parametrize(
    ("spelling", "label"),
    [
        ("1099 misc", "1099-MISC"),
        ("W2", "W-2"),
        ("strasse", "Straße"),
        ("\ufb01le", "file"),
        ("ＩＮＶＯＩＣＥ", "invoice"),  # noqa: RUF001
        ("in\u200bvoice", "invoice"),
        ("driver\u2019s license", "driver's license"),
        ("Form W-2", "Form: W-2"),
        ("2024\u00a001", "2024-01"),
        ("m2", "m\u00b2"),
        ("\u2163", "IV"),
        ("credit\\|debit note", "credit|debit note"),
        ("\U0001f9fe", "\U0001f9fe\ufe0f"),
    ],
)
def test_a_spelling_is_the_only_label_that_it_can_be(spelling, label):
    assert matching_label(spelling, (label, "letter")) == label


@pytest.mark.parametrize(
    ("spelling", "labels", "meant"),
    [
        ("c++", ("C++", "C#", "C"), "C++"),
        ("a-1", ("A1", "A-1"), "A-1"),
        ("A 1", ("A1", "A-1"), None),
        ("INVOICE", ("Invoice", "invoice"), None),
        ("m2", ("m\u00b2", "m2"), "m2"),
        ("M2", ("m\u00b2", "m2"), "m2"),
        ("STRASSE", ("Straße", "Strasse"), None),
        ("cafe\u0301", ("caf\u00e9", "cafe"), "caf\u00e9"),
        ("C", ("C++", "C#"), None),
        ("", ("+", "-"), None),
        ("!", ("?", "-"), None),
    ],
)
def test_of_several_that_it_could_be_the_nearest_is_meant_or_none(spelling, labels, meant):
    assert matching_label(spelling, labels) == meant


@given(some_labels, st.data())
def test_a_label_is_always_meant_by_itself(labels, data):
    label = data.draw(st.sampled_from(labels))
    assert matching_label(label, labels) == label


@given(some_labels, st.text(max_size=12))
def test_what_is_meant_is_never_one_of_two_that_are_as_near(labels, spelling):
    meant = matching_label(spelling, labels)
    if meant is not None:
        as_near = [label for label in labels if folded(label) == folded(spelling)]
        assert meant in as_near
        assert as_near == [meant] or caseless(meant) == caseless(spelling)


@pytest.mark.parametrize(
    ("labels", "difference"),
    [
        (("caf\u00e9", "cafe\u0301"), "how their letters are composed"),
        (("\uac00", "\u1100\u1161"), "how their letters are composed"),
        (("Invoice", "invoice"), "case"),
        (("\u0412\u043e\u0434\u0430", "\u0432\u043e\u0434\u0430"), "case"),
        (("zero", "ze\u200bro"), "characters that cannot be seen"),
        (("soft", "so\u00adft"), "characters that cannot be seen"),
        (("full", "\uff46\uff55\uff4c\uff4c"), "width"),
        (("no break", "no\u00a0break"), "width"),
        (("bank statement", "Bank-Statement"), "spaces, hyphens"),
        (("bank_statement", "bankstatement"), "spaces, hyphens"),
        (("1099-MISC", "1099MISC"), "spaces, hyphens"),
        (("10-99", "1099"), "spaces, hyphens"),
        (("double  space", "double space"), "spaces, hyphens"),
        (("dot", "dot."), "spaces, hyphens"),
        (("en\u2013dash", "en-dash"), "spaces, hyphens"),
        (("paycheck", "\u0440\u0430\u0443\u0441heck"), "different alphabets"),
        (("BOX", "\u0412\u041e\u0425"), "different alphabets"),
        (("NOTE", "\u039dOTE"), "different alphabets"),
    ],
)
def test_labels_that_look_alike_are_found_with_what_they_differ_in(labels, difference):
    (group,) = look_alikes([*labels, "letter", "receipt"])
    assert set(group.labels) == set(labels)
    assert difference in group.difference


def test_all_that_look_alike_are_one_group():
    (group,) = look_alikes(["a b", "A-B", "a_b", "c"])
    assert group.labels == ("A-B", "a b", "a_b")


@pytest.mark.parametrize(
    "labels", [("C", "C++", "C#"), ("A1", "A2"), ("form", "forms"), ("+", "-"), ("1.0", "10")]
)
def test_labels_that_differ_in_what_they_say_do_not_look_alike(labels):
    assert look_alikes(labels) == []


def test_what_cannot_be_seen_is_shown_by_its_code_points():
    (group,) = look_alikes(["caf\u00e9", "cafe\u0301"])
    assert "caf\\xe9" in str(group)
    assert "cafe\\u0301" in str(group)


@given(
    st.from_regex(r"[a-zéß]{2,6} [a-zéß]{1,6}", fullmatch=True),
    st.sampled_from(
        [
            str.upper,
            str.title,
            lambda label: label.replace(" ", "_"),
            lambda label: label.replace(" ", "\u00a0"),
            lambda label: label.replace(" ", " - "),
            lambda label: unicodedata.normalize("NFD", f"{label}é"),
            lambda label: f"{label}.",
            lambda label: f"{label[0]}\u200d{label[1:]}",
            lambda label: label.replace("a", "\u0430"),
        ]
    ),
)
def test_another_way_to_write_a_label_looks_like_it(label, written_otherwise):
    other = written_otherwise(label)
    label = f"{label}é" if "e\u0301" in other else label
    assert [set(group.labels) for group in look_alikes([label, other, "x"])] == [{label, other}][
        : label != other
    ]


@pytest.mark.parametrize(
    ("label", "flaw"),
    [
        ("", "all of it is invisible"),
        (" \t", "all of it is invisible"),
        ("\u200b\ufeff", "all of it is invisible"),
        ("in\nvoice", r"a line break (U+000A)"),
        ("in\r\nvoice", r"a line break (U+000D)"),
        ("in\u2028voice", r"a line break (U+2028)"),
        ("in\u2029voice", r"a line break (U+2029)"),
        ("in\u0085voice", r"a line break (U+0085)"),
        ("in\tvoice", r"a tab (U+0009)"),
        ("in\0voice", r"a control character (U+0000)"),
        ("in\udce9voice", "bytes that are not UTF-8"),
    ],
)
def test_a_label_that_no_prompt_can_hold_has_a_flaw(label, flaw):
    assert flaw in label_flaw(label)


@pytest.mark.parametrize(
    "label", ['say "hi"', "a|b", "{}", "back\\slash", "請求書", "\U0001f469\u200d\U0001f467"]
)
def test_an_odd_label_has_none(label):
    assert label_flaw(label) is None


def test_a_label_is_suggested_where_one_is_near():
    labels = ("invoice", "letter")
    assert with_suggestion("Invoice", labels) == "'Invoice' (did you mean 'invoice'?)"
    assert with_suggestion("leter", labels) == "'leter' (did you mean 'letter'?)"
    assert with_suggestion("memo", labels) == "'memo'"
