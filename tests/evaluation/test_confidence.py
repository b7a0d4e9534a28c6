"""Whether confidence can be believed, and when a person must look."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.errors import InvalidInput
from burnish.evaluation.confidence import (
    agreement,
    calibration_error,
    fit_temperature,
    reliability,
    review_threshold,
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


def drawn(count: int, temperature: float, seed: int) -> list[Prediction]:
    """Pages whose labels are drawn from probabilities that were then sharpened by a temperature."""
    rng = random.Random(seed)
    found = []
    for number in range(count):
        logs = [rng.gauss(0, 1.5) for _ in range(4)]
        honest = [math.exp(value) for value in logs]
        label = rng.choices("abcd", honest)[0]
        sharp = [math.exp(value * temperature) for value in logs]
        probabilities = {name: value / sum(sharp) for name, value in zip("abcd", sharp, strict=True)}
        predicted = max(probabilities, key=probabilities.get)
        found.append(
            Prediction(
                page=str(number),
                label=label,
                predicted=predicted,
                probabilities=probabilities,
                seconds=0.0,
            )
        )
    return found


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_that_spoilt_confidence_is_found_and_mends_it(temperature):
    fitted = fit_temperature(drawn(2_000, temperature, seed=0))
    assert fitted.value == pytest.approx(temperature, rel=0.15)
    tested = drawn(2_000, temperature, seed=1)
    mended = [fitted.applied_to(one) for one in tested]
    assert calibration_error(mended) < 0.05
    assert [one.predicted for one in mended] == [one.predicted for one in tested]
    assert all(sum(one.probabilities.values()) == pytest.approx(1) for one in mended)


def test_a_temperature_needs_probabilities():
    with pytest.raises(InvalidInput, match="No validation page has label probabilities"):
        fit_temperature([Prediction(page="p", label="a", predicted="a", seconds=0.0)])


def test_the_calibration_error_is_the_distance_of_confidence_from_accuracy():
    pages = [sure(0.95, right=number < 5) for number in range(10)]
    assert calibration_error(pages) == pytest.approx(0.45)
    (bin_,) = reliability(pages)
    assert (bin_.pages, bin_.accuracy) == (10, 0.5)
    assert calibration_error([]) is None


@given(st.lists(st.tuples(st.floats(0.5, 1), st.booleans()), min_size=1, max_size=40))
def test_bins_hold_every_sure_answer_once(found):
    pages = [sure(confidence, right=right) for confidence, right in found]
    assert sum(one.pages for one in reliability(pages)) == len(pages)
    assert 0 <= calibration_error(pages) <= 1


def test_the_threshold_takes_most_at_the_wanted_precision():
    pages = [sure(0.9, right=True), sure(0.8, right=True), sure(0.7, right=False), sure(0.6, right=True)]
    pages.append(Prediction(page="x", label="a", error="failed", seconds=0.0))
    found = review_threshold(pages, 0.95)
    assert (found.threshold, found.coverage, found.precision, found.reviewed) == (0.8, 0.4, 1.0, 3)
    assert review_threshold(pages, 0.75).coverage == 0.8
    assert review_threshold([sure(0.9, right=False)], 0.95) is None
    with pytest.raises(InvalidInput, match="between 0 and 1"):
        review_threshold(pages, 1.5)


def test_answers_that_are_as_sure_stand_or_fall_together():
    pages = [sure(0.9, right=True), sure(0.9, right=False), sure(0.9, right=True)]
    assert [(one.coverage, one.precision) for one in risk_coverage(pages)] == [(1.0, pytest.approx(2 / 3))]


def test_several_samples_agree_or_not():
    def said(label):
        return Prediction(page="p", label="a", predicted=label, answer=label, seconds=0.0)

    found = agreement([said("a"), said("b"), said("a"), said(None)])
    assert (found.predicted, found.probability) == ("a", 0.5)
    assert agreement([said(None), said(None)]).probability is None
    with pytest.raises(InvalidInput, match="samples of one page"):
        agreement([])


def test_a_few_pages_that_are_all_right_do_not_make_a_model_sure_of_everything():
    few, many = (fit_temperature([sure(0.98, right=True)] * pages) for pages in (24, 5000))
    assert many.value < 0.5
    assert few.value > 0.9
    assert few.applied_to(sure(0.98, right=True)).probability == pytest.approx(25 / 26, abs=0.002)
