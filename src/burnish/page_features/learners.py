"""How labels are learned from rows of features: models fitted to some of the rows, by their places."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from burnish.page_features.linear_models import (
    KernelComponents,
    LinearModel,
    fitted_bayes,
    fitted_least_squares,
    fitted_regression,
    fitted_shared,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Learner(Protocol):
    """Fits models to some of the rows that it was made of, by their places."""

    def fit(self, places: NDArray[np.int_], labels: NDArray[np.int_], label_count: int) -> LinearModel:
        """A model of the vectors at these places, which have these labels."""

    @property
    def vectors(self) -> Any:  # noqa: ANN401  # dense or sparse
        """What `fit` fits models to and these predict from, one row for each page."""

    def in_rows(self, model: LinearModel) -> LinearModel:
        """A model of the vectors as one of the features' rows."""


@dataclass(frozen=True, kw_only=True)
class BayesLearner:
    """Naive Bayes on counts."""

    vectors: Any

    def fit(self, places: NDArray[np.int_], labels: NDArray[np.int_], label_count: int) -> LinearModel:
        return fitted_bayes(self.vectors[places], labels, label_count=label_count)

    def in_rows(self, model: LinearModel) -> LinearModel:
        return model


@dataclass(frozen=True, kw_only=True)
class RegressionLearner:
    """A logistic regression on rows of a few numbers."""

    vectors: NDArray[np.float64]
    strength: float

    def fit(self, places: NDArray[np.int_], labels: NDArray[np.int_], label_count: int) -> LinearModel:
        return fitted_regression(
            self.vectors[places], labels, strength=self.strength, label_count=label_count
        )

    def in_rows(self, model: LinearModel) -> LinearModel:
        return model


@dataclass(frozen=True, kw_only=True)
class LeastSquaresLearner:
    """A ridge regression on rows of many numbers."""

    vectors: NDArray[np.float64]
    penalty: float

    def fit(self, places: NDArray[np.int_], labels: NDArray[np.int_], label_count: int) -> LinearModel:
        return fitted_least_squares(
            self.vectors[places], labels, penalty=self.penalty, label_count=label_count
        )

    def in_rows(self, model: LinearModel) -> LinearModel:
        return model


@dataclass(frozen=True, kw_only=True)
class KernelLearner:
    """A ridge regression on counts of terms, by way of their kernel."""

    components: KernelComponents
    penalty: float

    @property
    def vectors(self) -> NDArray[np.float64]:
        return self.components.vectors

    def fit(self, places: NDArray[np.int_], labels: NDArray[np.int_], label_count: int) -> LinearModel:
        return fitted_least_squares(
            self.vectors[places], labels, penalty=self.penalty, label_count=label_count
        )

    def in_rows(self, model: LinearModel) -> LinearModel:
        return self.components.in_rows(model)


@dataclass(frozen=True, kw_only=True)
class SharedLearner:
    """A regression whose coefficients labels share."""

    vectors: NDArray[np.float64]

    def fit(self, places: NDArray[np.int_], labels: NDArray[np.int_], label_count: int) -> LinearModel:
        return fitted_shared(self.vectors[places], labels, label_count=label_count)

    def in_rows(self, model: LinearModel) -> LinearModel:
        return model
