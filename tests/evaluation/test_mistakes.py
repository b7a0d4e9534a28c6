"""What a model confuses with what, and which of its mistakes are shown first."""

from __future__ import annotations

from burnish.evaluation.mistakes import confusions_of, mistakes_of
from burnish.evaluation.predicting import Prediction


def guess(page: str, label: str, predicted: str | None, sure: float | None = None) -> Prediction:
    probabilities = {predicted: sure} if sure is not None and predicted else None
    return Prediction(page=page, label=label, predicted=predicted, probabilities=probabilities, seconds=1)


def test_frequent_confusions_come_first_and_the_surest_mistakes_of_each():
    found = [
        guess("a", "form", "memo"),
        guess("b", "memo", "form", 0.6),
        guess("c", "memo", "form", 0.9),
        guess("d", "memo", "memo", 0.9),
        guess("e", "form", None),
    ]
    kinds = [(kind.label, kind.predicted, kind.pages, kind.support) for kind in confusions_of(found)]
    assert kinds == [("memo", "form", 2, 3), ("form", "memo", 1, 2), ("form", None, 1, 2)]
    assert [mistake.page for mistake in mistakes_of(found)] == ["c", "b", "a", "e"]
