"""The figures: scikit-learn's where it has them, over every page that was asked about."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    f1_score,
    precision_recall_fscore_support,
    recall_score,
)
from statsmodels.stats.proportion import proportion_confint

from burnish.errors import InvalidInput
from burnish.evaluation.metrics import NO_ANSWER, calculate_metrics, metrics_of
from burnish.evaluation.predicting import Prediction

LABELS = ("form", "invoice", "letter", "memo")


def prediction(
    label: str,
    predicted: str | None,
    *,
    error: str | None = None,
    seconds: float = 1.0,
    asked_at: float = 0.0,
) -> Prediction:
    return Prediction(
        page="a.pdf", label=label, predicted=predicted, error=error, seconds=seconds, asked_at=asked_at
    )


guesses = st.lists(
    st.tuples(st.sampled_from(LABELS), st.sampled_from([*LABELS, None])), min_size=1, max_size=60
)


@given(guesses)
@settings(max_examples=60, deadline=None)
def test_metrics_are_those_of_scikit_learn(pairs: list[tuple[str, str | None]]):
    truth = [label for label, _ in pairs]
    guessed = [predicted or NO_ANSWER for _, predicted in pairs]
    metrics = metrics_of([prediction(*pair) for pair in pairs], LABELS)

    assert metrics.accuracy == pytest.approx(accuracy_score(truth, guessed))
    assert metrics.weighted.f1 == pytest.approx(f1_score(truth, guessed, average="weighted", zero_division=0))
    assert metrics.weighted.recall == pytest.approx(
        recall_score(truth, guessed, average="weighted", zero_division=0)
    )
    columns = [*LABELS, NO_ANSWER]
    assert [list(row) for row in metrics.confusion] == confusion_matrix(
        truth, guessed, labels=columns
    ).tolist()[:-1]
    for label in LABELS:
        of_label = f1_score(truth, guessed, labels=[label], average=None, zero_division=0)[0]
        assert metrics.per_label[label].f1 == pytest.approx(of_label)
        assert metrics.per_label[label].support == truth.count(label)


@given(guesses)
@settings(max_examples=60, deadline=None)
def test_every_page_is_counted_once(pairs: list[tuple[str, str | None]]):
    metrics = metrics_of([prediction(*pair) for pair in pairs], LABELS)
    assert sum(map(sum, metrics.confusion)) == metrics.pages == len(pairs)
    assert sum(metrics.confusion[n][n] for n in range(len(LABELS))) == metrics.correct
    assert metrics.weighted.recall == pytest.approx(metrics.accuracy)


@given(guesses)
@settings(max_examples=60, deadline=None)
def test_the_seeds_metrics_are_those_of_scikit_learn(pairs: list[tuple[str, str | None]]):
    truth = [label for label, _ in pairs]
    guessed = [predicted or "nothing" for _, predicted in pairs]
    named = sorted(set(truth) | {predicted for _, predicted in pairs if predicted})
    found = calculate_metrics([{"true_label_name": t, "prediction": p} for t, p in pairs])
    assert found == {
        "accuracy": pytest.approx(accuracy_score(truth, guessed)),
        "f1": pytest.approx(f1_score(truth, guessed, average="weighted", zero_division=0)),
        "macro_f1": pytest.approx(f1_score(truth, guessed, labels=named, average="macro", zero_division=0)),
        "recall": pytest.approx(recall_score(truth, guessed, average="weighted", zero_division=0)),
        "confusion_matrix": [
            [pairs.count((row, column)) for column in sorted(set(truth))] for row in sorted(set(truth))
        ],
        "labels": sorted(set(truth)),
    }


def test_the_seeds_labels_are_sorted_whatever_the_order_of_results():
    results = [{"true_label_name": name, "prediction": name} for name in ("memo", "form", "letter")]
    assert calculate_metrics(results)["labels"] == ["form", "letter", "memo"]
    assert calculate_metrics(results) == calculate_metrics(results[::-1])


@pytest.mark.parametrize("nothing", [None, float("nan"), 3, ["invoice"]])
def test_a_prediction_that_is_no_text_is_a_wrong_answer(nothing: object):
    results = [
        {"true_label_name": "invoice", "prediction": "invoice"},
        {"true_label_name": "memo", "prediction": nothing},
    ]
    found = calculate_metrics(results)
    assert found["accuracy"] == 0.5
    assert found["confusion_matrix"] == [[1, 0], [0, 0]]


def test_a_label_may_be_called_like_no_answer():
    found = calculate_metrics([{"true_label_name": NO_ANSWER, "prediction": None}])
    assert found["accuracy"] == 0


def test_failed_and_unparsed_pages_stay_in_the_denominator():
    metrics = metrics_of(
        [
            prediction("invoice", "invoice", seconds=2, asked_at=1),
            prediction("invoice", None, seconds=4, asked_at=1),
            prediction("memo", None, error="InternalServerException", seconds=100),
            prediction("memo", "invoice", seconds=7, asked_at=6),
        ],
        LABELS,
    )
    assert (metrics.pages, metrics.correct, metrics.wrong, metrics.accuracy) == (4, 1, 3, 0.25)
    assert (metrics.failed, metrics.unparsed) == (1, 1)
    assert metrics.seconds_per_page == 4


def test_there_is_no_time_per_page_when_nothing_was_answered():
    metrics = metrics_of([prediction("memo", None, error="gone")], LABELS)
    assert metrics.seconds_per_page is None
    assert metrics.accuracy == 0


@pytest.mark.filterwarnings("error")
def test_one_label_alone_can_be_measured():
    assert calculate_metrics([{"true_label_name": "memo", "prediction": "memo"}])["confusion_matrix"] == [[1]]
    metrics = metrics_of([prediction("memo", "memo")] * 3, ["memo"])
    assert metrics.accuracy == metrics.weighted.f1 == metrics.weighted.recall == 1
    assert metrics.confusion == ((3, 0),)


def test_a_label_without_pages_scores_nothing_and_weighs_nothing():
    metrics = metrics_of([prediction("memo", "memo")], LABELS)
    assert metrics.per_label["letter"].support == 0
    assert metrics.weighted.f1 == 1
    assert not math.isnan(metrics.per_label["letter"].precision)


def test_nothing_to_measure_is_said_and_not_zero():
    with pytest.raises(InvalidInput, match="no predictions"):
        metrics_of([], LABELS)
    with pytest.raises(InvalidInput, match="no results"):
        calculate_metrics([])


def test_a_page_of_an_unknown_label_is_named():
    with pytest.raises(InvalidInput, match=r"a\.pdf.*receipt"):
        metrics_of([prediction("receipt", None)], LABELS)


def some_case(rng: random.Random) -> tuple[list[str], list[tuple[str, str | None]]]:
    """Labels, and pairs of a true one and an answer: classes without pages, one class, no answers, ties."""
    labels = sorted(f"label {number}" for number in range(rng.choice((1, 2, 3, 8))))
    known = rng.sample(labels, rng.randint(1, len(labels)))
    share = rng.choice((0.0, 0.3, 0.9, 1.0))
    answers = [*rng.sample(labels, rng.randint(1, len(labels))), *([None] if rng.random() < 0.5 else [])]
    truth = [rng.choice(known) for _ in range(rng.choice((1, 2, 5, 40, 200)))]
    return labels, [(label, label if rng.random() < share else rng.choice(answers)) for label in truth]


def test_a_thousand_random_cases_are_as_scikit_learn_and_statsmodels_have_them():
    rng = random.Random(0)
    for _ in range(1000):
        labels, pairs = some_case(rng)
        truth, guessed = [one for one, _ in pairs], [other or NO_ANSWER for _, other in pairs]
        metrics = metrics_of([prediction(*pair) for pair in pairs], labels)
        seen = [label for label in labels if label in {*truth, *guessed}]
        assert metrics.accuracy == pytest.approx(accuracy_score(truth, guessed))
        for kind, ours, over in (("macro", metrics.macro, seen), ("weighted", metrics.weighted, labels)):
            theirs = precision_recall_fscore_support(
                truth, guessed, labels=over, average=kind, zero_division=0
            )[:3]
            assert (ours.precision, ours.recall, ours.f1) == pytest.approx(theirs)
        columns = [*labels, NO_ANSWER]
        cells = confusion_matrix(truth, guessed, labels=columns).tolist()[: len(labels)]
        assert [list(row) for row in metrics.confusion] == cells
        low, high = proportion_confint(metrics.correct, metrics.pages, method="wilson")
        assert metrics.accuracy_interval == pytest.approx((low, high), abs=1e-12)
        found = calculate_metrics([{"true_label_name": one, "prediction": other} for one, other in pairs])
        assert found["accuracy"] == pytest.approx(metrics.accuracy)
        assert found["f1"] == pytest.approx(f1_score(truth, guessed, average="weighted", zero_division=0))
