"""Scores of models on the same pages, and a sentence that claims no more than they bear."""

from dataclasses import replace

import pytest

from burnish.errors import InvalidInput
from burnish.evaluation.judgement import Basis, Candidate
from burnish.evaluation.predicting import UNANSWERED, Prediction
from burnish.evaluation.prices import ModelPrice
from burnish.evaluation.scoring import Scores, scores_of
from burnish.evaluation.scoring import usd_per_1000_pages as price_of_pages

LABELS = ("a", "b")


def answers(right: int, wrong: int, *, confidence: float | None = None, failed: int = 0) -> list[Prediction]:
    total = right + wrong + failed
    found = []
    for number in range(total):
        predicted = "a" if number < right else "b" if number < right + wrong else None
        probabilities = (
            {predicted: confidence, {"a": "b", "b": "a"}[predicted]: 1 - confidence}
            if confidence and predicted
            else None
        )
        found.append(
            Prediction(
                page=str(number),
                label="a",
                predicted=predicted,
                answer=predicted,
                probabilities=probabilities,
                error=None if predicted else "lost",
                seconds=0.1 * (number + 1),
                input_tokens=10,
                output_tokens=2,
            )
        )
    return found


def scored(answers_by_model: dict[str, list[Prediction]], **options) -> Scores:
    candidates = [Candidate(name=name, predictions=tuple(found)) for name, found in answers_by_model.items()]
    return scores_of(candidates, LABELS, **options)


def test_a_model_that_is_really_better_is_the_one_to_use():
    scores = scored({"base": answers(40, 60), "tuned": answers(90, 10)})
    assert scores.conclusion == "Use tuned: it gets 90 of 100 pages right, and is better than base."
    assert [one.metrics.correct for one in scores.scores] == [40, 90]
    assert len(scores.comparisons) == 1


def test_a_difference_that_may_be_chance_is_not_claimed():
    scores = scored({"base": answers(14, 6), "tuned": answers(15, 5)})
    assert "tuned gets 15 of 20 pages right, but its lead over base may be chance" in scores.conclusion
    assert "pages would settle it" in scores.conclusion


def test_calls_that_failed_stay_in_the_count():
    (score,) = scored({"only": answers(8, 0, failed=2)}).scores
    assert (score.metrics.accuracy, score.metrics.failed) == (0.8, 2)
    assert score.latency.p50 == pytest.approx(0.45)
    assert (score.input_tokens, score.output_tokens) == (100, 20)


def validated(name: str, *, validation: list[Prediction], confidence: float = 0.99) -> Candidate:
    found = tuple(answers(70, 30, confidence=confidence))
    return Candidate(name=name, predictions=found, validation=tuple(validation))


def mixed(right: int, wrong: int) -> list[Prediction]:
    """Validation pages of both labels, on which a model that is 99 % sure is right so often."""
    found = answers(right, wrong, confidence=0.99)
    other = {"a": "b", "b": "a"}
    return [
        one
        if number % 2
        else replace(
            one,
            label="b",
            predicted=other[one.predicted],
            probabilities={other[label]: value for label, value in one.probabilities.items()},
        )
        for number, one in enumerate(found)
    ]


def test_answers_are_calibrated_by_the_validation_pages_only():
    (score,) = scores_of([validated("m", validation=mixed(70, 30))], LABELS).scores
    assert score.confidence.uncalibrated.error == pytest.approx(0.29)
    assert score.confidence.error == score.confidence.calibrated.error < 0.05
    assert score.calibration.answers == 100
    (without,) = scores_of([validated("m", validation=[])], LABELS).scores
    assert (without.confidence.calibrated, without.calibration, without.calibrated) == (None, None, None)


def test_all_models_are_judged_by_calibrated_answers_where_each_can_be():
    biased = [replace(one, label="b") for one in answers(0, 0, confidence=0.6)] + mixed(40, 0)
    scores = scores_of([validated("one", validation=biased), validated("two", validation=biased)], LABELS)
    assert scores.basis is Basis.CALIBRATED
    assert all(one.metrics == one.calibrated for one in scores.scores)


