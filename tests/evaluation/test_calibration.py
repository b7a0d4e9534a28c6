"""Calibration: label biases and a temperature, fitted on validation answers and on nothing else."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.calibration.confidence import calibration_error
from burnish.errors import InvalidInput
from burnish.evaluation.calibration import (
    choose_calibration,
    cross_fitted,
    fit_calibration,
)
from burnish.evaluation.metrics import metrics_of
from burnish.evaluation.predicting import Prediction

LABELS = ("form", "invoice", "letter")


def prediction(label: str, *, page: str = "page", **probabilities: float) -> Prediction:
    """What a model made of a page of this label."""
    said = max(probabilities, key=lambda name: probabilities[name]) if probabilities else None
    return Prediction(
        page=page, label=label, predicted=said, probabilities=probabilities or None, seconds=0.1
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
        shares = {name: weight / total for name, weight in weights.items()}
        found.append(prediction(label, page=str(number), **shares))
    return found


def drawn(count: int, temperature: float, seed: int) -> list[Prediction]:
    """Pages whose labels are drawn from probabilities that were then sharpened by a temperature."""
    rng = random.Random(seed)
    found = []
    for number in range(count):
        logs = [rng.gauss(0, 1.5) for _ in LABELS]
        label = rng.choices(LABELS, [math.exp(value) for value in logs])[0]
        sharp = [math.exp(value * temperature) for value in logs]
        shares = {name: value / sum(sharp) for name, value in zip(LABELS, sharp, strict=True)}
        found.append(prediction(label, page=str(number), **shares))
    return found


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_that_spoilt_confidence_is_found(temperature: float):
    fitted = fit_calibration(drawn(2_000, temperature, seed=0), LABELS)
    assert fitted.temperature == pytest.approx(temperature, rel=0.15)
    tested = drawn(2_000, temperature, seed=1)
    assert calibration_error([fitted.applied_to(one) for one in tested]) < 0.05


def test_a_favour_measured_on_some_pages_is_taken_away_on_others():
    held_out = biased(60, favour=50, seed=1)
    assert metrics_of(held_out, LABELS).accuracy == pytest.approx(1 / 3)
    fitted = fit_calibration(biased(24, favour=50, seed=2), LABELS)
    assert metrics_of([fitted.applied_to(one) for one in held_out], LABELS).accuracy == 1


def test_the_favoured_label_is_held_back_and_biases_sum_to_nothing():
    fitted = fit_calibration(biased(24, favour=50, seed=2), LABELS)
    assert min(fitted.biases, key=lambda label: fitted.biases[label]) == "invoice"
    assert sum(fitted.biases.values()) == pytest.approx(0)
    assert fitted.answers == 24


@given(
    st.lists(
        st.tuples(st.sampled_from(LABELS), st.lists(st.floats(0, 1), min_size=3, max_size=3)),
        min_size=1,
        max_size=12,
    )
)
def test_calibrated_probabilities_sum_to_one_and_say_what_is_predicted(pages):
    found = [
        prediction(label, **dict(zip(LABELS, (share / (sum(shares) or 1) for share in shares), strict=True)))
        for label, shares in pages
    ]
    fitted = fit_calibration(found, LABELS)
    assert math.isfinite(fitted.temperature)
    for one in map(fitted.applied_to, found):
        assert sum(one.probabilities.values()) == pytest.approx(1)
        assert one.probability == max(one.probabilities.values())


def test_few_pages_move_a_model_only_a_little():
    one_page = fit_calibration([prediction("form", form=0.4, invoice=0.5, letter=0.1)], LABELS)
    assert all(abs(bias) < 1 for bias in one_page.biases.values())
    assert 0.5 < one_page.temperature < 2


def test_a_few_pages_that_are_all_right_do_not_make_a_model_sure_of_everything():
    pages = [prediction(LABELS[number % 3], **answers(LABELS[number % 3])) for number in range(24)]
    fitted = fit_calibration(pages, LABELS)
    assert all(fitted.applied_to(one).probability < 0.985 for one in pages)


def answers(label: str) -> dict[str, float]:
    return {name: 0.98 if name == label else 0.01 for name in LABELS}


def test_a_probability_of_nothing_is_no_reason_to_fall_over():
    fitted = fit_calibration([prediction("form", form=0.0, invoice=1.0, letter=0.0)], LABELS)
    assert all(np.isfinite(bias) for bias in fitted.biases.values())
    assert fitted.applied_to(prediction("form", form=0.0, invoice=1.0, letter=0.0)).predicted in LABELS


def test_a_label_that_no_sample_has_named_is_unlikely_and_not_impossible():
    labels = ["letter"] + ["form"] * 19
    unanimous = [prediction(label, form=1.0, page=str(number)) for number, label in enumerate(labels)]
    fitted = fit_calibration(unanimous, LABELS)
    assert 0.8 < fitted.applied_to(unanimous[0]).probability < 0.99


def test_without_probabilities_there_is_nothing_to_fit_and_nothing_changes():
    plain = replace(prediction("form"), predicted="letter", answer="letter")
    assert fit_calibration([plain], LABELS) is None
    fitted = fit_calibration(biased(24, favour=50, seed=2), LABELS)
    assert fitted.applied_to(plain) == plain


def test_an_answer_that_names_no_label_names_none_once_it_is_calibrated():
    unparsed = replace(prediction("form", **answers("form")), predicted=None)
    assert fit_calibration(biased(24, favour=50, seed=2), LABELS).applied_to(unparsed) == unparsed


def test_a_page_of_an_unknown_label_is_named():
    with pytest.raises(InvalidInput, match="labelled 'memo', which is none of the labels"):
        fit_calibration([prediction("memo", form=1.0, invoice=0.0, letter=0.0)], LABELS)


def test_no_page_is_calibrated_by_a_fit_that_has_seen_it():
    pages = biased(30, favour=5, seed=3)
    found = cross_fitted(pages, LABELS)
    for number in (0, 7, 29):
        one = pages[number]
        relabelled = [*pages]
        relabelled[number] = replace(one, label=LABELS[(LABELS.index(one.label) + 1) % 3])
        again = fit_on_same_folds(pages, relabelled)
        assert again[number].probabilities == pytest.approx(found[number].probabilities)
        assert again != found


def fit_on_same_folds(pages: list[Prediction], relabelled: list[Prediction]) -> list[Prediction]:
    """Cross-fitted after one page's label was changed, with every page in the fold that it was in."""
    from burnish.evaluation import calibration

    folds = calibration._folds(pages)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calibration, "_folds", lambda _: folds)
        return cross_fitted(relabelled, LABELS)


