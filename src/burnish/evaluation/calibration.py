"""Label biases: how much a model favours a label whatever the page, measured on validation pages.

A small language model that has not been tuned gives nearly every page the same label. What it knows shows
only once that is taken away, so a base model is compared with a tuned one after its biases have been fitted,
on the validation pages and never on the held-out ones.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from burnish.errors import InvalidInput
from burnish.evaluation.predicting import Prediction

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: A probability of nothing would be minus infinity; float32 ends about here.
_SMALLEST = 1e-38


@dataclass(frozen=True, kw_only=True)
class LabelBiases:
    """What is added to the log-probability of each label, in nats, fitted on ``pages`` validation pages."""

    biases: Mapping[str, float]
    pages: int

    def applied_to(self, prediction: Prediction) -> Prediction:
        """The prediction as it is without the favour. One without probabilities stays as it is."""
        if not prediction.probabilities:
            return prediction
        logits = {
            label: math.log(max(probability, _SMALLEST)) + self.biases.get(label, 0.0)
            for label, probability in prediction.probabilities.items()
        }
        highest = max(logits.values())
        weights = {label: math.exp(logit - highest) for label, logit in logits.items()}
        total = sum(weights.values())
        return replace(
            prediction,
            predicted=max(weights, key=lambda label: weights[label]),
            probabilities={label: weight / total for label, weight in weights.items()},
        )


def fit_label_biases(
    predictions: Sequence[Prediction], labels: Sequence[str], *, strength: float = 1.0
) -> LabelBiases | None:
    """The biases under which the true labels of validation pages are most likely; None without probabilities.

    Fitted together with a temperature, which does not change what is predicted, by penalised maximum
    likelihood: ``strength`` is how many pages the wish for small biases weighs (vector scaling, Guo et al.,
    arXiv 1706.04599). Raises `InvalidInput` when a page has a label that is not among ``labels``.
    """
    from scipy.optimize import minimize

    told = [prediction for prediction in predictions if prediction.probabilities]
    for prediction in told:
        if prediction.label not in labels:
            raise InvalidInput(
                f"The validation page {prediction.page!r} is labelled {prediction.label!r}, which is none of "
                "the labels given: give all the labels that the pages have"
            )
    if not told:
        return None
    scores = _log_probabilities(told, labels)
    truth = [list(labels).index(prediction.label) for prediction in told]
    start = [0.0] * (len(labels) + 1)
    found = minimize(
        _penalised_loss, start, args=(scores, truth, strength), jac=True, method="L-BFGS-B"
    ).x.tolist()
    shifts, temperature = found[:-1], math.exp(found[-1])
    middle = sum(shifts) / len(labels)
    biases = {label: (shift - middle) * temperature for label, shift in zip(labels, shifts, strict=True)}
    return LabelBiases(biases=biases, pages=len(told))


def _log_probabilities(predictions: Sequence[Prediction], labels: Sequence[str]) -> Floats:
    """(pages, labels), in nats."""
    import numpy as np

    rows = [
        [max((prediction.probabilities or {}).get(label, 0.0), _SMALLEST) for label in labels]
        for prediction in predictions
    ]
    return np.log(np.array(rows, dtype=np.float64))


def _penalised_loss(
    parameters: Floats, scores: Floats, truth: Sequence[int], strength: float
) -> tuple[float, Floats]:
    """The loss of shifts, added to scores that are divided by the temperature, and its gradient.

    Last among the parameters is the temperature's logarithm.
    """
    import numpy as np
    from scipy.special import log_softmax

    scaled = scores * np.exp(-parameters[-1])
    log_probabilities = log_softmax(scaled + parameters[:-1], axis=1)
    pages = np.arange(len(truth))
    loss = -log_probabilities[pages, truth].sum() + strength * 0.5 * (parameters**2).sum()
    slope = np.exp(log_probabilities)
    slope[pages, truth] -= 1
    gradient = strength * parameters
    gradient[:-1] += slope.sum(axis=0)
    gradient[-1] -= (slope * scaled).sum()
    return float(loss), gradient
