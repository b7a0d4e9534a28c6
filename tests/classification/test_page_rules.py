"""The label of a document with several pages."""

from __future__ import annotations

import pytest
from answered_pages import page

from burnish.classification.rules import PageRule, pooled

SURE_MEMO_BETWEEN_LETTERS = [page(1, "letter", 0.6), page(2, "memo", 0.97), page(3, "letter", 0.6)]


@pytest.mark.parametrize(
    ("rule", "label", "probability"),
    [
        (PageRule.MEAN_LOG_PROBABILITY, "memo", 0.566),
        (PageRule.VOTE, "letter", 0.405),
        (PageRule.FIRST_PAGE, "letter", 0.6),
        (PageRule.MAX, "memo", 0.97),
    ],
)
def test_each_rule_decides_in_its_own_way(rule, label, probability):
    found = pooled(SURE_MEMO_BETWEEN_LETTERS, rule)
    assert found.label == label
    assert found.probability == pytest.approx(probability, abs=0.02)


@pytest.mark.parametrize("rule", PageRule)
def test_a_page_alone_keeps_its_own_probability(rule):
    assert pooled([page(1, "memo", 0.8)], rule).probability == pytest.approx(0.8)


def test_pages_are_not_taken_for_independent_evidence():
    found = pooled([page(number, "memo", 0.7) for number in range(1, 9)], PageRule.MEAN_LOG_PROBABILITY)
    assert found.probability == pytest.approx(0.7)


@pytest.mark.parametrize("rule", [PageRule.MEAN_LOG_PROBABILITY, PageRule.VOTE, PageRule.MAX])
def test_pages_without_probabilities_vote(rule):
    found = pooled([page(1, "memo"), page(2, "letter"), page(3, "letter")], rule)
    assert (found.label, found.probability) == ("letter", None)


def test_pages_without_an_answer_have_no_say():
    found = pooled([page(1, None, problem="no"), page(2, "memo", 0.9)], PageRule.MEAN_LOG_PROBABILITY)
    assert found.label == "memo"
    assert pooled([page(1, None), page(2, "memo", 0.9)], PageRule.FIRST_PAGE).label is None
