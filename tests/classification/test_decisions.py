"""What is accepted, and what a person reviews and why."""

from __future__ import annotations

import pytest
from answered_pages import LABELS, document, page

from burnish.classification.decisions import DecisionRules, ReviewDecision, ReviewThreshold
from burnish.classification.rules import PageRule


def rules(threshold=0.8, **more):
    given = ReviewThreshold(value=threshold, source="as given" if threshold is not None else "none measured")
    return DecisionRules(
        **{"threshold": given, "labels": LABELS, "rule": PageRule.MEAN_LOG_PROBABILITY, **more}
    )


def test_an_answer_is_accepted_from_the_threshold_on():
    (found,) = rules(0.8).of_document(document(page(1, "memo", 0.8)))
    assert (found.decision, found.reason) == (ReviewDecision.ACCEPT, "")
    assert (found.label, found.runner_up_probability) == ("memo", pytest.approx(0.1))


@pytest.mark.parametrize(
    ("threshold", "asked", "reason"),
    [
        (0.8, page(1, "memo", 0.79), "below the review threshold, 0.80"),
        (0.8, page(1, "memo"), "the model gives no probability"),
        (0.0, page(1, None, problem="busy"), "busy"),
        (None, page(1, "memo", 0.99), "none measured"),
    ],
)
def test_what_is_not_sure_is_for_review(threshold, asked, reason):
    (found,) = rules(threshold).of_document(document(asked))
    assert (found.decision, found.reason) == (ReviewDecision.REVIEW, reason)


def test_a_page_unlike_the_training_pages_is_accepted_where_the_model_is_sure():
    (found,) = rules(0.8).of_document(document(page(1, "memo", 0.99, is_unlike_training=True)))
    assert (found.decision, found.reason) == (ReviewDecision.ACCEPT, "")


def test_a_threshold_of_zero_accepts_labels_without_probabilities():
    (found,) = rules(0.0).of_document(document(page(1, "memo")))
    assert (found.decision, found.probability) == (ReviewDecision.ACCEPT, None)


def test_an_unreadable_document_is_a_verdict_with_the_reason():
    (found,) = rules().of_document(document(reason="it is damaged"))
    assert (found.label, found.pages, found.reason) == (None, None, "it is damaged")


def test_a_bundle_has_a_verdict_for_each_of_its_documents():
    bundle = document(*(page(at, "letter" if at < 4 else "memo", 0.95) for at in range(1, 7)))
    assert [one.pages for one in rules(split=True).of_document(bundle)] == [(1, 3), (4, 6)]
    assert [one.pages for one in rules().of_document(bundle)] == [(1, 6)]
    assert len(rules(split=True).of_pages(bundle)) == 6
