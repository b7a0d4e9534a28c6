"""Scores of models on the same pages, and a sentence that claims no more than they bear."""

import pytest

from burnish.errors import InvalidInput
from burnish.evaluation.predicting import Prediction
from burnish.evaluation.scoring import scores_of

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


def test_a_model_that_is_really_better_is_the_one_to_use():
    scores = scores_of({"base": answers(40, 60), "tuned": answers(90, 10)}, LABELS)
    assert scores.conclusion == "Use tuned: it gets 90 of 100 pages right, and is better than the other."
    assert [one.metrics.correct for one in scores.scores] == [40, 90]
    assert len(scores.comparisons) == 1


def test_a_difference_that_may_be_chance_is_not_claimed():
    scores = scores_of({"base": answers(14, 6), "tuned": answers(15, 5)}, LABELS)
    assert (
        "tuned gets 15 of 20 pages right, but that it is better than base may be chance" in scores.conclusion
    )
    assert "pages would settle it" in scores.conclusion


def test_models_that_answer_alike_are_told_so_without_a_number_of_pages():
    scores = scores_of({"one": answers(5, 5), "two": answers(5, 5)}, LABELS)
    assert scores.conclusion.endswith("better than two may be chance.")


def test_one_model_has_an_interval():
    conclusion = scores_of({"only": answers(80, 20)}, LABELS).conclusion
    assert conclusion == "only gets 80 of 100 pages right: between 71% and 87% of all such."


def test_calls_that_failed_stay_in_the_count():
    (score,) = scores_of({"only": answers(8, 0, failed=2)}, LABELS).scores
    assert (score.metrics.accuracy, score.metrics.failed) == (0.8, 2)
    assert score.latency.p50 == pytest.approx(0.45)
    assert (score.input_tokens, score.output_tokens) == (100, 20)


def test_confidence_is_mended_by_the_validation_pages_only():
    found = answers(70, 30, confidence=0.99)
    (score,) = scores_of({"m": found}, LABELS, validation={"m": answers(70, 30, confidence=0.99)}).scores
    assert score.calibration_error == pytest.approx(0.29)
    assert score.mended_calibration_error < 0.02
    assert score.temperature.pages == 100
    assert score.review is None


def test_without_models_there_is_nothing_to_score():
    with pytest.raises(InvalidInput, match="name at least one"):
        scores_of({}, LABELS)
