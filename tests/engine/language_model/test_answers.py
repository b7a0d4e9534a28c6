"""The form of answers: taken from the training records, kept beside the adapter."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.engine.language_model.answers import (
    AnswerForm,
    Decision,
    common_form,
    form_and_label,
    load_decision,
    save_decision,
    usual_form,
)
from burnish.engine.language_model.deciding import AdapterCalibration
from burnish.errors import ModelFailed
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


@pytest.mark.parametrize(
    "decision",
    [
        Decision(),
        Decision(form=usual_form("type")),
        Decision(
            form=AnswerForm(name="class", before='Ü {"class": ', after="}"),
            calibration=AdapterCalibration(temperature=1.7, biases={'say "hi"': -0.25, "請求書": 3.5}),
        ),
    ],
)
def test_a_decision_is_read_back_as_it_was_written(tmp_path, decision):
    save_decision(decision, tmp_path)
    assert load_decision(tmp_path) == decision


@pytest.mark.parametrize("escaped", ["", ', "escaped": false'])
def test_a_decision_of_version_0_1_is_read(tmp_path, escaped):
    form = f'{{"name": "type", "before": "{{", "after": "}}"{escaped}}}'
    calibration = '{"temperature": 3.9, "biases": {"invoice": 1.6}}'
    (tmp_path / "decision.json").write_text(f'{{"form": {form}, "calibration": {calibration}}}')
    assert load_decision(tmp_path) == Decision(
        form=AnswerForm(name="type", before="{", after="}"),
        calibration=AdapterCalibration(temperature=3.9, biases={"invoice": 1.6}),
    )


@pytest.mark.parametrize("content", ["{", "[]", '{"form": {"name": 1}}'])
def test_a_damaged_decision_is_named(tmp_path, content):
    (tmp_path / "decision.json").write_text(content)
    with pytest.raises(ModelFailed, match=r"decision\.json is damaged .*backup"):
        load_decision(tmp_path)


def test_a_stored_decision_is_json_that_people_can_read(tmp_path):
    save_decision(Decision(form=usual_form("type")), tmp_path)
    assert json.loads((tmp_path / "decision.json").read_text())["form"]["name"] == "type"


def test_the_trained_form_is_used_only_for_the_member_it_was_trained_on():
    trained = AnswerForm(name="type", before='{"type":', after="}")
    assert Decision(form=trained).form_for("type") == trained
    assert Decision(form=trained).form_for("class") == usual_form("class")
    assert Decision().form_for("type") == usual_form("type")
