"""What a model confuses with what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from burnish.evaluation.predicting import Prediction


@dataclass(frozen=True, kw_only=True)
class Confusion:
    """So many pages of one label were taken for another; ``predicted`` is None where no label was named."""

    label: str
    predicted: str | None
    pages: int
    #: How many pages of the label there are.
    support: int


def confusions_of(predictions: Sequence[Prediction]) -> list[Confusion]:
    """The kinds of mistakes, the most frequent first."""
    support = Counter(prediction.label for prediction in predictions)
    kinds = Counter(_kind(prediction) for prediction in predictions if not prediction.is_right)
    return [
        Confusion(label=label, predicted=predicted, pages=pages, support=support[label])
        for (label, predicted), pages in sorted(kinds.items(), key=lambda item: (-item[1], str(item[0])))
    ]


def mistakes_of(predictions: Sequence[Prediction]) -> list[Prediction]:
    """The wrong predictions: frequent kinds first, and within a kind the ones the model was surest of."""
    rank = {(kind.label, kind.predicted): place for place, kind in enumerate(confusions_of(predictions))}
    wrong = [prediction for prediction in predictions if not prediction.is_right]
    # The page's name last: equal mistakes must come in the same order in every report.
    return sorted(wrong, key=lambda it: (rank[_kind(it)], -(it.probability or 0), it.page))


def _kind(prediction: Prediction) -> tuple[str, str | None]:
    return prediction.label, prediction.predicted
