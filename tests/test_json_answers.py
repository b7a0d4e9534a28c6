"""The JSON in an answer: every object, numbers as they are written, members that come twice."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.json_answers import find_json, json_value, types_in, unfenced


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ('{"type": "a"}', ["a"]),
        ('{"TYPE": "a"}', ["a"]),
        ('{"type": 1099}', ["1099"]),
        ('{"type": 1040.0}', ["1040.0"]),
        ('{"type": -1e3}', ["-1e3"]),
        ('{"type": false}', ["false"]),
        ('{"type": null}', [None]),
        ('{"type": ["a"]}', [None]),
        ('{"type": {"type": "a"}}', [None]),
        ('{"type": "a", "type": "b"}', ["a", "b"]),
        ('{"type": "a", "others": [{"type": "b"}]}', ["a"]),
        ('{"result": {"type": "a"}, "more": [{"type": "b"}]}', ["a", "b"]),
        ('{"document_type": "a"}', []),
        ("[]", []),
    ],
)
def test_the_outermost_types_are_named(text, types):
    assert list(types_in(json_value(text))) == types
    assert list(find_json(f"So: {text}!").types) == types


def test_what_stands_around_the_objects_is_left():
    found = find_json('one {"type": "a"} two {broken {"type": "b"} three')
    assert found.types == ("a", "b")
    assert found.rest == "one \n two {broken \n three"


@pytest.mark.parametrize("text", ["", "{", "{" * 100_000, '{"a":' * 100_000, "[" * 100_000])
def test_what_is_no_json_names_nothing(text):
    with pytest.raises(ValueError, match=r"."):
        json_value(text)


@pytest.mark.parametrize(
    "answer", ["{}", "```{}```", "```json\n{}\n```", "```\n{}```", "\n ```json\n{}\n``` \n", "``` {} ```"]
)
def test_a_fence_around_all_of_an_answer_is_taken_off(answer):
    assert unfenced(answer) == "{}"


@given(st.text(), st.sampled_from(["%s", "```json\n%s\n```", "[%s]", '{"answer": %s}']))
def test_any_label_is_found_as_it_is(label, shape):
    answer = shape % json.dumps({"type": label}, ensure_ascii=False)
    assert list(types_in(json_value(unfenced(answer)))) == [label]
