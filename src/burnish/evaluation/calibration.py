"""Calibration of label probabilities: a bias for each label and a temperature, fitted on validation answers.

Vector scaling (Guo et al., arXiv 1706.04599). A small language model that was not tuned gives nearly every
page the same label; what it knows shows only once that favour is taken away. And a model may be more or less
confident than it is accurate. Both are measured on validation pages, never on those that are tested on.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from burnish.calibration.vector_scaling import fitted_scaling
from burnish.errors import InvalidInput
from burnish.evaluation.predicting import Prediction

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: By how many parts validation answers are cross-fitted.
FOLDS = 5
#: A probability of nothing would be minus infinity; float32 ends about here.
_MIN_PROBABILITY = 1e-38
#: The probability of a label that none of a few samples has named: a little less than one sample's share.
_UNNAMED = 0.01


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Log-probabilities are divided by the temperature, then each label's bias (in nats) is added.

    A temperature above 1 is of a model that is too confident. ``answers`` is how many validation answers it
    was fitted on.
    """

    temperature: float
    biases: Mapping[str, float]
    answers: int
    #: Whether it is worth applying. Where not, answers stay as they were given.
    is_used: bool = True

    def applied_to(self, prediction: Prediction) -> Prediction:
        """The prediction with calibrated probabilities, and the label that is likeliest by them.

        One without probabilities, or that names no label, stays as it is.
        """
        if not self.is_used or not prediction.probabilities or prediction.predicted is None:
            return prediction
        logits = {
            label: _log(prediction.probabilities, label) / self.temperature + bias
            for label, bias in self.biases.items()
        }
        # Taken off before `exp`, which overflows for logits that a small temperature has made large.
        highest = max(logits.values())
        weights = {label: math.exp(logit - highest) for label, logit in logits.items()}
        total = sum(weights.values())
        return replace(
            prediction,
            predicted=max(weights, key=lambda label: weights[label]),
            probabilities={label: weight / total for label, weight in weights.items()},
        )


def choose_calibration(validation: Sequence[Prediction], labels: Sequence[str]) -> Calibration | None:
    """The calibration fitted on validation answers, to be used where it helps with answers it has not seen.

    It helps where cross-fitted it makes the labels of validation pages likelier: of few answers that are all
    right it would only take confidence away. None without probabilities.
    """
    fitted = fit_calibration(validation, labels)
    if fitted is None:
        return None
    helps = _log_loss(cross_fitted(validation, labels)) < _log_loss(validation)
    return replace(fitted, is_used=helps)


def fit_calibration(validation: Sequence[Prediction], labels: Sequence[str]) -> Calibration | None:
    """The calibration under which the labels of validation pages are likeliest; None without probabilities.

    Raises `InvalidInput` when a page has a label that is not among ``labels``.
    """
    import numpy as np

    # Those that `applied_to` changes: the rest would be fitted on and not be calibrated.
    told = [one for one in validation if one.probabilities and one.predicted is not None]
    for one in told:
        if one.label not in labels:
            raise InvalidInput(
                f"The validation page {one.page!r} is labelled {one.label!r}, which is none of the labels "
                "given: give all the labels that the pages have"
            )
    names = sorted(set(labels))
    if not told or len(names) < 2:
        return None
    scores = _log_probabilities(told, names)
    truth = np.array([names.index(one.label) for one in told])
    found = fitted_scaling(scores, truth)
    biases = dict(zip(names, found.biases, strict=True))
    return Calibration(temperature=found.temperature, biases=biases, answers=len(told))


def cross_fitted(validation: Sequence[Prediction], labels: Sequence[str]) -> list[Prediction]:
    """Validation answers, each calibrated by a fit on others: what their confidence is worth on new pages.

    The pages of a document are in one fold. Without others to fit on, answers stay as they are.
    """
    folds = _folds(validation)
    calibrations = {
        fold: fit_calibration([one for one in validation if folds[one.page] != fold], labels)
        for fold in set(folds.values())
    }
    fitted = [(one, calibrations[folds[one.page]]) for one in validation]
    return [calibration.applied_to(one) if calibration else one for one, calibration in fitted]


def _log_loss(predictions: Sequence[Prediction]) -> float:
    """The sum over the predictions that come with probabilities, in nats."""
    return -sum(_log(one.probabilities, one.label) for one in predictions if one.probabilities)


def _folds(predictions: Sequence[Prediction]) -> dict[str, int]:
    """Each page's fold. A label's documents are dealt out one by one, so that every fit sees the label."""
    documents = defaultdict(list)
    for one in predictions:
        # Pages of one document look alike: in two folds, a fit would have seen what it is judged on.
        documents[one.label, one.page.partition(", page ")[0]].append(one.page)
    # By the order of names and not at random: the same answers must be calibrated alike in every report.
    return {page: number % FOLDS for number, key in enumerate(sorted(documents)) for page in documents[key]}


def _log(probabilities: Mapping[str, float], label: str) -> float:
    return math.log(max(probabilities.get(label, _UNNAMED), _MIN_PROBABILITY))


def _log_probabilities(predictions: Sequence[Prediction], labels: Sequence[str]) -> Floats:
    """(pages, labels), in nats."""
    import numpy as np

    return np.array([[_log(one.probabilities or {}, label) for label in labels] for one in predictions])
