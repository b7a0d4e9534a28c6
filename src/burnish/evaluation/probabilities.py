"""Label probabilities as somebody gives them, and whether they are any."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from burnish.errors import InvalidInput

#: By how much a sum may miss 1: figures are rounded, and a softmax in 16 bits is not exact.
SUM_TOLERANCE = 0.01
#: By how much a figure may lie outside of 0 to 1.
TOLERANCE = 1e-6


def label_probabilities(given: Mapping[str, object], labels: Sequence[str]) -> dict[str, float]:
    """The probability of each of the labels; one that is not mentioned has none. They lie between 0 and 1.

    Raises `InvalidInput` where they name something that is no label, are no numbers between 0 and 1, or do
    not sum to 1: nothing that is computed of such figures would mean anything.
    """
    if strange := sorted(set(given) - set(labels)):
        raise InvalidInput(f"a probability is given to {strange[0]!r}, which is none of the labels")
    for label, value in given.items():
        if not _is_probability(value):
            raise InvalidInput(f"the probability of {label!r} is {value!r}: it must lie between 0 and 1")
    found = {label: min(1.0, max(0.0, _number(given.get(label, 0.0)))) for label in labels}
    total = math.fsum(found.values())
    if abs(total - 1) > SUM_TOLERANCE:
        raise InvalidInput(
            f"the probabilities of the labels sum to {total:.3g}, which must be 1: give one to each label, "
            "with enough digits, or none at all"
        )
    return found


def contradicts(predicted: str | None, probabilities: Mapping[str, float]) -> bool:
    """Whether another label than the predicted one is the likeliest."""
    if predicted is None:
        return False
    return probabilities.get(predicted, 0.0) < max(probabilities.values()) - TOLERANCE


def _is_probability(value: object) -> bool:
    # True is the int 1 in Python.
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return -TOLERANCE <= value <= 1 + TOLERANCE


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else math.nan
