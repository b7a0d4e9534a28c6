"""Why calls to a model failed, told so that a person can do something about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from burnish.errors import BurnishError
from burnish.evaluation.predicting import UNANSWERED, Prediction


class NothingAnswered(BurnishError):
    """A model was asked, and answered no page: nothing is known of it."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Calls that failed with one kind of error, with the first one's words."""

    reason: str
    calls: int


def failures_of(predictions: Sequence[Prediction]) -> tuple[Failure, ...]:
    """The failures of a model's calls, the most frequent first."""
    failed = [one for one in predictions if one.error and one.error_code != UNANSWERED]
    # By code: messages hold request ids and times, and each would be a kind of its own. Evaluations of
    # earlier versions have no codes.
    counts = Counter(one.error_code or one.error for one in failed)
    return tuple(
        Failure(reason=_told(next(one for one in failed if kind in (one.error_code, one.error))), calls=calls)
        for kind, calls in counts.most_common()
    )


def _told(prediction: Prediction) -> str:
    error, code = str(prediction.error), prediction.error_code
    return error if code is None or code in error else f"{code}: {error}"
