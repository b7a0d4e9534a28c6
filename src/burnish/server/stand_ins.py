"""The learning rate of a stand-in, an open model that answers to the id of a closed one.

A job is held to the bounds of the family that its id names, so that code written for that family runs here
unchanged. A learning rate, though, suits certain weights: at those for large closed models the small open
ones learn nothing in the few epochs that are allowed. So a rate is read relative to its family's default:
twice the default there trains at twice the open models' own default here. Epochs and batch sizes mean the
same to every model, and are taken as they are.
"""

from __future__ import annotations

from collections.abc import Mapping

from burnish.families import Tuning
from burnish.families.open_weights import LEARNING_RATE

ASKED = "learningRate"
#: Added to the job's hyperparameters, which are the only free text in what the service says about a job.
TRAINED = "standInLearningRate"


def with_stand_in_rate(values: Mapping[str, str], tuning: Tuning) -> dict[str, str]:
    """A job's hyperparameters, complete and checked, with the rate at which the stand-in trains.

    ``tuning`` is that of the family whose id the stand-in answers to. A family without a rate adds none.
    """
    if ASKED not in values:
        return dict(values)
    return {**values, TRAINED: stand_in_rate(values[ASKED], usual=tuning.defaults()[ASKED])}


def stand_in_rate(asked: str, *, usual: str) -> str:
    """The open models' default rate times asked over usual, within the open models' bounds."""
    rate = float(LEARNING_RATE.default) * _ratio(asked, usual)
    return f"{min(max(rate, LEARNING_RATE.low), LEARNING_RATE.high):g}"


def _ratio(asked: str, usual: str) -> float:
    try:
        return float(asked) / float(usual)
    except ValueError:  # a word such as "auto", which leaves the choice to the service
        return 1.0
