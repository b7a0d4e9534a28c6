"""Linear models of labels, and how each is fitted: regularized regressions, least squares, naive Bayes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: More components of a kernel cost time with the square of their number, and tell nothing more.
MAX_COMPONENTS = 512
#: What makes logits of a least-squares regression's scores, which go from 0 to 1. How confident a model may
#: be in a set of pages, the pool's weights say.
INDICATOR_SCALE = 8.0


@dataclass(frozen=True, kw_only=True)
class LinearModel:
    """Scores linear in the features: ``coefficients`` (features, labels), ``intercepts`` (labels,)."""

    coefficients: NDArray[np.float64]
    intercepts: NDArray[np.float64]

    def log_probabilities(self, rows: Any) -> NDArray[np.float64]:  # noqa: ANN401  # dense or sparse
        """The log-probability of each label for each row, (rows, labels)."""
        import numpy as np

        scores = np.asarray(rows @ self.coefficients, dtype=np.float64) + self.intercepts
        # Not by scipy's function, which takes longer for a page than all of its coefficients do.
        shifted = scores - scores.max(axis=1, keepdims=True)
        return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


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

    if len(set(labels.tolist())) == 1:
        nothing = np.zeros((rows.shape[1], 1))
        return _with_all_labels(nothing, np.zeros(1), labels[:1], label_count)
    fitted = LogisticRegression(C=strength, max_iter=3000, class_weight="balanced").fit(rows, labels)
    coefficients, intercepts = fitted.coef_.T, fitted.intercept_
    if len(fitted.classes_) == 2:  # of two labels the second alone has coefficients
        coefficients = np.hstack([np.zeros_like(coefficients), coefficients])
        intercepts = np.array([0.0, *intercepts])
    return _with_all_labels(coefficients, intercepts, fitted.classes_, label_count)


def fitted_least_squares(
    rows: NDArray[np.float64], labels: NDArray[np.int_], *, penalty: float, label_count: int
) -> LinearModel:
    """A ridge regression of whether a page has each label; ``penalty`` is that of L2. Labels weigh alike.

    From a few pages of many labels it learns more than a logistic regression does, and as it is solved in
    one step it takes a hundredth of the time.
    """
    import numpy as np
    from scipy.linalg import solve

    classes, places, counts = np.unique(labels, return_inverse=True, return_counts=True)
    weights = len(labels) / (len(classes) * counts[places])[:, None]
    has_label = np.eye(len(classes))[places]
    middle = (weights * rows).sum(axis=0) / len(rows)
    centred = rows - middle
    gram = centred.T @ (weights * centred) + penalty * np.eye(rows.shape[1])
    share = 1 / len(classes)
    solved = solve(gram, centred.T @ (weights * (has_label - share)), assume_a="pos")
    return _with_all_labels(
        INDICATOR_SCALE * solved, INDICATOR_SCALE * (share - middle @ solved), classes, label_count
    )


def fitted_shared(rows: NDArray[np.float64], labels: NDArray[np.int_], *, label_count: int) -> LinearModel:
    """A multinomial regression of features that each label has, with coefficients that labels share.

    Rows are (pages, labels x features). A label has the probability that its own features give it, so one
    that does not occur has it too.
    """
    import numpy as np
    from scipy.optimize import minimize
    from scipy.special import log_softmax

    by_label = rows.reshape(len(rows), label_count, -1)
    pages = np.arange(len(labels))

    def loss_and_gradient(shared: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logs = log_softmax(by_label @ shared, axis=1)
        expected = np.einsum("pl,plf->f", np.exp(logs), by_label)
        gradient = expected - by_label[pages, labels].sum(axis=0) + shared
        return float(-logs[pages, labels].sum() + (shared**2).sum() / 2), gradient

    found = minimize(loss_and_gradient, np.zeros(by_label.shape[2]), jac=True, method="L-BFGS-B").x
    coefficients = np.kron(np.eye(label_count), found[:, None])
    return LinearModel(coefficients=coefficients, intercepts=np.zeros(label_count))


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
