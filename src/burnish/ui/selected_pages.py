"""Pages of an evaluation that somebody wants to see: of a cell, all mistakes, or where models differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from burnish.errors import InvalidInput
from burnish.evaluation.evaluation import Evaluation
from burnish.evaluation.mistakes import mistakes_of
from burnish.evaluation.predicting import Prediction
from burnish.ui.visits import Visit

#: How the address says that no label was named, which is none that a label can have.
_NO_ANSWER = "yes"


@dataclass(frozen=True, kw_only=True)
class PageSelection:
    """Which of a model's pages. Without anything else it is those that the model gets wrong."""

    model: str
    #: A cell: pages of this label with this answer, which is None for those that no label was named for.
    truth: str | None = None
    predicted: str | None = None
    #: Pages that this model gets wrong and the first right.
    rival: str | None = None

    @property
    def parameters(self) -> Mapping[str, str | None]:
        """What says the same in an address."""
        no_answer = _NO_ANSWER if self.truth is not None and self.predicted is None else None
        return {
            "model": self.model,
            "truth": self.truth,
            "predicted": self.predicted,
            "no_answer": no_answer,
            "rival": self.rival,
        }

    @property
    def title(self) -> str:
        """What these pages are."""
        if self.rival is not None:
            return f"Pages that {self.model} gets right and {self.rival} does not"
        if self.truth is None:
            return f"Pages that {self.model} gets wrong"
        if self.predicted is None:
            return f"{self.truth}, for which {self.model} named no label"
        if self.predicted == self.truth:
            return f"{self.truth}, which {self.model} gets right"
        return f"{self.truth}, which {self.model} took for {self.predicted}"

    def of(self, evaluation: Evaluation) -> Sequence[Prediction]:
        """The predictions for these pages: mistakes by kind, else the least sure first."""
        answers = evaluation.judgement.answers[self.model]
        if self.rival is not None:
            rivals = {one.page for one in evaluation.judgement.answers[self.rival] if one.is_right}
            return _by_confidence([one for one in answers if one.is_right and one.page not in rivals])
        if self.truth is None:
            return mistakes_of(answers)
        found = [one for one in answers if one.label == self.truth and self._is_answer(one, evaluation)]
        return _by_confidence(found)

    def _is_answer(self, prediction: Prediction, evaluation: Evaluation) -> bool:
        named = prediction.predicted if prediction.predicted in evaluation.labels else None
        return named == self.predicted


def model_in(visit: Visit, evaluation: Evaluation, name: str = "model") -> str:
    """The model that an address names, or the best. Raises `InvalidInput` for one that is not here."""
    chosen = visit.query(name) or evaluation.scores.best.model
    return _require_model(evaluation, chosen)


def selection_in(visit: Visit, evaluation: Evaluation) -> PageSelection:
    """The pages that an address names. Raises `InvalidInput` for what is no label or model here."""
    model, rival = model_in(visit, evaluation), visit.query("rival") or None
    truth, predicted = visit.query("truth") or None, visit.query("predicted") or None
    for label in filter(None, (truth, predicted)):
        if label not in evaluation.labels:
            raise InvalidInput(f"{label!r} is no label of this evaluation: go back to its matrix")
    if truth is not None and predicted is None and visit.query("no_answer") != _NO_ANSWER:
        raise InvalidInput("The address names a cell by its label alone: go back to the matrix")
    if rival is not None:
        _require_model(evaluation, rival)
    return PageSelection(model=model, truth=truth, predicted=predicted, rival=rival)


def _require_model(evaluation: Evaluation, name: str) -> str:
    if name not in evaluation.judgement.answers:
        raise InvalidInput(f"{name!r} is no model of this evaluation: go back to it and choose another")
    return name


def _by_confidence(predictions: Sequence[Prediction]) -> Sequence[Prediction]:
    return sorted(predictions, key=lambda one: (one.probability or 0.0, one.page))
