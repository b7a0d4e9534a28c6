"""Scores of models on the same pages, and a sentence that claims no more than they bear."""

from dataclasses import replace

import pytest

from burnish.errors import InvalidInput
from burnish.evaluation.predicting import UNANSWERED, Prediction
from burnish.evaluation.prices import ModelPrice
from burnish.evaluation.scoring import Candidate, Scores, scores_of
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
    assert scores.conclusion == "Use tuned: it gets 90 of 100 pages right, and is better than the other."
    assert [one.metrics.correct for one in scores.scores] == [40, 90]
    assert len(scores.comparisons) == 1


def test_a_difference_that_may_be_chance_is_not_claimed():
    scores = scored({"base": answers(14, 6), "tuned": answers(15, 5)})
    assert (
        "tuned gets 15 of 20 pages right, but that it is better than base may be chance" in scores.conclusion
    )
    assert "pages would settle it" in scores.conclusion


def test_models_that_are_as_good_leave_the_choice_to_the_price():
    scores = scored({"one": answers(5, 5), "two": answers(5, 5)})
    assert scores.conclusion == "one gets 5 of 10 pages right, and so does two: take the cheaper one."
    assert len(scores.rivals) == 1


def test_a_model_that_never_answered_settles_nothing():
    conclusion = scored({"base": answers(9, 1), "tuned": answers(0, 0, failed=10)}).conclusion
    assert conclusion == "No call to tuned was answered: see why, and evaluate again."


def test_one_model_has_an_interval():
    conclusion = scored({"only": answers(80, 20)}).conclusion
    assert conclusion == "only gets 80 of 100 pages right: between 71% and 87% of all such."


def test_calls_that_failed_stay_in_the_count():
    (score,) = scored({"only": answers(8, 0, failed=2)}).scores
    assert (score.metrics.accuracy, score.metrics.failed) == (0.8, 2)
    assert score.latency.p50 == pytest.approx(0.45)
    assert (score.input_tokens, score.output_tokens) == (100, 20)


def test_confidence_is_mended_by_the_validation_pages_only():
    found = tuple(answers(70, 30, confidence=0.99))
    (score,) = scores_of([Candidate(name="m", predictions=found, validation=found)], LABELS).scores
    sure = score.confidence
    assert sure.as_said.error == pytest.approx(0.29)
    assert sure.mended.error < 0.02
    assert sure.temperature.pages == 100
    assert sure.review is None
    (unmended,) = scores_of([Candidate(name="m", predictions=found)], LABELS).scores
    assert (unmended.confidence.mended, unmended.confidence.temperature) == (None, None)


def test_a_model_that_does_not_say_how_sure_it_is_has_no_confidence():
    assert scored({"m": answers(3, 1)}).scores[0].confidence is None


def test_the_wanted_precision_decides_what_is_taken():
    sure = answers(60, 0, confidence=0.9)
    unsure = [replace(one, page=f"unsure {one.page}") for one in answers(20, 20, confidence=0.6)]
    found = {"m": [*sure, *unsure]}
    strict, lax = scored(found, precision=0.95).scores[0], scored(found, precision=0.8).scores[0]
    assert strict.confidence.review.coverage == 0.6
    assert lax.confidence.review.coverage == 1


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
