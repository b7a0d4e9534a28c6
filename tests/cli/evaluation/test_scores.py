"""What is printed of scores: failures with their number and reason, and no verdict on a silent model."""

import pytest

from burnish.cli.evaluation.scores import require_answers, show_scores
from burnish.evaluation.failures import NothingAnswered
from burnish.evaluation.judgement import Candidate
from burnish.evaluation.predicting import Page, Prediction, unanswered
from burnish.evaluation.scoring import Scores, scores_of


def scored(**errors: list[str | None]) -> Scores:
    """Scores of models by the codes of their errors, of which None is an answer."""
    candidates = [
        Candidate(name=name, predictions=tuple(prediction(*one) for one in enumerate(codes)))
        for name, codes in errors.items()
    ]
    return scores_of(candidates, ("a", "b"))


def prediction(number: int, code: str | None) -> Prediction:
    answer = None if code else "a"
    error = "no luck" if code else None
    said = {"answer": answer, "predicted": answer, "error": error, "error_code": code}
    return Prediction(page=str(number), label="a", seconds=0.1, **said)


def test_calls_that_failed_are_counted_with_their_reasons(capsys):
    scores = scored(base=[None, None, None], tuned=["Slow", None, "Broken", "Slow"][:3])
    show_scores(scores)
    said = capsys.readouterr().err
    assert (
        "2 of 3 calls to tuned failed: Slow: no luck (1 call); Broken: no luck (1 call). Run the same" in said
    )
    require_answers(scores)


def test_a_model_that_answered_nothing_is_an_error_with_the_reason():
    with pytest.raises(NothingAnswered, match=r"^All 2 calls to tuned failed: Slow: no luck\. "):
        require_answers(scored(base=[None, None], tuned=["Slow", "Slow"]))


def test_answers_that_somebody_had_already_and_that_answer_nothing_are_no_failed_calls():
    page = Page(name="0", label="a", png=b"")
    require_answers(scores_of([Candidate(name="mine", predictions=(unanswered(page),))], ("a", "b")))
