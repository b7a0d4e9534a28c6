"""Scores of extracted fields: over values, over fields, over whole documents; compared in pairs."""

from __future__ import annotations

import json
import random

import pytest

from burnish.errors import InvalidInput
from burnish.evaluation.field_metrics import field_metrics_of
from burnish.evaluation.field_scoring import compare_fields, extraction_scores_of
from burnish.evaluation.judgement import Candidate
from burnish.evaluation.predicting import Prediction
from burnish.evaluation.verdict import Verdict


def prediction(page, true, said, **others) -> Prediction:
    answered = None if said is None else json.dumps(said, sort_keys=True)
    return Prediction(
        page=page,
        label=json.dumps(true, sort_keys=True),
        answer=answered,
        predicted=answered,
        seconds=1.0,
        **others,
    )


def answers(right: list[bool], *, failed: int = 0) -> list[Prediction]:
    """Documents of two fields: the vendor is always right, the total where said so."""
    made = [
        prediction(f"{number}", {"vendor": "a", "total": "1"}, {"vendor": "a", "total": "1" if one else "2"})
        for number, one in enumerate(right)
    ]
    lost = {"predicted": None, "answer": None, "error": "it broke", "error_code": "Broken"}
    return [
        Prediction(page=one.page, label=one.label, seconds=1.0, **lost) if number < failed else one
        for number, one in enumerate(made)
    ]


def test_values_are_counted_over_every_document():
    found = field_metrics_of(
        [
            prediction("1", {"a": "x", "b": "1"}, {"a": "x", "b": "2"}),
            prediction("2", {"a": "y"}, {"a": "y", "b": "3"}),
            prediction("3", {"a": "z", "b": "4"}, None),
            prediction("4", {"a": "u"}, {"a": "u"}),
        ]
    )
    # Found: x, y, u. Wrong: 2, 3. Missed: 1, z, 4.
    assert (found.precision, found.recall) == (3 / 5, 3 / 6)
    assert found.micro_f1 == pytest.approx(6 / 11)
    assert (found.correct, found.pages, found.unparsed, found.failed) == (1, 4, 1, 0)
    a, b = found.fields
    assert (a.name, a.right, a.documents, a.recall) == ("a", 3, 4, 3 / 4)
    assert (b.name, b.right, b.documents, b.f1) == ("b", 0, 3, 0.0)
    assert found.macro_f1 == pytest.approx((a.f1 + b.f1) / 2)
    low, high = found.micro_f1_interval
    assert low < found.micro_f1 < high


def test_values_of_a_list_are_found_in_any_order_but_each_once():
    found = field_metrics_of([prediction("1", {"tags": ["a", "a", "b"]}, {"tags": ["b", "a", "c"]})])
    assert (found.precision, found.recall, found.correct) == (2 / 3, 2 / 3, 0)


def test_a_failed_call_has_missed_every_value():
    found = field_metrics_of(answers([True] * 4, failed=1))
    assert (found.failed, found.unparsed, found.correct) == (1, 0, 3)
    assert (found.precision, found.recall) == (1.0, 6 / 8)


def test_metrics_of_nothing_are_refused():
    with pytest.raises(InvalidInput, match="no predictions"):
        field_metrics_of([])


def test_a_difference_on_many_documents_is_settled():
    (found,) = compare_fields({"base": answers([False] * 20), "tuned": answers([True] * 20)})
    assert found.difference == pytest.approx(0.5)
    assert found.interval == pytest.approx((0.5, 0.5))
    assert found.is_settled
    assert (found.only_first, found.only_second) == (0, 20)


def test_a_difference_on_few_documents_is_not():
    (found,) = compare_fields({"base": answers([False] * 3), "tuned": answers([True] * 3)})
    assert not found.is_settled
    # Of the eight ways to exchange three answers two are as extreme.
    assert found.p_value == pytest.approx(2 / 8, abs=0.02)


def test_equal_models_differ_by_chance_as_often_as_they_should():
    chance = random.Random(1)
    below = 0
    for _ in range(60):
        one, other = ([chance.random() < 0.5 for _ in range(20)] for _ in range(2))
        (found,) = compare_fields({"one": answers(one), "other": answers(other)})
        below += found.p_value < 0.05
    assert below <= 8


def test_the_order_of_pages_means_nothing():
    base, tuned = answers([True, False] * 6), answers([True] * 12)
    assert compare_fields({"a": base, "b": tuned}) == compare_fields({"a": base[::-1], "b": tuned})


def candidate(name: str, found: list[Prediction]) -> Candidate:
    return Candidate(name=name, predictions=tuple(found))


@pytest.mark.parametrize(
    ("models", "verdict", "told"),
    [
        ({"tuned": answers([True] * 10)}, Verdict.MEASURED, "expect an F1"),
        ({"base": answers([False] * 20), "tuned": answers([True] * 20)}, Verdict.SETTLED, "Use tuned"),
        ({"base": answers([False] * 3), "tuned": answers([True] * 3)}, Verdict.UNSETTLED, "may be chance"),
        ({"base": answers([True] * 9, failed=9), "tuned": answers([True] * 9)}, Verdict.INCOMPLETE, "base"),
        (
            {"base": answers([True] * 20, failed=9), "tuned": answers([True] * 20)},
            Verdict.INCOMPLETE,
            "failed",
        ),
        ({"base": answers([False] * 20, failed=2), "tuned": answers([True] * 20)}, Verdict.SETTLED, "Use"),
        ({"base": answers([False] * 3), "tuned": answers([False] * 3)}, Verdict.TIED, "so does tuned"),
    ],
    ids=["one", "better", "few", "silent", "failing", "failing without a difference", "equal"],
)
def test_the_verdict_claims_no_more_than_the_documents_bear(models, verdict, told):
    found = extraction_scores_of([candidate(name, one) for name, one in models.items()])
    assert found.verdict == verdict
    assert told in found.conclusion


def test_better_than_nothing_is_not_good():
    poor = [
        prediction(str(n), {"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "9", "c": "9"}) for n in range(20)
    ]
    none = [prediction(str(n), {"a": "1", "b": "2", "c": "3"}, {"a": "9"}) for n in range(20)]
    found = extraction_scores_of([candidate("none", none), candidate("poor", poor)])
    assert (found.verdict, found.best.model) == (Verdict.POOR, "poor")
    assert "do not rely" in found.conclusion
