"""What a review threshold means for those who review."""

import random
from datetime import UTC, datetime

import pytest

from burnish.evaluation.evaluation import Evaluation
from burnish.evaluation.judgement import Candidate
from burnish.evaluation.predicting import Prediction
from burnish.ui.review_effort import efforts_of, listed_thresholds


def answer(number: int, sure: float | None, *, right: bool) -> Prediction:
    said = "a" if right else "b"
    given = None if sure is None else {said: sure, "b" if right else "a": 1 - sure}
    return Prediction(
        page=str(number), label="a", answer=said, predicted=said, probabilities=given, seconds=1
    )


def evaluation(*answers: Prediction, validation: tuple[Prediction, ...] = ()) -> Evaluation:
    return Evaluation(
        title="one",
        created=datetime(2026, 11, 28, tzinfo=UTC),
        dataset="s3://papers/set/manifest.json",
        labels=("a", "b"),
        candidates=(Candidate(name="m", predictions=answers, validation=validation),),
    )


ANSWERS = (
    answer(0, 0.9, right=True),
    answer(1, 0.8, right=False),
    answer(2, 0.7, right=True),
    answer(3, None, right=True),
)


def test_pages_below_the_threshold_and_those_without_confidence_are_reviewed():
    (held_out,) = efforts_of(evaluation(*ANSWERS), "m", threshold=0.8, per_day=100)
    assert (held_out.coverage.accepted, held_out.coverage.pages) == (2, 4)
    assert held_out.precision == 0.5
    assert held_out.reviewed_per_day == 50
    assert held_out.wrong_per_day == 25


def test_where_nothing_is_accepted_there_is_no_precision():
    (held_out,) = efforts_of(evaluation(*ANSWERS), "m", threshold=0.95, per_day=100)
    assert held_out.precision is None
    assert held_out.precision_interval is None
    assert held_out.reviewed_per_day == 100


def test_validation_pages_are_counted_beside_the_held_out_ones():
    found = efforts_of(evaluation(*ANSWERS, validation=ANSWERS[:3]), "m", threshold=0.8, per_day=100)
    assert [one.name for one in found] == ["held-out pages", "validation pages"]
    assert [one.coverage.pages for one in found] == [4, 3]


@pytest.mark.parametrize("count", [3, 400])
def test_the_listed_thresholds_are_few_and_keep_both_ends(count):
    rng = random.Random(0)
    answers = [answer(number, rng.uniform(0.5, 1), right=True) for number in range(count)]
    listed = listed_thresholds(evaluation(*answers), "m")
    known = sorted(one.probability for one in answers)
    assert len(listed) <= 41
    assert [listed[0].threshold, listed[-1].threshold] == [known[0], known[-1]]
