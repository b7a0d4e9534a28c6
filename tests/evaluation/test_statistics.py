"""Comparisons of models: against scipy and statsmodels, and in words that claim no more than they bear."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from burnish.errors import InvalidInput
from burnish.evaluation.predicting import Prediction
from burnish.evaluation.statistics import (
    compare_models,
    holm,
    mcnemar,
    pages_to_settle,
    paired_bootstrap,
)


def answers(rights: list[bool]) -> list[Prediction]:
    return [
        Prediction(page=str(number), label="a", predicted="a" if right else None, seconds=0.0)
        for number, right in enumerate(rights)
    ]


@settings(max_examples=200, deadline=None)
@given(only_first=st.integers(0, 60), only_second=st.integers(0, 60))
def test_mcnemar_is_that_of_statsmodels(only_first, only_second):
    contingency = pytest.importorskip("statsmodels.stats.contingency_tables")
    table = [[5, only_first], [only_second, 7]]
    expected = contingency.mcnemar(table, exact=True).pvalue if only_first + only_second else 1.0
    assert mcnemar(only_first, only_second) == pytest.approx(expected)


@settings(max_examples=30, deadline=None)
@given(p_values=st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_is_that_of_statsmodels(p_values):
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    expected = multitest.multipletests(p_values, method="holm")[1]
    assert holm(p_values) == pytest.approx(list(expected))


def test_the_bootstrap_finds_the_interval_that_theory_gives():
    low, high = paired_bootstrap(1_000, 60, 140)
    # The normal interval of a paired difference: 0.08 and 1.96 times the root of its variance.
    spread = 1.96 * ((0.2 - 0.08**2) / 1_000) ** 0.5
    assert (low, high) == (pytest.approx(0.08 - spread, abs=0.004), pytest.approx(0.08 + spread, abs=0.004))


def test_with_more_comparisons_it_takes_more_pages():
    one, ten = pages_to_settle(100, 0, 8), pages_to_settle(100, 0, 8, comparisons=10)
    assert one < 100 < ten


def test_so_many_pages_settle_it_as_often_as_was_planned():
    needed = pages_to_settle(100, 10, 20)
    rng = random.Random(0)
    seen = 0
    for _ in range(400):
        draws = [rng.random() for _ in range(needed)]
        seen += mcnemar(sum(draw < 0.1 for draw in draws), sum(0.1 <= draw < 0.3 for draw in draws)) < 0.05
    assert seen / 400 == pytest.approx(0.8, abs=0.08)


def test_models_are_compared_pair_by_pair_and_corrected_together():
    models = {
        "base": answers([True] * 40 + [False] * 60),
        "tuned": answers([True] * 90 + [False] * 10),
        "other": answers([True] * 92 + [False] * 8),
    }
    pairs = compare_models(models)
    assert [(one.first, one.second) for one in pairs] == [
        ("base", "tuned"),
        ("base", "other"),
        ("tuned", "other"),
    ]
    assert [one.is_settled for one in pairs] == [True, True, False]
    tuned = pairs[0]
    assert (tuned.only_first, tuned.only_second, tuned.difference) == (0, 50, 0.5)
    assert tuned.interval[0] < 0.5 < tuned.interval[1]
    assert all(one.adjusted_p_value >= one.p_value for one in pairs)
    assert pairs[2].pages_to_settle > 100
    assert tuned.pages_to_settle is None


def test_models_that_answer_alike_are_not_told_apart_by_any_number_of_pages():
    (pair,) = compare_models({"one": answers([True, False]), "two": answers([True, False])})
    assert (pair.p_value, pair.difference, pair.pages_to_settle) == (1.0, 0.0, None)
    assert not pair.is_settled


def test_models_must_be_asked_about_the_same_pages():
    with pytest.raises(InvalidInput, match="'one' and 'two' were asked about different pages"):
        compare_models({"one": answers([True]), "two": answers([True, True])})
    with pytest.raises(InvalidInput, match="asked about no pages"):
        compare_models({"one": [], "two": []})
