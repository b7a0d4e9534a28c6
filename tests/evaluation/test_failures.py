"""Why calls failed, by kinds that a person can do something about."""

from burnish.evaluation.failures import Failure, failures_of
from burnish.evaluation.predicting import Page, Prediction, unanswered


def failed(number: int, error: str, code: str | None) -> Prediction:
    return Prediction(page=str(number), label="a", error=error, error_code=code, seconds=0.1)


def test_calls_that_failed_alike_are_one_failure_with_the_first_ones_words():
    found = failures_of(
        [
            failed(0, "The model took too long, request 17", "ModelTimeoutException"),
            failed(1, "Too many requests", "ThrottlingException"),
            failed(2, "Too many requests, please wait", "ThrottlingException"),
            Prediction(page="3", label="a", predicted="a", answer="a", seconds=0.1),
        ]
    )
    assert found == (
        Failure(reason="ThrottlingException: Too many requests", calls=2),
        Failure(reason="ModelTimeoutException: The model took too long, request 17", calls=1),
    )


def test_errors_without_a_code_are_told_apart_by_their_words():
    found = failures_of([failed(0, "lost", None), failed(1, "late", None), failed(2, "lost", None)])
    assert found == (Failure(reason="lost", calls=2), Failure(reason="late", calls=1))


def test_a_page_that_nobody_was_asked_about_is_no_failed_call():
    assert failures_of([unanswered(Page(name="a", label="a", png=b""))]) == ()
