"""Hyperparameters: every value that cannot work is named with its rule."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.families import Bound, OneOf, Tuning

EPOCHS = Bound(low=1, high=5, default="2", whole=True)
STEPS = Bound(low=10, high=40_000, default="auto", whole=True, words=("auto",))
EFFORT = OneOf(words=("low", "high"), default="low")


@pytest.mark.parametrize("value", ["1", "5", "2.0"])
def test_what_lies_within_the_bounds_is_taken(value):
    assert EPOCHS.problem("epochCount", value) is None


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("0", "between 1 and 5"),
        ("6", "between 1 and 5"),
        ("2.5", "whole number"),
        ("two", "number written as a string"),
        ("", "number written as a string"),
        ("nan", "whole number"),
        ("inf", "whole number"),
        ("auto", "number written as a string"),
    ],
)
def test_what_does_not_is_named_with_its_rule(value, says):
    problem = EPOCHS.problem("epochCount", value)
    assert problem.startswith("epochCount is ")
    assert says in problem


def test_a_word_may_stand_in_the_place_of_a_number():
    assert STEPS.problem("stepCount", "auto") is None
    assert STEPS.problem("stepCount", "automatic").endswith("or 'auto'")


def test_one_of_a_few_words():
    assert EFFORT.problem("effort", "high") is None
    assert EFFORT.problem("effort", "medium") == "effort is 'medium': it must be one of 'low', 'high'"


@given(st.text(max_size=20))
def test_no_value_is_a_reason_to_fall_over(value):
    EPOCHS.problem("epochCount", value)
    STEPS.problem("stepCount", value)


@given(st.floats())
def test_a_fraction_is_taken_only_within_its_bounds(number):
    rate = Bound(low=1e-6, high=1e-4, default="0.00001")
    assert (rate.problem("learningRate", repr(number)) is None) == (1e-6 <= number <= 1e-4)


def test_every_problem_is_told():
    values = {"epochCount": "9", "topK": "1", "effort": 3}
    tuning = Tuning(hyperparameters={"epochCount": EPOCHS, "effort": EFFORT})
    problems = tuning.problems_with(values, owner="acme")
    assert [problem.partition(" is ")[0] for problem in problems] == ["epochCount", "topK", "effort"]
    assert "acme: it has effort, epochCount" in problems[1]
    assert problems[2].endswith("write it as a string, '3'")
