"""What a job tells of its model's confidence: figures with intervals, or that pages are too few."""

from __future__ import annotations

import random
from dataclasses import dataclass

import pytest

from burnish.calibration.confidence import calibration_error, calibration_error_by_chance
from burnish.calibration.held_out_confidence import measured_confidence, read_confidence
from burnish.errors import InvalidInput


@dataclass(frozen=True, kw_only=True)
class Judged:
    probability: float
    is_right: bool


def simulated(pages: int, *, seed: int, accuracy_of=lambda confidence: confidence) -> list[Judged]:
    rng = random.Random(seed)
    confidences = [rng.uniform(0.4, 1) for _ in range(pages)]
    return [Judged(probability=one, is_right=rng.random() < accuracy_of(one)) for one in confidences]


def test_the_error_of_a_calibrated_model_is_near_nothing_on_many_pages():
    assert calibration_error(simulated(20_000, seed=0)) < 0.015


def test_the_error_of_calibrated_models_lies_where_chance_puts_it_nineteen_times_in_twenty():
    inside = 0
    for seed in range(200):
        answers = simulated(100, seed=seed)
        low, high = calibration_error_by_chance(answers)
        inside += low <= calibration_error(answers) <= high
    assert 0.90 <= inside / 200 <= 0.99


def test_an_overconfident_model_is_told_from_chance():
    found = measured_confidence(
        simulated(200, seed=1, accuracy_of=lambda confidence: confidence - 0.3), made="out of fold"
    )
    assert found.expected_calibration_error > found.calibrated_by_chance[1]
    assert "do not take its confidence at its word" in " ".join(found.lines())
    honest = measured_confidence(simulated(200, seed=1), made="out of fold")
    assert "may be chance" in " ".join(honest.lines())


def test_the_threshold_keeps_the_wrong_answers_under_five_percent():
    right = [Judged(probability=0.9, is_right=True)] * 40
    mixed = [Judged(probability=0.6, is_right=number % 2 == 0) for number in range(40)]
    found = measured_confidence([*right, *mixed], made="out of fold")
    accepted = found.at_most_five_percent_wrong
    assert (accepted.threshold, accepted.accepted, accepted.wrong) == (0.9, 40, 0)
    assert "Accept 50% of its answers" in found.lines()[-1]
    assert "a person reviews every page" in measured_confidence(mixed, made="x").lines()[-1]


def test_the_risk_is_told_from_few_answers_to_all_of_them():
    found = measured_confidence(simulated(100, seed=2), made="out of fold").risk_coverage
    coverages = [one.coverage for one in found]
    assert coverages == sorted(set(coverages))
    assert (coverages[0], coverages[-1]) == (0.1, 1.0)
    assert all(one.risk_interval[0] <= one.risk <= one.risk_interval[1] for one in found)


def test_few_pages_are_said_to_be_too_few():
    found = measured_confidence(simulated(19, seed=3), made="out of fold")
    assert found.expected_calibration_error is None
    assert "19 pages are too few to tell" in found.lines()[-1]


def test_what_is_written_is_read_again():
    found = measured_confidence(simulated(30, seed=4), made="out of fold")
    assert read_confidence(found.as_file()) == found
    assert b'"expectedCalibrationError"' in found.as_file()
    with pytest.raises(InvalidInput, match=r"confidence\.json"):
        read_confidence(b"[]")
