import pytest

from burnish.pace import RemainingTime, Reminder, rough_duration


class Time:
    """A clock that a test moves on."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def time():
    return Time()


def counted(pace, time, counts, *, total, every=1.0):
    for done in counts:
        pace.count(done, total)
        time.now += every
    return pace


def test_the_time_left_is_that_of_the_rest_at_the_same_rate(time):
    pace = counted(RemainingTime(time), time, range(11), total=60, every=2)
    time.now -= 2
    assert pace.seconds_left == pytest.approx(100)
    assert str(pace) == "2 min left"


def test_the_time_left_falls_until_the_next_one_is_due_and_then_grows(time):
    pace = counted(RemainingTime(time), time, range(11), total=60, every=10)
    time.now -= 10
    assert pace.seconds_left == pytest.approx(500)
    time.now += 8
    assert pace.seconds_left == pytest.approx(492)
    time.now += 100
    assert pace.seconds_left > 700


def test_nothing_is_promised_of_a_last_one_that_is_overdue(time):
    pace = counted(RemainingTime(time), time, range(11), total=11)
    time.now += 60
    assert pace.seconds_left is None


def test_pages_from_a_cache_do_not_promise_that_the_others_are_as_fast(time):
    pace = counted(RemainingTime(time), time, range(0, 1000, 100), total=1100, every=0.1)
    counted(pace, time, range(901, 1000), total=1100, every=2)
    assert pace.seconds_left == pytest.approx(200, rel=0.05)


def test_a_count_that_was_joined_late_is_estimated_by_what_was_seen_of_it(time):
    pace = counted(RemainingTime(time), time, range(500, 511), total=600, every=3)
    time.now -= 3
    assert pace.seconds_left == pytest.approx(270)


def test_nothing_is_said_before_anything_is_known_nor_when_nothing_is_left(time):
    pace = RemainingTime(time)
    assert str(pace) == ""
    counted(pace, time, [0, 1], total=60, every=0.5)
    assert str(pace) == ""
    counted(pace, time, [30, 60], total=60, every=10)
    assert str(pace) == ""


def test_another_count_begins_anew(time):
    pace = counted(RemainingTime(time), time, range(11), total=60)
    pace.count(1, 8)
    assert pace.seconds_left is None


def test_reminders_grow_rarer(time):
    reminder, spoken = Reminder(time), []
    for second in range(3600):
        time.now = float(second)
        if reminder.is_due:
            reminder.spoken()
            spoken.append(second)
    assert spoken[:3] == [30, 60, 90]
    assert len(spoken) < 50
    assert spoken[-1] - spoken[-2] > 300


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (99, "99 s"), (100, "2 min"), (5900, "98 min"), (9100, "3 h"), (172_900, "2 days")],
)
def test_durations_are_as_exact_as_estimates_are(seconds, text):
    assert rough_duration(seconds) == text
