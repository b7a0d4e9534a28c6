"""Figures as a reader says them."""

from __future__ import annotations

import pytest

from burnish.appearance.quantities import duration


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