def test_pages_of_one_document_are_calibrated_together():
    first = [replace(one, page=f"document {number}") for number, one in enumerate(biased(20, 5, seed=4))]
    second = [replace(one, page=f"{one.page}, page 2") for one in first]
    alone = cross_fitted(first, LABELS)
    twice = cross_fitted([*first, *second], LABELS)
    assert twice[: len(first)] == [
        replace(one, page=page.page) for one, page in zip(twice[len(first) :], first, strict=True)
    ]
    assert [one.predicted for one in alone] == [one.predicted for one in twice[: len(first)]]


def test_one_page_alone_is_not_calibrated_by_itself():
    (page,) = biased(1, favour=5, seed=5)
    assert cross_fitted([page], LABELS) == [page]


def test_cross_fitted_confidence_is_more_honest_than_that_of_the_pages_fitted_on():
    """On noise a fit flatters itself, and cross-fitting does not."""
    rng = random.Random(6)
    noise = [replace(one, label=rng.choice(LABELS)) for one in biased(24, favour=1, seed=6)]
    fitted = fit_calibration(noise, LABELS)

    def surprise(found: list[Prediction]) -> float:
        return sum(-math.log(one.probabilities[one.label]) for one in found)

    assert surprise(cross_fitted(noise, LABELS)) > surprise([fitted.applied_to(one) for one in noise])


def test_a_calibration_that_helps_with_unseen_answers_is_used():
    chosen = choose_calibration(biased(24, favour=50, seed=2), LABELS)
    assert chosen == fit_calibration(biased(24, favour=50, seed=2), LABELS)
    assert chosen.is_used


def test_few_answers_that_are_sure_and_all_right_are_no_reason_to_change_any():
    sure = {label: {name: 0.998 if name == label else 0.001 for name in LABELS} for label in LABELS}
    pages = [prediction(LABELS[n % 3], page=str(n), **sure[LABELS[n % 3]]) for n in range(24)]
    chosen = choose_calibration(pages, LABELS)
    assert not chosen.is_used
    assert chosen.answers == 24
    assert [chosen.applied_to(one) for one in pages] == pages


def test_without_probabilities_no_calibration_is_chosen():
    assert choose_calibration([replace(prediction("form"), predicted="form")], LABELS) is None
