"""How a stand-in trains, an open model that answers to the id of a closed one.

A job is held to the bounds of the family that its id names, so that code written for that family runs here
unchanged. What it does not say, though, is not that family's default: that suits large closed models, and
small open ones learn little by it. It is chosen from the data, as for a job that names the open model.

What it says is taken as it is, except for the learning rate, which suits certain weights. It is read relative
to its family's default: twice the default there trains at twice the open models' usual rate here.
"""

from __future__ import annotations

from collections.abc import Mapping

from burnish.families import Tuning
from burnish.families.open_weights import (
    CHOSEN_BY_DEFAULT,
    CHOSEN_FROM_DATA,
    LEARNING_RATE,
    USUAL_LEARNING_RATE,
)

ASKED = "learningRate"
PREFIX = "standIn"


def with_stand_in_settings(given: Mapping[str, str], tuning: Tuning) -> dict[str, str]:
    """A job's hyperparameters, complete, with those at which the stand-in trains instead of others.

    ``given`` is what the job says, checked; ``tuning`` is that of the family whose id is answered to.
    What is added stands under names of its own: the hyperparameters are the only free text in what the
    service says about a job.
    """
    defaults = tuning.defaults()
    if not defaults:  # as of distillation, which the service tunes by itself
        return dict.fromkeys(CHOSEN_BY_DEFAULT, CHOSEN_FROM_DATA)
    instead = {
        stand_in_name(name): CHOSEN_FROM_DATA
        for name in CHOSEN_BY_DEFAULT
        if name in defaults and name not in given
    }
    if ASKED in given:
        instead[stand_in_name(ASKED)] = stand_in_rate(given[ASKED], usual=defaults[ASKED])
    return {**defaults, **given, **instead}


def stand_in_name(name: str) -> str:
    """The name under which a job keeps what a stand-in trains with instead."""
    return f"{PREFIX}{name[0].upper()}{name[1:]}"


def trained_instead(hyperparameters: Mapping[str, str]) -> dict[str, str]:
    """The hyperparameters that a stand-in trains with instead of its job's, by the usual names."""
    return {
        name: hyperparameters[stand_in_name(name)]
        for name in hyperparameters
        if stand_in_name(name) in hyperparameters
    }


def stand_in_rate(asked: str, *, usual: str) -> str:
    """The open models' usual rate times asked over usual, within the open models' bounds."""
    try:
        ratio = float(asked) / float(usual)
    except ValueError:  # a word such as "auto", which leaves the choice to the service
        return CHOSEN_FROM_DATA
    return f"{min(max(USUAL_LEARNING_RATE * ratio, LEARNING_RATE.low), LEARNING_RATE.high):g}"
