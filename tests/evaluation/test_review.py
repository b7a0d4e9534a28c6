"""The review threshold: chosen on validation answers, measured on the pages that are tested on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.calibration.confidence import choose_threshold, fewest_accepted
from burnish.errors import InvalidInput
from burnish.evaluation.predicting import Prediction
from burnish.evaluation.review import measure_review, why_no_threshold


def page(confidence: float, *, right: bool) -> Prediction:
    probabilities = {"a": confidence, "b": 1 - confidence}
    return Prediction(
        page="p", label="a" if right else "b", predicted="a", probabilities=probabilities, seconds=0.0
    )


def pages(*groups: tuple[float, int, int]) -> list[Prediction]:
    """Confidence, how many are right at it, how many wrong."""
    return [
        page(confidence, right=number < right)
        for confidence, right, wrong in groups
        for number in range(right + wrong)
    ]


FAILED = Prediction(page="x", label="a", error="failed", seconds=0.0)


def test_the_threshold_accepts_most_validation_answers_at_the_wanted_precision():
    validation = pages((0.9, 30, 0), (0.8, 30, 1), (0.7, 0, 20), (0.6, 10, 0))
    chosen = choose_threshold(validation, 0.95)
    assert (chosen.threshold, chosen.accepted, chosen.correct) == (0.8, 61, 60)
    assert choose_threshold(validation, 0.75).threshold == 0.6


def test_what_it_does_is_counted_on_other_pages_with_intervals():
    chosen = choose_threshold(pages((0.9, 30, 0), (0.5, 10, 10)), 0.95)
    review = measure_review(chosen, [*pages((0.95, 40, 10), (0.6, 45, 4)), FAILED])
    assert (review.threshold, review.validation.precision) == (0.9, 1.0)
    assert (review.pages, review.accepted, review.correct, review.reviewed) == (100, 50, 40, 50)
    assert (review.coverage, review.precision) == (0.5, 0.8)
    low, high = review.precision_interval
    assert low == pytest.approx(0.67, abs=0.005)
    assert high == pytest.approx(0.888, abs=0.005)
    assert review.coverage_interval[0] < 0.5 < review.coverage_interval[1]


def test_where_nothing_is_accepted_there_is_no_precision():
    review = measure_review(choose_threshold(pages((0.9, 30, 0)), 0.95), pages((0.8, 10, 0)))
    assert (review.coverage, review.precision, review.precision_interval) == (0, None, None)


@pytest.mark.parametrize(("precision", "fewest"), [(0.8, 20), (0.95, 20), (0.975, 40), (0.99, 100), (1, 100)])
def test_a_precision_takes_as_many_answers_as_can_show_it(precision: float, fewest: int):
    assert fewest_accepted(precision) == fewest


def test_too_few_validation_answers_give_no_threshold_however_right_they_are():
    assert choose_threshold(pages((0.9, 19, 0)), 0.95) is None
    assert choose_threshold(pages((0.9, 20, 0)), 0.95) is not None
    assert choose_threshold(pages((0.99, 5, 0), (0.9, 5, 20)), 0.95) is None


@pytest.mark.parametrize(
    ("validation", "says"),
    [
        ([], "It has no validation answers to choose a threshold on: --calibrate asks"),
        ([FAILED] * 30, "It has no validation answers"),
        (
            pages((0.9, 19, 0)),
            "19 validation answers are too few to choose a threshold on, for a precision of 95%",
        ),
        (pages((0.9, 19, 11)), "On 30 validation answers no threshold that accepts at least 20 reaches"),
    ],
)
def test_it_is_said_why_there_is_no_threshold_and_how_to_get_one(validation: list[Prediction], says: str):
    assert choose_threshold(validation, 0.95) is None
    assert why_no_threshold(validation, pages((0.9, 1, 0)), 0.95).startswith(says)


def test_a_model_without_probabilities_is_told_how_to_get_a_confidence():
    assert "--samples" in why_no_threshold([], [FAILED], 0.95)


@pytest.mark.parametrize("precision", [0, -1, 1.5])
def test_a_precision_that_is_no_share_is_refused(precision: float):
    with pytest.raises(InvalidInput, match="between 0 and 1"):
        choose_threshold([], precision)


answers = st.lists(st.tuples(st.floats(0.5, 1), st.booleans()), min_size=1, max_size=80)


@given(answers, st.floats(0.5, 1))
def test_a_chosen_threshold_keeps_its_promise_where_it_was_chosen(found, precision: float):
    validation = [page(confidence, right=right) for confidence, right in found]
    if chosen := choose_threshold(validation, precision):
        again = measure_review(chosen, validation)
        assert again.precision >= precision
        assert again.accepted == chosen.accepted >= fewest_accepted(precision)
        low, high = again.precision_interval
        assert 0 <= low <= again.precision <= high <= 1
