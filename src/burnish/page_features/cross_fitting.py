"""Pooled answers for pages by weights that were not fitted to them: what a pool's confidence is judged by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from burnish.calibration.pooling import fitted_pool, pooled
from burnish.page_features.out_of_fold import REPEATS, folds

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def cross_fitted_pool(
    log_probabilities: NDArray[np.float64], labels: NDArray[np.int_]
) -> NDArray[np.float64]:
    """The probability of each label, (pages, labels), pooled by weights of the pages in other folds.

    ``log_probabilities`` are out of fold, (models, pages, labels): so nothing of an answer was fitted to the
    label of its own page, but that the models of other pages have seen it.
    """
    import numpy as np

    found = np.zeros(log_probabilities.shape[1:])
    for others, held_out in folds(labels, seed=REPEATS):
        pool = fitted_pool(log_probabilities[:, others], labels[others])
        found[held_out] = pooled(log_probabilities[:, held_out], pool.weights)
    return found
