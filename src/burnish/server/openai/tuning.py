"""OpenAI's hyperparameters as those of a model family."""

from __future__ import annotations

from collections.abc import Mapping

from burnish.errors import InvalidConfig
from burnish.families import CustomizationType, family_of
from burnish.families.family import Tuning
from burnish.families.open_weights import USUAL_LEARNING_RATE
from burnish.server.openai.errors import RequestRefused, unsupported
from burnish.server.openai.requests import TuningRequest

RATE = "learningRate"
_NAMES = {"n_epochs": "epochCount", "batch_size": "batchSize", "learning_rate_multiplier": RATE}


def hyperparameters_of(asked: TuningRequest) -> dict[str, str]:
    """What Bedrock's job is given. What is ``auto`` is left out: the family has a default for it.

    The multiplier multiplies the family's own rate. Raises `RequestRefused` for what the model does not have.
    """
    tuning = _tuning_of(_base_of(asked.model))
    given = dict(asked.tuning.given)
    if asked.seed is not None:
        given["seed"] = asked.seed
    found = {}
    for name, value in given.items():
        theirs = _NAMES.get(name, name)
        if theirs not in tuning.hyperparameters:
            raise unsupported(name, f"{asked.model} has {', '.join(tuning.hyperparameters) or 'none'}")
        number = value * _usual_rate(tuning.defaults()) if theirs == RATE else value
        found[theirs] = f"{number:.10g}"
        if problem := tuning.hyperparameters[theirs].problem(theirs, found[theirs]):
            raise RequestRefused(f"{name}: {problem}", param=name)
    return found


def _tuning_of(base: str) -> Tuning:
    family = family_of(base)
    if family is None:
        raise RequestRefused(
            f"There is no model {base!r} that can be tuned", param="model", code="model_not_found"
        )
    try:
        return family.tuning(base, CustomizationType.FINE_TUNING)
    except InvalidConfig as error:
        raise RequestRefused(str(error), param="model") from error


def _base_of(model: str) -> str:
    """The base model in the name of a fine-tuned one, which ends in three parts of its own."""
    return model.removeprefix("ft:").rsplit(":", 3)[0] if model.startswith("ft:") else model


def _usual_rate(defaults: Mapping[str, str]) -> float:
    try:
        return float(defaults[RATE])
    except ValueError:  # chosen from the data
        return USUAL_LEARNING_RATE
