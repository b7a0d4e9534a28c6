"""Vector scaling: scores of labels divided by a temperature, then a bias for each label added.

Guo et al., arXiv 1706.04599. What is fitted to the answers for some pages is good for other pages only: so
the strength of its penalty, and whether to use it at all, are chosen by answers that it was not fitted to.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Places = NDArray[np.int_]

FOLDS = 5
#: How many pages the wish for small parameters weighs, of the fits that are tried.
STRENGTHS = (1.0, 4.0, 16.0, 64.0)


@dataclass(frozen=True, kw_only=True)
class VectorScaling:
    """The temperature, above 1 of a model that is too confident, and the biases (nats), which sum to 0."""

    temperature: float
    biases: tuple[float, ...]

    def probabilities(self, scores: Floats) -> Floats:
        """The probability of each label, (pages, labels), from log-likelihoods."""
        import numpy as np
        from scipy.special import softmax

        return np.asarray(softmax(scores / self.temperature + np.array(self.biases), axis=1))


def unscaled(labels: int) -> VectorScaling:
    """The scaling that leaves probabilities as they are."""
    return VectorScaling(temperature=1.0, biases=(0.0,) * labels)


def fitted_scaling(scores: Floats, truth: Places, *, strength: float = 1.0) -> VectorScaling:
    """The scaling under which the labels ``truth`` of pages are likeliest; of no pages, none.

    Sets to fit on are small, so both parameters and answers are held back. A quadratic penalty keeps the
    parameters small. And of N answers one more than was seen may be wrong, so each label is wanted with N + 1
    of N + 2 only (Platt, 1999): else few answers that are all right would make a model sure of everything.
    """
    import numpy as np
    from scipy.optimize import minimize

    labels = scores.shape[1]
    if not len(truth):
        return unscaled(labels)
    # No bias and a temperature of 1: where few answers say little, the penalty keeps the fit near it. Last is
    # the temperature's logarithm, so that no step of the optimizer can make it negative.
    start = np.zeros(labels + 1)
    found = minimize(penalized_loss, start, args=(scores, truth, strength), jac=True, method="L-BFGS-B").x
    # The same for every label changes nothing: biases sum to nothing, so that they can be compared.
    biases = found[:-1] - found[:-1].mean()
    return VectorScaling(temperature=float(np.exp(found[-1])), biases=tuple(biases.tolist()))


def chosen_scaling(scores: Floats, truth: Places) -> VectorScaling:
    """The scaling of the strength whose cross-fitted answers are the likeliest; none where that is chance.

    It must make the labels likelier by more than a standard error: on a few pages a fit often seems to help.
    """
    import numpy as np

    none = unscaled(scores.shape[1])
    if len(truth) < 2:
        return none
    before = _losses(none.probabilities(scores), truth)
    gains = {
        strength: before - _losses(cross_fitted(scores, truth, strength=strength), truth)
        for strength in STRENGTHS
    }
    best = max(gains, key=lambda strength: gains[strength].mean())
    if gains[best].mean() <= gains[best].std(ddof=1) / np.sqrt(len(truth)):
        return none
    return fitted_scaling(scores, truth, strength=best)


def cross_fitted(scores: Floats, truth: Places, *, strength: float | None = None) -> Floats:
    """The probabilities of each page's labels by a scaling that was fitted to other pages, (pages, labels).

    Without a ``strength``, that is chosen on those other pages as well, as `chosen_scaling` does.
    """
    import numpy as np

    folds = dealt_folds(truth.tolist())
    found = np.zeros_like(scores, dtype=float)
    for fold in np.unique(folds):
        others, held_out = folds != fold, folds == fold
        scaling = (
            chosen_scaling(scores[others], truth[others])
            if strength is None
            else fitted_scaling(scores[others], truth[others], strength=strength)
        )
        found[held_out] = scaling.probabilities(scores[held_out])
    return found


def dealt_folds(truth: Sequence[int]) -> Places:
    """Each page's fold: those of a label are dealt out one by one, so that every fit sees the label."""
    import numpy as np

    folds = np.zeros(len(truth), dtype=int)
    # By label and not label by label from the first fold on: rare labels would all be in that one.
    folds[np.argsort(truth, kind="stable")] = np.arange(len(truth)) % FOLDS
    return folds


def _losses(probabilities: Floats, truth: Places) -> Floats:
    """The cross-entropy of each page's label, in nats."""
    import numpy as np

    given = probabilities[np.arange(len(truth)), truth]
    return np.asarray(-np.log(given + np.finfo(float).tiny))


def penalized_loss(
    parameters: Floats, scores: Floats, truth: Places, strength: float
) -> tuple[float, Floats]:
    """The loss of biases, added to scores that are divided by the temperature, and its gradient.

    Last among the parameters is the temperature's logarithm. The loss of a page is the cross-entropy of its
    label against all others, in nats.
    """
    import numpy as np
    from scipy.special import log_softmax, logsumexp

    scaled = scores * np.exp(-parameters[-1])
    logs = log_softmax(scaled + parameters[:-1], axis=1)
    is_true = np.zeros_like(logs, dtype=bool)
    is_true[np.arange(len(truth)), truth] = True
    # Platt's correction. Without it, answers that are all right drive the temperature down until only the
    # penalty stops it, and the model is sure of everything.
    doubt = 1 / (len(truth) + 2)
    # The doubt is for all other labels together: nothing is known of how it spreads over them.
    others = np.where(is_true, -np.inf, logs)
    log_others = logsumexp(others, axis=1, keepdims=True)
    loss = -(1 - doubt) * logs[is_true].sum() - doubt * log_others.sum()
    wanted = np.where(is_true, 1 - doubt, doubt * np.exp(others - log_others))
    slope = np.exp(logs) - wanted
    gradient = strength * parameters
    gradient[:-1] += slope.sum(axis=0)
    gradient[-1] -= (slope * scaled).sum()
    return float(loss + strength * 0.5 * (parameters**2).sum()), gradient
