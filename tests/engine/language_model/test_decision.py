"""What a tuned language model keeps beside its adapter is read back as it was written."""

from __future__ import annotations

import json

import pytest

from burnish.engine.answer_forms import AnswerForm, usual_form
from burnish.engine.language_model.deciding import AdapterCalibration
from burnish.engine.language_model.decision import Decision, load_decision, save_decision
from burnish.errors import ModelFailed


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
