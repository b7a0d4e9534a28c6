"""The form of answers, taken from the training records."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.engine.answer_forms import (
    common_form,
    form_and_label,
    usual_form,
)
from burnish.records import answer_for

LABELS = [
    "invoice",
    'say "hi"',
    "back\\slash",
    "tab\tand\nline",
    "Überweisung",
    "請求書",
    "{}",
    "",
    "a}\n```",
    'a "quoted" \\ label',
    "a|b",
    '{"type": "a"}',
    "\U0001f9fe",
]


@pytest.mark.parametrize("label", LABELS)
def test_an_answer_of_a_training_record_is_taken_apart_and_put_together_again(label):
    answer = answer_for(label)
    assert form_and_label(answer) == (usual_form("type"), label)
    assert usual_form("type").answer(label) == answer


@given(label=st.text(), name=st.from_regex(r"[a-z_]{1,12}", fullmatch=True))
def test_any_label_survives(label, name):
    form = usual_form(name)
    assert form_and_label(form.answer(label)) == (form, label)


@pytest.mark.parametrize(
    "answer",
    [
        '{"class":"memo"}',
        '{ "class" : "memo" }',
        'The page is {"class": "memo"}.',
        '```\n{"class": "memo"\n}\n```',
    ],
)
def test_other_ways_to_write_one_member_have_forms_of_their_own(answer):
    form, label = form_and_label(answer)
    assert (form.name, label) == ("class", "memo")
    assert form.answer("memo") == answer


@pytest.mark.parametrize(
    "answer",
    [
        "invoice",
        "",
        '"invoice"',
        '["invoice"]',
        '{"type": 3}',
        '{"type": null}',
        '{"type": "invoice", "sure": true}',
        '{"sure": true, "type": "invoice"}',
        '{"type": "invoice"',
        r'{"type": "\q"}',
        '{"type": "two\nlines"}',
    ],
)
def test_what_does_not_name_one_label_in_json_is_free_text(answer):
    assert form_and_label(answer) is None


def test_answers_that_differ_only_in_the_label_share_a_form():
    assert common_form(answer_for(label) for label in LABELS) == usual_form("type")


def test_letters_beyond_ascii_are_written_as_the_records_write_them():
    escaped = [json.dumps({"type": label}) for label in ("invoice", "Überweisung")]
    plain = [json.dumps({"type": label}, ensure_ascii=False) for label in ("invoice", "Überweisung")]
    assert common_form(escaped).answer("Überweisung") == escaped[1]
    assert common_form(plain).answer("Überweisung") == plain[1]
    assert "Überweisung" in answer_for("Überweisung")


def test_answers_of_several_forms_share_none():
    assert common_form([answer_for("a"), '{"type": "a"}']) is None
    assert common_form([answer_for("a"), "free text"]) is None
    assert common_form(["free text", "other text"]) is None
    assert common_form([]) is None
