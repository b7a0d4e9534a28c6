"""The form of answers that are JSON objects is read off the answers, and left to chance nowhere."""

from __future__ import annotations

import json

import pytest

from burnish.engine.object_forms import ObjectForm, common_object_form, object_form_of

VALUE = {"vendor": "Müller, Söhne: {}", "total": 12.5, "lines": [{"what": "a", "price": 1}]}
SPACED, COMPACT = json.dumps(VALUE, ensure_ascii=False), json.dumps(VALUE, separators=(",", ":"))


@pytest.mark.parametrize(
    ("answer", "form"),
    [
        (SPACED, ObjectForm()),
        (COMPACT, ObjectForm(item_separator=",", key_separator=":")),
        (f"```json\n{SPACED}\n```", ObjectForm(before="```json\n", after="\n```")),
        (json.dumps(VALUE, indent=2), None),
        (f"{SPACED} {SPACED}", None),
        ("an invoice", None),
        ("{" * 100_000 + "}", None),
    ],
    ids=["spaced", "compact", "fenced", "indented", "two", "text", "hostile"],
)
def test_the_form_of_an_answer(answer, form):
    assert object_form_of(answer) == form
    if form:
        assert json.loads(form.object_in(answer)) == VALUE


def test_answers_share_a_form_or_have_none():
    assert common_object_form([SPACED, '{"a": 1}']) == ObjectForm()
    assert common_object_form([SPACED, COMPACT]) is None
    assert common_object_form([SPACED, "an invoice"]) is None
    assert common_object_form([]) is None


def test_what_stands_around_an_object_is_no_part_of_it_though_it_was_cut_off():
    form = ObjectForm(before="```json\n", after="\n```")
    assert form.object_in('```json\n{"a": "b') == '{"a": "b'
