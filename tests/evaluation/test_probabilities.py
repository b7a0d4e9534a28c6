"""What counts as label probabilities, and what does not."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from burnish.errors import InvalidInput
from burnish.evaluation.probabilities import contradicts, label_probabilities

LABELS = ("a", "b", "c")


@pytest.mark.parametrize(
    ("given_as", "says"),
    [
        ({"a": 5.0, "b": 5.0, "c": 5.0}, "the probability of 'a' is 5.0: it must lie between 0 and 1"),
        ({"a": 1.5, "b": -0.5, "c": 0.0}, "of 'a' is 1.5"),
        ({"a": -1.0, "b": 1.0, "c": 1.0}, "of 'a' is -1.0"),
        ({"a": math.nan, "b": 0.5, "c": 0.5}, "of 'a' is nan"),
        ({"a": math.inf}, "of 'a' is inf"),
        ({"a": 90, "b": 10, "c": 0}, "of 'a' is 90"),
        ({"a": True}, "of 'a' is True"),
        ({"a": "1.0"}, "of 'a' is '1.0'"),
        ({"a": None}, "of 'a' is None"),
        ({"a": 0.0, "b": 0.0, "c": 0.0}, "sum to 0, which must be 1"),
        ({"a": 0.5}, "sum to 0.5, which must be 1"),
        ({}, "sum to 0, which must be 1"),
        ({"a": 0.4, "b": 0.4, "c": 0.4}, "sum to 1.2"),
        ({"a": 0.5, "d": 0.5}, "a probability is given to 'd', which is none of the labels"),
        ({"A": 1.0}, "a probability is given to 'A'"),
    ],
)
def test_figures_that_are_no_probabilities_are_refused(given_as, says):
    with pytest.raises(InvalidInput, match=says):
        label_probabilities(given_as, LABELS)


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=3, max_size=3).filter(lambda figures: sum(figures) > 0.1))
def test_a_distribution_is_taken_as_it_is_rounded_or_not(figures):
    shares = [one / sum(figures) for one in figures]
    for digits in (3, 17):
        rounded = dict(zip(LABELS, (round(one, digits) for one in shares), strict=True))
        assert label_probabilities(rounded, LABELS) == pytest.approx(rounded)


def test_a_label_that_is_not_mentioned_has_no_probability():
    assert label_probabilities({"b": 1.0}, LABELS) == {"a": 0.0, "b": 1.0, "c": 0.0}


def test_what_rounding_puts_just_outside_lies_at_the_end():
    assert label_probabilities({"a": 1.0000001, "b": -1e-9}, LABELS) == {"a": 1.0, "b": 0.0, "c": 0.0}


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from("abcd"), st.floats() | st.integers() | st.booleans()))
def test_whatever_is_given_becomes_a_distribution_or_an_error(given_as):
    try:
        found = label_probabilities(given_as, LABELS)
    except InvalidInput:
        return
    assert tuple(found) == LABELS
    assert all(0 <= one <= 1 for one in found.values())
    assert sum(found.values()) == pytest.approx(1, abs=0.011)


@pytest.mark.parametrize(("predicted", "does"), [("a", False), ("b", False), ("c", True), (None, False)])
def test_an_answer_contradicts_probabilities_that_prefer_another(predicted, does):
    assert contradicts(predicted, {"a": 0.45, "b": 0.45, "c": 0.1}) is does
