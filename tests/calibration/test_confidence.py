"""Whether confidence can be believed, and what every threshold would accept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.calibration.confidence import (
    Bin,
    calibration_error,
    joined_bins,
    reliability,
    risk_coverage,
)
from burnish.evaluation.predicting import Prediction


def sure(confidence: float, *, right: bool, page: str = "p") -> Prediction:
    rest = {"b": 1 - confidence}
    return Prediction(
        page=page,
        label="a" if right else "b",
        predicted="a",
        probabilities={"a": confidence, **rest},
        seconds=0.0,
    )


def test_the_calibration_error_is_the_distance_of_confidence_from_accuracy():
    pages = [sure(0.95, right=number < 5) for number in range(10)]
    assert calibration_error(pages) == pytest.approx(0.45)
    (bin_,) = reliability(pages)
    assert (bin_.pages, bin_.accuracy) == (10, 0.5)
    assert calibration_error([]) is None


@given(st.lists(st.tuples(st.floats(0.5, 1), st.booleans()), min_size=1, max_size=40))
def test_bins_hold_every_answer_with_a_confidence_once(found):
    pages = [sure(confidence, right=right) for confidence, right in found]
    assert sum(one.pages for one in reliability(pages)) == len(pages)
    assert 0 <= calibration_error(pages) <= 1


def test_answers_that_are_as_confident_stand_or_fall_together():
    pages = [sure(0.9, right=True), sure(0.9, right=False), sure(0.9, right=True)]
    assert [(one.coverage, one.precision) for one in risk_coverage(pages)] == [(1.0, pytest.approx(2 / 3))]


@given(st.lists(st.tuples(st.floats(0.5, 1), st.booleans()), min_size=1, max_size=40))
def test_the_lower_the_threshold_the_more_answers_are_accepted_and_at_last_all(found):
    pages = [sure(confidence, right=right) for confidence, right in found]
    curve = risk_coverage(pages)
    assert [one.accepted for one in curve] == sorted({one.accepted for one in curve})
    assert [one.threshold for one in curve] == sorted({one.threshold for one in curve}, reverse=True)
    assert (curve[-1].coverage, curve[-1].correct) == (1.0, sum(one.is_right for one in pages))


def test_pages_without_an_answer_are_never_accepted():
    pages = [sure(0.9, right=True), Prediction(page="x", label="a", error="failed", seconds=0.0)]
    assert [(one.pages, one.accepted, one.coverage) for one in risk_coverage(pages)] == [(2, 1, 0.5)]


def test_bins_of_few_pages_are_joined_with_their_neighbours_and_no_page_is_lost():
    bins = [
        Bin(confidence=c, accuracy=a, pages=n)
        for c, a, n in ((0.2, 0, 3), (0.4, 1, 9), (0.9, 1, 20), (1, 1, 2))
    ]
    first, last = joined_bins(bins, 10)
    assert (first.pages, last.pages) == (12, 22)
    assert first.accuracy == pytest.approx(9 / 12)
    assert last.confidence == pytest.approx(20 / 22)
    assert joined_bins(bins[:1], 10) == bins[:1]
    assert joined_bins([], 10) == []
