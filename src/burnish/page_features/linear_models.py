"""Linear models of labels, and how each is fitted: regularized regressions and naive Bayes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: More components of a kernel cost time with the square of their number, and tell nothing more.
MAX_COMPONENTS = 512


@dataclass(frozen=True, kw_only=True)
class LinearModel:
    """Scores linear in the features: ``coefficients`` (features, labels), ``intercepts`` (labels,)."""

    coefficients: NDArray[np.float64]
    intercepts: NDArray[np.float64]

    def log_probabilities(self, rows: Any) -> NDArray[np.float64]:  # noqa: ANN401  # dense or sparse
        """The log-probability of each label for each row, (rows, labels)."""
        import numpy as np
        from scipy.special import log_softmax

        return np.asarray(log_softmax(np.asarray(rows @ self.coefficients) + self.intercepts, axis=1))


@dataclass(frozen=True, kw_only=True)
class KernelComponents:
    """Vectors whose inner products are those of the rows that they were made of.

    A regularized linear model learns the same from these as from the rows themselves (the representer
    theorem), but with at most as many columns as there are rows: a regression on them takes a fiftieth of
    the time where the rows are counts of terms.
    """

    #: (rows, components)
    vectors: NDArray[np.float64]
    #: (features, components): what makes of coefficients for the vectors those for the rows. Sparse times
    #: dense, it is multiplied out only when it is applied.
    rows: Any
    projection: NDArray[np.float64]

    def in_rows(self, model: LinearModel) -> LinearModel:
        """A model of the vectors as the same model of the rows."""
        import numpy as np

        coefficients = np.asarray(self.rows.T @ (self.projection @ model.coefficients))
        return LinearModel(coefficients=coefficients, intercepts=model.intercepts)


def kernel_components(rows: Any) -> KernelComponents:  # noqa: ANN401  # sparse
    """The components of rows of weighted counts, the largest where there are very many rows."""
    import numpy as np
    from scipy.linalg import eigh

    similarity = np.asarray((rows @ rows.T).toarray())
    first = max(0, len(similarity) - MAX_COMPONENTS)
    eigenvalues, eigenvectors = eigh(similarity, subset_by_index=(first, len(similarity) - 1))
    # Copies make the matrix singular, and rounding the zeros slightly negative, of which there is no root.
    kept = eigenvalues > eigenvalues[-1] * 1e-9
    roots = np.sqrt(eigenvalues[kept])
    vectors = eigenvectors[:, kept]
    return KernelComponents(vectors=vectors * roots, rows=rows, projection=vectors / roots)


def fitted_regression(
    rows: NDArray[np.float64], labels: NDArray[np.int_], *, strength: float, label_count: int
) -> LinearModel:
    """A multinomial regression; ``strength`` is the inverse of its L2 penalty. Labels weigh alike.

    A label that does not occur gets a probability of zero.
    """
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=strength, max_iter=3000, class_weight="balanced").fit(rows, labels)
    coefficients, intercepts = fitted.coef_.T, fitted.intercept_
    if len(fitted.classes_) == 2:  # of two labels the second alone has coefficients
        coefficients = np.hstack([np.zeros_like(coefficients), coefficients])
        intercepts = np.array([0.0, *intercepts])
    return _with_all_labels(coefficients, intercepts, fitted.classes_, label_count)


def fitted_bayes(rows: Any, labels: NDArray[np.int_], *, label_count: int) -> LinearModel:  # noqa: ANN401  # sparse
    """A multinomial naive Bayes model of weighted counts.

    It has no prior, as the regressions weigh labels alike: a page of a rare label is not doubtful for that.
    """
    import numpy as np
    from sklearn.naive_bayes import MultinomialNB

    fitted = MultinomialNB(alpha=0.05, fit_prior=False).fit(rows, labels)
    return _with_all_labels(
        fitted.feature_log_prob_.T, np.zeros(len(fitted.classes_)), fitted.classes_, label_count
    )


def _with_all_labels(
    coefficients: NDArray[np.float64],
    intercepts: NDArray[np.float64],
    classes: NDArray[np.int_],
    label_count: int,
) -> LinearModel:
    import numpy as np

    every = np.zeros((len(coefficients), label_count))
    every[:, classes] = coefficients
    shifts = np.full(label_count, -np.inf)
    shifts[classes] = intercepts
    return LinearModel(coefficients=every, intercepts=shifts)
