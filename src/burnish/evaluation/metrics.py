"""How good predictions are, counted over every page that was asked about.

A page whose call failed, or whose answer names no label, counts as wrong: it stays in the denominator.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from burnish.calibration.intervals import wilson_interval
from burnish.errors import InvalidInput
from burnish.evaluation.predicting import Prediction

NO_ANSWER = "(no answer)"


@dataclass(frozen=True, kw_only=True)
class LabelScore:
    """How good predictions are for the pages of one label; ``support`` is how many pages there are."""

    precision: float
    recall: float
    f1: float
    support: int


@dataclass(frozen=True, kw_only=True)
class Averages:
    """Scores of labels, averaged: every label alike (macro), or by how many pages it has (weighted)."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, kw_only=True)
class Metrics:
    """How good a model is on ``pages`` pages. Shares lie between 0 and 1."""

    pages: int
    correct: int
    accuracy: float
    #: Wilson's 95 % interval of the accuracy.
    accuracy_interval: tuple[float, float]
    #: Over the labels that have pages, or were given to one: scikit-learn's ``average="macro"``.
    macro: Averages
    weighted: Averages
    #: Pages whose call failed.
    failed: int
    #: Pages that were answered with something that names no label.
    unparsed: int
    #: From the first question to the last answer, over the pages that were answered, of which several were
    #: asked about at a time; None where none was answered.
    seconds_per_page: float | None
    labels: tuple[str, ...]
    #: Rows are the true labels, columns the predicted ones and at the end `NO_ANSWER`.
    confusion: tuple[tuple[int, ...], ...]
    per_label: Mapping[str, LabelScore]

    @property
    def wrong(self) -> int:
        """Pages that were not given their own label, for whatever reason."""
        return self.pages - self.correct


def metrics_of(predictions: Sequence[Prediction], labels: Sequence[str]) -> Metrics:
    """The metrics of predictions over these labels, in sorted order.

    Raises `InvalidInput` when there are no predictions or one is for a label that is not among ``labels``.
    """
    _check(predictions, labels)
    names = tuple(sorted(set(labels)))
    correct = sum(prediction.is_right for prediction in predictions)
    answered = [prediction for prediction in predictions if prediction.error is None]
    truth, guesses = _numbered(predictions, names)
    per_label = _per_label(truth, guesses, names)
    # A label that has no page and was never answered has no F1: as 0 it would pull the macro average down.
    seen = {one.label for one in predictions} | {one.predicted for one in predictions}
    return Metrics(
        pages=len(predictions),
        correct=correct,
        accuracy=correct / len(predictions),
        accuracy_interval=wilson_interval(correct, len(predictions)),
        macro=_averages(per_label, {label: int(label in seen) for label in names}),
        weighted=_averages(per_label, {label: score.support for label, score in per_label.items()}),
        failed=len(predictions) - len(answered),
        unparsed=sum(prediction.predicted not in names for prediction in answered),
        seconds_per_page=span_of(answered) / len(answered) if answered else None,
        labels=names,
        confusion=_confusion(truth, guesses, len(names)),
        per_label=per_label,
    )


def calculate_metrics(results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Accuracy, weighted F1 and recall, macro F1 and the confusion matrix of results as in the seed document.

    Each result has a ``true_label_name`` and a ``prediction``; a prediction that is not a text (an answer
    that could not be parsed) is wrong. ``labels`` are the true ones, sorted; predictions of other labels
    count in the scores and have no column. Raises `InvalidInput` when there are no results.
    """
    from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, recall_score

    if not results:
        raise InvalidInput("There are no results to calculate metrics of: evaluate at least one page")
    y_true = [str(result["true_label_name"]) for result in results]
    labels = sorted(set(y_true))
    none = no_answer_name(labels)
    guesses = (result.get("prediction") for result in results)
    y_pred = [guess if isinstance(guess, str) else none for guess in guesses]
    seen = sorted({*y_true, *y_pred} - {none})
    # With one label more, a single label is no case of its own (for which scikit-learn warns).
    cells = confusion_matrix(y_true, y_pred, labels=[*labels, none]).tolist()
    return {
        "accuracy": float(accuracy_score(y_true, y_pred)),
        "f1": float(f1_score(y_true, y_pred, average="weighted", zero_division=0)),
        "macro_f1": float(f1_score(y_true, y_pred, labels=seen, average="macro", zero_division=0)),
        "recall": float(recall_score(y_true, y_pred, average="weighted", zero_division=0)),
        "confusion_matrix": [row[:-1] for row in cells[:-1]],
        "labels": labels,
    }


def no_answer_name(labels: Sequence[str]) -> str:
    """What the column of pages without an answer is called: a text that is none of the labels."""
    text = NO_ANSWER
    # A user may have a type of this very name.
    while text in labels:
        text += "."
    return text


def span_of(predictions: Sequence[Prediction]) -> float:
    """Seconds from the first question to the last answer."""
    # Not the sum of what calls took: several pages are asked about at a time.
    ends = max(prediction.asked_at + prediction.seconds for prediction in predictions)
    return ends - min(prediction.asked_at for prediction in predictions)


def _check(predictions: Sequence[Prediction], labels: Sequence[str]) -> None:
    if not predictions:
        raise InvalidInput("There are no predictions to measure: hold out at least one page")
    for prediction in predictions:
        if prediction.label not in labels:
            raise InvalidInput(
                f"The page {prediction.page!r} is labelled {prediction.label!r}, which is none of the labels "
                "given: give all the labels that the pages have"
            )


def _numbered(predictions: Sequence[Prediction], labels: Sequence[str]) -> tuple[list[int], list[int]]:
    """True and predicted labels as numbers; one beyond the last label for no answer."""
    numbers = {label: number for number, label in enumerate(labels)}
    truth = [numbers[prediction.label] for prediction in predictions]
    return truth, [numbers.get(prediction.predicted or "", len(labels)) for prediction in predictions]


def _per_label(truth: list[int], guesses: list[int], labels: Sequence[str]) -> dict[str, LabelScore]:
    from sklearn.metrics import precision_recall_fscore_support

    known = list(range(len(labels)))
    columns = precision_recall_fscore_support(truth, guesses, labels=known, average=None, zero_division=0)
    scores = zip(labels, *columns, strict=True)
    return {
        label: LabelScore(precision=float(p), recall=float(r), f1=float(f), support=int(n))
        for label, p, r, f, n in scores
    }


def _averages(per_label: Mapping[str, LabelScore], weights: Mapping[str, int]) -> Averages:
    """The scores of the labels, averaged by these weights."""
    total = sum(weights.values())

    def averaged(score: str) -> float:
        return sum(float(getattr(one, score)) * weights[label] for label, one in per_label.items()) / total

    return Averages(precision=averaged("precision"), recall=averaged("recall"), f1=averaged("f1"))


def _confusion(truth: list[int], guesses: list[int], labels: int) -> tuple[tuple[int, ...], ...]:
    from sklearn.metrics import confusion_matrix

    # With a class more, for no answer. It has no row: no page is truly of it.
    square = confusion_matrix(truth, guesses, labels=list(range(labels + 1))).tolist()
    return tuple(tuple(int(count) for count in row) for row in square[:labels])