def test_one_model_without_validation_answers_leaves_all_uncalibrated_and_none_is_mixed():
    always_b = [replace(one, label="b", page=f"v{one.page}") for one in answers(30, 0, confidence=0.6)]
    both = [validated(one, validation=[], confidence=0.55) for one in ("one", "two")]
    scores = scores_of([replace(both[0], validation=tuple(always_b)), both[1]], LABELS)
    assert scores.basis is Basis.UNCALIBRATED
    first, second = scores.scores
    assert first.metrics == first.uncalibrated != first.calibrated
    assert second.metrics == second.uncalibrated
    assert first.confidence.error == first.confidence.uncalibrated.error
    assert first.confidence.risk_coverage == second.confidence.risk_coverage


def test_a_model_that_gives_no_probabilities_has_no_confidence():
    score = scored({"m": answers(3, 1)}).scores[0]
    assert (score.confidence, score.review) == (None, None)


def test_the_threshold_is_chosen_on_validation_answers_and_never_on_those_tested_on():
    """On the tested pages 0.9 would do; validation answers ask for 0.99, and what that does is reported."""
    tested = [*answers(50, 0, confidence=0.99), *answers(50, 0, confidence=0.9)]
    tested = [replace(one, page=str(number)) for number, one in enumerate(tested)]
    validation = [*answers(30, 0, confidence=0.99), *answers(10, 20, confidence=0.9)]
    validation = [replace(one, page=str(number)) for number, one in enumerate(validation)]
    other = Candidate(name="uncalibrated", predictions=tuple(tested))
    made = Candidate(name="m", predictions=tuple(tested), validation=tuple(validation))
    score = scores_of([made, other], LABELS).scores[0]
    assert (score.review.threshold, score.review.validation.accepted) == (0.99, 30)
    assert (score.review.coverage, score.review.precision) == (0.5, 1.0)
    assert score.no_review == ""


def test_the_wanted_precision_decides_what_is_accepted():
    found = [*answers(60, 0, confidence=0.9), *answers(20, 20, confidence=0.6)]
    found = [replace(one, page=str(number)) for number, one in enumerate(found)]
    bare = Candidate(name="bare", predictions=tuple(found))
    made = Candidate(name="m", predictions=tuple(found), validation=tuple(found))
    strict, lax = (scores_of([made, bare], LABELS, precision=one).scores[0].review for one in (0.95, 0.8))
    assert (strict.coverage, lax.coverage) == (0.6, 1)


def test_without_validation_answers_there_is_no_threshold_and_it_is_said_how_to_get_one():
    score = scores_of([validated("m", validation=[])], LABELS).scores[0]
    assert score.review is None
    assert "--calibrate" in score.no_review


def test_a_price_is_of_the_tokens_and_of_the_hours_at_the_pace_that_was_measured():
    found = answers(8, 0, failed=2)
    tokens = ModelPrice(input_usd=0.1, output_usd=1.0)
    assert price_of_pages(tokens, found, 0.5) == pytest.approx(1000 * (10 * 0.1 + 2 * 1.0) / 1000)
    assert price_of_pages(ModelPrice(hourly_usd=36), found, 0.5) == pytest.approx(5)
    assert price_of_pages(None, found, 0.5) is None
    assert price_of_pages(tokens, answers(0, 0, failed=2), None) is None


def test_without_models_there_is_nothing_to_score():
    with pytest.raises(InvalidInput, match="name at least one"):
        scored({})


def test_two_models_of_one_name_are_refused():
    twice = [Candidate(name="m", predictions=tuple(answers(1, 1)))] * 2
    with pytest.raises(InvalidInput, match="Two models are named alike, of m, m"):
        scores_of(twice, LABELS)


def test_figures_that_were_no_probabilities_are_told_of_beside_the_score():
    found = answers(3, 1)
    found[1] = replace(found[1], unusable_probabilities="the probability of 'a' is 5.0")
    (score,) = scored({"m": found}).scores
    assert score.remarks == (
        "m: the label probabilities of 1 of 4 answers are not used. Of '1', the probability of 'a' is 5.0",
    )


def test_pages_without_a_recorded_answer_are_told_from_calls_that_failed():
    found = answers(2, 0, failed=2)
    found[3] = replace(found[3], error="in any words", error_code=UNANSWERED)
    (score,) = scored({"m": found}).scores
    assert (score.metrics.failed, score.unanswered, score.metrics.pages) == (2, 1, 4)
