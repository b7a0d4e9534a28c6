"""Standings: what a row of the ladder is counted over."""

from __future__ import annotations

import pytest
from answers import FEATURES, LABELS, LANGUAGE, MAJORITY, run

from burnish.ladder.standings import comparisons_of, standings_of


def test_the_folds_of_a_rung_are_counted_together():
    runs = [
        run(FEATURES, range(50), pages=pages, fold=fold)
        for fold, pages in ((1, range(40)), (2, range(40, 60)))
    ]
    (one,) = standings_of(runs, [MAJORITY, FEATURES], LABELS)
    assert (one.folds, one.metrics.correct, one.metrics.pages) == ((1, 2), 50, 60)
    assert one.training_seconds == 3.0
    assert one.seconds_per_1000_pages == pytest.approx(1000 * (0.5 / 39 + 0.5 / 19) / 2)
    assert one.calibration_error == pytest.approx(0.9 - 50 / 60)


def test_smaller_shares_of_the_training_pages_are_no_part_of_it():
    (one,) = standings_of([run(FEATURES, range(0), share=0.5), run(FEATURES, range(60))], [FEATURES], LABELS)
    assert one.metrics.correct == 60


def test_each_rung_is_compared_with_the_one_below_corrected_for_all_comparisons():
    runs = [run(MAJORITY, range(10)), run(FEATURES, range(40)), run(LANGUAGE, range(48))]
    low, middle, high = standings_of(runs, [MAJORITY, FEATURES, LANGUAGE], LABELS)
    assert low.against_below is None
    assert (middle.against_below.first, high.against_below.first) == ("majority", "features")
    assert high.against_below.p_value == pytest.approx(2 * 0.5**8)
    assert high.against_below.adjusted_p_value == pytest.approx(2 * 0.5**8)
    assert len(comparisons_of(runs, ["majority", "features", "language-model"])) == 3


def test_rungs_without_a_common_page_are_not_compared():
    runs = [run(FEATURES, range(60), pages=range(30)), run(LANGUAGE, range(60), pages=range(30, 60))]
    _, high = standings_of(runs, [FEATURES, LANGUAGE], LABELS)
    assert high.against_below is None


def test_an_untuned_model_has_no_training_time_and_the_price_of_its_tokens():
    (one,) = standings_of([run(MAJORITY, range(30))], [MAJORITY], LABELS)
    assert (one.training_seconds, one.seconds_per_1000_pages, one.usd_per_1000_pages) == (None, None, None)
