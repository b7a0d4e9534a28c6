"""How probable it is that a label is wrong, and how many are.

The given labels are a mixture: most are right, and as likely as the models say; a share is wrong and could be
any other label. How large that share is nobody knows. So every error rate counts by how well it explains the
given labels, models included (a Bayesian average over a grid). Where models contradict labels because a set
is hard, they do so with little confidence, and a small error rate explains that best; where they do so with
confidence, wrong labels do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from burnish.calibration.pooling import fitted_pool, pooled
from burnish.page_features.out_of_fold import PROBABILITY_FLOOR

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: The error rates that are weighed: from one label in a thousand to two in five.
_LEAST_RATE, _MOST_RATE, _RATES = 0.001, 0.4, 16
#: The prior over error rates, a beta distribution with a mean of 10 %. Of data sets in wide use 3 to 12 % of
#: the labels are wrong (Northcutt et al. 2021; of RVL-CDIP, arXiv 2606.31446).
_PRIOR = (1, 9)
_DRAWS = 1000


@dataclass(frozen=True, kw_only=True)
class ErrorCount:
    """How many labels are wrong: the expected number, and the bounds of a 95 % credible interval."""

    expected: float
    low: int
    high: int


@dataclass(frozen=True, kw_only=True)
class LabelErrors:
    """For each document the probability that its label is wrong, and the number of the likeliest label."""

    wrong: NDArray[np.float64]
    likeliest: NDArray[np.int_]
    count: ErrorCount


def estimated_errors(log_probabilities: NDArray[np.float64], labels: NDArray[np.int_]) -> LabelErrors:
    """The errors in the given labels by the predictions of models, (models, documents, labels)."""
    import numpy as np
    from scipy.special import softmax

    rates = np.geomspace(_LEAST_RATE, _MOST_RATE, _RATES)
    wrong, likely, fits = [], [], []
    for rate in rates:
        pool = fitted_pool(log_probabilities, labels, error_rate=rate)
        found = _relative(pooled(log_probabilities, pool.weights))
        right = found[np.arange(len(labels)), labels]
        wrong.append(_probability_of_error(right, rate, labels=found.shape[1]))
        likely.append(found)
        fits.append(pool.log_likelihood)
    weights = softmax(np.array(fits) + _log_prior(rates))
    return LabelErrors(
        wrong=weights @ np.array(wrong),
        likeliest=np.tensordot(weights, np.array(likely), 1).argmax(axis=1),
        count=_count(np.array(wrong), weights),
    )


def _relative(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Label probabilities relative to those of the average document, (documents, labels).

    Labels that models favour everywhere, or never, must not be suspected for that.
    """
    import numpy as np

    ratio = (probabilities + PROBABILITY_FLOOR) / probabilities.mean(axis=0)
    return np.asarray(ratio / ratio.sum(axis=1, keepdims=True))


def _probability_of_error(right: NDArray[np.float64], rate: float, *, labels: int) -> NDArray[np.float64]:
    """The probability that a label is wrong, from that which it has where labels are right (Bayes)."""
    if_wrong = rate * (1 - right) / (labels - 1)
    return if_wrong / (if_wrong + (1 - rate) * right)


def _log_prior(rates: NDArray[np.float64]) -> NDArray[np.float64]:
    """The logarithm of the prior of each rate of the grid, whose steps grow with the rate."""
    import numpy as np
    from scipy.stats import beta

    return np.asarray(beta.logpdf(rates, *_PRIOR) + np.log(rates))


def _count(wrong: NDArray[np.float64], weights: NDArray[np.float64]) -> ErrorCount:
    """The number of errors from their probabilities under each rate, (rates, documents)."""
    import numpy as np

    # Seeded: the same documents make the same sheet.
    random = np.random.default_rng(0)
    rates = random.choice(len(weights), size=_DRAWS, p=weights)
    drawn = [int((random.random(wrong.shape[1]) < wrong[rate]).sum()) for rate in rates]
    low, high = np.quantile(drawn, (0.025, 0.975), method="nearest")
    return ErrorCount(expected=float(weights @ wrong.sum(axis=1)), low=int(low), high=int(high))
