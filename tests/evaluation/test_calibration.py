"""Label biases: fitted on validation pages, they take away what a model says whatever the page."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from burnish.errors import InvalidInput
from burnish.evaluation.calibration import _penalised_loss, fit_label_biases
from burnish.evaluation.metrics import metrics_of
from burnish.evaluation.predicting import Prediction
from burnish.evaluation.reports.tuning import calibrated, evaluation_of

LABELS = ("form", "invoice", "letter")


def prediction(label: str, **probabilities: float) -> Prediction:
    """What a model made of a page of this label."""
    said = max(probabilities, key=lambda name: probabilities[name]) if probabilities else None
    return Prediction(
        page="page", label=label, predicted=said, probabilities=probabilities or None, seconds=0.1
    )


def biased(pages: int, favour: float, seed: int) -> list[Prediction]:
    """A model that knows the labels but gives one of them ``favour`` times its due."""
    rng = random.Random(seed)
    found = []
    for number in range(pages):
        label = LABELS[number % len(LABELS)]
        weights = {name: (4.0 if name == label else 1.0) * rng.uniform(0.7, 1.3) for name in LABELS}
        weights["invoice"] *= favour
        total = sum(weights.values())
        found.append(prediction(label, **{name: weight / total for name, weight in weights.items()}))
    return found


def test_a_favour_measured_on_some_pages_is_taken_away_on_others():
    held_out = biased(60, favour=50, seed=1)
    assert metrics_of(held_out, LABELS).accuracy == pytest.approx(1 / 3)
    biases = fit_label_biases(biased(24, favour=50, seed=2), LABELS)
    assert metrics_of([biases.applied_to(one) for one in held_out], LABELS).accuracy == 1


def test_the_favoured_label_is_held_back_and_biases_sum_to_nothing():
    biases = fit_label_biases(biased(24, favour=50, seed=2), LABELS)
    assert min(biases.biases, key=lambda label: biases.biases[label]) == "invoice"
    assert sum(biases.biases.values()) == pytest.approx(0)
    assert biases.pages == 24


def test_probabilities_still_sum_to_one_and_say_what_is_predicted():
    biases = fit_label_biases(biased(24, favour=50, seed=2), LABELS)
    for one in map(biases.applied_to, biased(30, favour=50, seed=3)):
        assert sum(one.probabilities.values()) == pytest.approx(1)
        assert one.probability == max(one.probabilities.values())


def test_few_pages_move_a_model_only_a_little():
    one_page = fit_label_biases([prediction("form", form=0.4, invoice=0.5, letter=0.1)], LABELS)
    assert all(abs(bias) < 1 for bias in one_page.biases.values())


def test_a_probability_of_nothing_is_no_reason_to_fall_over():
    biases = fit_label_biases([prediction("form", form=0.0, invoice=1.0, letter=0.0)], LABELS)
    assert all(np.isfinite(bias) for bias in biases.biases.values())
    assert biases.applied_to(prediction("form", form=0.0, invoice=1.0, letter=0.0)).predicted in LABELS


def test_without_probabilities_there_is_nothing_to_fit_and_nothing_changes():
    plain = replace(prediction("form"), predicted="letter", answer="letter")
    assert fit_label_biases([plain], LABELS) is None
    biases = fit_label_biases(biased(24, favour=50, seed=2), LABELS)
    assert biases.applied_to(plain) == plain


def test_a_page_of_an_unknown_label_is_named():
    with pytest.raises(InvalidInput, match="labelled 'memo', which is none of the labels"):
        fit_label_biases([prediction("memo", form=1.0, invoice=0.0, letter=0.0)], LABELS)


def test_the_gradient_is_the_slope_of_the_loss():
    rng = np.random.default_rng(0)
    scores, truth = rng.normal(size=(20, 4)), rng.integers(0, 4, size=20).tolist()
    for _ in range(5):
        at = rng.normal(size=5)
        slope = approx_fprime(at, lambda place: _penalised_loss(place, scores, truth, 1.0)[0])
        assert _penalised_loss(at, scores, truth, 1.0)[1] == pytest.approx(slope, abs=1e-4)


def test_an_evaluation_keeps_what_it_was_before():
    before = evaluation_of("base", "arn:base", biased(60, favour=50, seed=1), LABELS)
    after = calibrated(before, fit_label_biases(biased(24, favour=50, seed=2), LABELS))
    assert after.uncalibrated == before.metrics
    assert after.calibration_pages == 24
    assert after.metrics.accuracy > before.metrics.accuracy
