"""How good extracted fields are, counted over every document that was asked about.

A value counts as found where it is exactly that of the document, once both are in their comparable spelling:
half an invoice number is no invoice number, so that no credit is given for parts of it. Precision, recall and
F1 are over values: those of a list are counted one by one, in any order. Micro averages count all values
alike, macro F1 all fields. A failed call, or an answer without an object, has missed every value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from burnish.calibration.intervals import wilson_interval
from burnish.errors import InvalidInput
from burnish.evaluation.field_values import values_in
from burnish.evaluation.metrics import span_of
from burnish.evaluation.predicting import Prediction

if TYPE_CHECKING:
    import numpy as np

RESAMPLES = 5_000


@dataclass(frozen=True, kw_only=True)
class ValueCounts:
    """Values that were found, that were answered and are wrong, and that were missed."""

    found: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        """The share of the values answered that are right; 0 where none was answered."""
        return self.found / (self.found + self.wrong) if self.found else 0.0

    @property
    def recall(self) -> float:
        """The share of the true values that were found; 0 where there are none."""
        return self.found / (self.found + self.missed) if self.found else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        return 2 * self.found / (2 * self.found + self.wrong + self.missed) if self.found else 0.0

    def __add__(self, other: ValueCounts) -> ValueCounts:
        return ValueCounts(
            found=self.found + other.found, wrong=self.wrong + other.wrong, missed=self.missed + other.missed
        )


@dataclass(frozen=True, kw_only=True)
class FieldScore:
    """How good a model is at one field, over the documents that have it or were answered to have it."""

    name: str
    #: Documents whose values of this field are all right.
    right: int
    documents: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, kw_only=True)
class FieldMetrics:
    """How good a model is at all fields of ``pages`` documents."""

    pages: int
    #: Documents of which every field is right, lists in their order too; and Wilson's 95 % interval.
    correct: int
    accuracy: float
    accuracy_interval: tuple[float, float]
    precision: float
    recall: float
    micro_f1: float
    #: The 95 % interval, by a bootstrap over documents.
    micro_f1_interval: tuple[float, float]
    macro_f1: float
    failed: int
    unparsed: int
    seconds_per_page: float | None
    fields: tuple[FieldScore, ...]


def field_metrics_of(predictions: Sequence[Prediction]) -> FieldMetrics:
    """The metrics of predictions whose labels are fields as canonical JSON."""
    if not predictions:
        raise InvalidInput("There are no predictions to score: ask about at least one page")
    documents = [DocumentFields(one) for one in predictions]
    fields = tuple(_field_score(name, documents) for name in _names(documents))
    total = sum((one.total for one in documents), ValueCounts())
    answered = [one for one in predictions if one.error is None]
    correct = sum(one.is_right for one in predictions)
    return FieldMetrics(
        pages=len(predictions),
        correct=correct,
        accuracy=correct / len(predictions),
        accuracy_interval=wilson_interval(correct, len(predictions)),
        precision=total.precision,
        recall=total.recall,
        micro_f1=total.f1,
        micro_f1_interval=_bootstrap_interval(documents),
        macro_f1=sum(one.f1 for one in fields) / len(fields) if fields else 0.0,
        failed=len(predictions) - len(answered),
        unparsed=sum(one.predicted is None for one in answered),
        seconds_per_page=span_of(answered) / len(answered) if answered else None,
        fields=fields,
    )


class DocumentFields:
    """The counts of one document's values, by field."""

    def __init__(self, prediction: Prediction) -> None:
        self.true, self.said = values_in(prediction.label), values_in(prediction.predicted)

    @cached_property
    def by_field(self) -> dict[str, ValueCounts]:
        """The counts of each field that the document has, or was answered to have."""
        return {name: self._counts(name) for name in self.true.keys() | self.said.keys()}

    @cached_property
    def total(self) -> ValueCounts:
        """The counts of all fields."""
        return sum(self.by_field.values(), ValueCounts())

    def _counts(self, name: str) -> ValueCounts:
        true, said = self.true.get(name), self.said.get(name)
        found = (true & said).total() if true and said else 0
        return ValueCounts(
            found=found,
            wrong=(said.total() if said else 0) - found,
            missed=(true.total() if true else 0) - found,
        )


def micro_f1s(counts: np.ndarray) -> np.ndarray:
    """The micro F1 of counts whose last axis is found, wrong, missed."""
    import numpy as np

    found, errors = counts[..., 0], counts[..., 1] + counts[..., 2]
    return np.where(found > 0, 2 * found / np.maximum(2 * found + errors, 1), 0.0)


def count_rows(documents: Sequence[DocumentFields]) -> np.ndarray:
    """The total counts of each document: (documents, 3)."""
    import numpy as np

    return np.array([(one.total.found, one.total.wrong, one.total.missed) for one in documents])


def resampled(rows: np.ndarray, *, seed: int = 0) -> np.ndarray:
    """Sums of the rows, documents drawn again: (resamples, ...). The same answers give the same."""
    import numpy as np

    count = len(rows)
    drawn = np.random.default_rng(seed).multinomial(count, [1 / count] * count, size=RESAMPLES)
    return np.tensordot(drawn, rows, axes=1)


def _bootstrap_interval(documents: Sequence[DocumentFields]) -> tuple[float, float]:
    import numpy as np

    low, high = np.quantile(micro_f1s(resampled(count_rows(documents))), (0.025, 0.975))
    return float(low), float(high)


def _names(documents: Sequence[DocumentFields]) -> list[str]:
    """The names of fields, first those that documents have, in their order."""
    true = dict.fromkeys(name for one in documents for name in one.true)
    said = dict.fromkeys(name for one in documents for name in one.said)
    return [*true, *(name for name in said if name not in true)]


def _field_score(name: str, documents: Sequence[DocumentFields]) -> FieldScore:
    counts = [one.by_field[name] for one in documents if name in one.by_field]
    total = sum(counts, ValueCounts())
    return FieldScore(
        name=name,
        right=sum(not one.wrong and not one.missed for one in counts),
        documents=len(counts),
        precision=total.precision,
        recall=total.recall,
        f1=total.f1,
    )
