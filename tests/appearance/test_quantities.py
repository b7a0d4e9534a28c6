"""Figures as a reader says them."""

from __future__ import annotations

import pytest

from burnish.appearance.quantities import duration, usd


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "none"),
        (0.084, "0.08 s"),
        (1.25, "1.2 s"),
        (42.4, "42 s"),
        (192, "3 min 12 s"),
        (3725, "1 h 02 min"),
    ],
)
def test_durations_are_said_as_a_reader_says_them(seconds: float | None, said: str):
    assert duration(seconds) == said


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        (None, "not known"),
        (0, "$0.00"),
        (0.0498, "$0.05"),
        (0.00121, "$0.0012"),
        (0.797, "$0.80"),
        (1234.5, "$1,234.50"),
    ],
)
def test_dollars_are_whole_cents_unless_they_are_few(amount: float | None, said: str):
    assert usd(amount) == said
