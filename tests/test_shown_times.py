"""Points in time as readers see them."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from burnish.shown_times import shown_time


@pytest.fixture
def in_india(monkeypatch):
    """A machine whose clock is five and a half hours ahead of UTC."""
    if not hasattr(time, "tzset"):
        pytest.skip("Windows takes no time zone from the environment")
    monkeypatch.setenv("TZ", "IST-5:30")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_india")
def test_a_time_is_told_in_the_time_zone_of_this_machine():
    assert shown_time(datetime(2026, 11, 28, 23, 41, 59, tzinfo=UTC)) == "2026-11-29 05:11"
