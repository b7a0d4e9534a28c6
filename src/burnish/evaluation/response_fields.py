"""What an answer of Converse says beside its text, in ``additionalModelResponseFields``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from burnish.errors import InvalidInput
from burnish.evaluation.probabilities import label_probabilities


def probabilities_in(fields: object, labels: Sequence[str]) -> tuple[Mapping[str, float] | None, str | None]:
    """The probability of each label where the model gives some, or why what it gives is none."""
    given = fields.get("labelProbabilities") if isinstance(fields, Mapping) else None
    if given is None:
        return None, None
    if not isinstance(given, Mapping):
        return None, "they are not probabilities by label"
    try:
        return label_probabilities(given, labels), None
    except InvalidInput as error:
        return None, str(error)


def typicality_in(fields: object) -> float | None:
    """How typical the page is of the training pages, a share; None where the model does not tell."""
    found = fields.get("typicality") if isinstance(fields, Mapping) else None
    # True is the int 1 in Python.
    if isinstance(found, bool) or not isinstance(found, int | float) or not 0 <= found <= 1:
        return None
    return float(found)
