"""Pools of models: the weighted logarithmic opinion pool, its weights fitted to out-of-fold predictions.

So the models that tell most in a given set of documents count most, and an overconfident one is scaled down
(stacked generalization, Wolpert 1992). The fit allows for a share of wrong labels, which would otherwise
scale down the models that contradict them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: How strongly weights are pulled towards equal ones. Without it they grow without bound where models make no
#: mistakes.
WEIGHT_PENALTY = 1.0


@dataclass(frozen=True, kw_only=True)
class Pool:
    """The weight of each model, 0 or more, and the penalized log-likelihood of the given labels."""

    weights: NDArray[np.float64]
    log_likelihood: float


def fitted_pool(
    log_probabilities: NDArray[np.float64], labels: NDArray[np.int_], *, error_rate: float = 0.0
) -> Pool:
    """The pool of models under which the given labels are most likely, if a share of them is wrong.

    ``log_probabilities`` are (models, documents, labels).
    """
    import numpy as np
    from scipy.optimize import minimize

    equal = np.full(len(log_probabilities), 1 / len(log_probabilities))
    documents = np.arange(len(labels))
    of_given = log_probabilities[:, documents, labels]
    # A given label is right, or wrong and any of the others: its likelihood is linear in its probability.
    least = error_rate / (log_probabilities.shape[2] - 1)
    slope = 1 - error_rate - least

    def loss_and_gradient(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        found = pooled(log_probabilities, weights)
        right = found[documents, labels]
        # Never the logarithm of nothing, which a pool that is sure of another label comes to.
        likelihood = least + slope * right + np.finfo(float).tiny
        deviation = weights - equal
        loss = -np.log(likelihood).sum() + WEIGHT_PENALTY * (deviation**2).sum()
        by_weight = of_given - (found * log_probabilities).sum(axis=2)
        gradient = -(slope * right / likelihood * by_weight).sum(axis=1) + 2 * WEIGHT_PENALTY * deviation
        return float(loss), gradient

    bounds = [(0, None)] * len(log_probabilities)
    best = minimize(loss_and_gradient, equal, jac=True, method="L-BFGS-B", bounds=bounds)
    return Pool(weights=np.asarray(best.x), log_likelihood=-float(best.fun))


def pooled(log_probabilities: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The probabilities of the weighted logarithmic pool of models, (documents, labels)."""
    import numpy as np
    from scipy.special import softmax

    return np.asarray(softmax(np.tensordot(weights, log_probabilities, 1), axis=1))
