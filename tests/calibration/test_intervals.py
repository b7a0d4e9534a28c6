"""How far a share can be trusted."""

import pytest
from scipy.stats import binomtest

from burnish.calibration.intervals import wilson_interval


@pytest.mark.parametrize(("successes", "trials"), [(0, 1), (1, 1), (0, 80), (71, 80), (80, 80), (5, 10)])
def test_the_interval_is_wilsons(successes: int, trials: int):
    expected = binomtest(successes, trials).proportion_ci(0.95, method="wilson")
    assert wilson_interval(successes, trials) == pytest.approx((expected.low, expected.high), abs=1e-12)
