"""How a language model is trained where its user leaves that open: chosen from the data and the model's size.

What helps a training of few pages is many small steps. So a model sees about as many pages whatever there is
to choose from, as many as two cores train in about four minutes, in small batches. What of this was measured,
and what is a guess: "A pool beside its members" in ``benchmarks/README.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from burnish.engine.language_model.hyperparameters import lora_training
from burnish.engine.language_model.training import LoraTraining
from burnish.engine.tunable_model import ChosenSetting
from burnish.families.open_weights import CHOSEN_FROM_DATA, USUAL_LEARNING_RATE

PAGES_SEEN = 400
#: More epochs than that learn the pages by heart; fewer show too little of each.
MIN_EPOCHS, MAX_EPOCHS = 2, 5
#: From so many examples on there are steps enough in one epoch, and in larger batches.
MANY = 1_000
BATCH_SIZE, LARGE_BATCH_SIZE = 4, 8
#: A model of so many parameters or fewer takes twice the rate that is usual for adapters of larger ones.
SMALL = 300_000_000
#: Of plain text.
TEXT_EPOCHS = 1
#: The share of the steps in which the rate rises.
WARMUP_SHARE = 0.05


def chosen_training(given: Mapping[str, str], *, examples: int, parameters: int) -> LoraTraining:
    """The settings that hyperparameters give, with what they leave open chosen.

    ``examples`` is the number of training examples, ``parameters`` that of the model's parameters.
    """
    choices = (_epochs(examples), _batch_size(examples), _learning_rate(parameters))
    chosen = [choice for choice in choices if _is_open(given, choice.name)]
    values = {**given, **{choice.name: choice.value for choice in chosen}}
    if _is_open(given, _WARMUP):
        steps = lora_training({**values, _WARMUP: "0"}).steps(examples)
        chosen.append(_warmup(steps))
        values[_WARMUP] = chosen[-1].value
    return replace(lora_training(values), chosen=tuple(chosen))


def chosen_for_plain_texts(given: Mapping[str, str], *, sequences: int, parameters: int) -> LoraTraining:
    """The settings for pre-training further on so many sequences, all of whose tokens are learned."""
    choice = ChosenSetting(
        name="epochCount",
        value=str(TEXT_EPOCHS),
        reason="plain text, which is usually seen once",
    )
    chosen = (choice,) if _is_open(given, choice.name) else ()
    values = {**given, **{one.name: one.value for one in chosen}}
    settings = chosen_training(values, examples=sequences, parameters=parameters)
    # All blocks get an adapter: the texts share no prefix whose gradients could be spared.
    return replace(settings, trained_share=1.0, line_dropout=0.0, chosen=(*chosen, *settings.chosen))


_WARMUP = "learningRateWarmupSteps"


def _is_open(given: Mapping[str, str], name: str) -> bool:
    return given.get(name, CHOSEN_FROM_DATA) == CHOSEN_FROM_DATA


def _epochs(examples: int) -> ChosenSetting:
    least = 1 if examples >= MANY else MIN_EPOCHS
    epochs = min(max(round(PAGES_SEEN / max(examples, 1)), least), MAX_EPOCHS)
    return ChosenSetting(
        name="epochCount",
        value=str(epochs),
        reason=f"{examples} examples: about {PAGES_SEEN} are to be seen, each {least} to {MAX_EPOCHS} times",
    )


def _batch_size(examples: int) -> ChosenSetting:
    if examples >= MANY:
        reason = f"{examples} examples, from {MANY} on"
        return ChosenSetting(name="batchSize", value=str(LARGE_BATCH_SIZE), reason=reason)
    reason = f"{examples} examples, under {MANY}: small batches make more steps"
    return ChosenSetting(name="batchSize", value=str(BATCH_SIZE), reason=reason)


def _learning_rate(parameters: int) -> ChosenSetting:
    is_small = parameters <= SMALL
    rate = 2 * USUAL_LEARNING_RATE if is_small else USUAL_LEARNING_RATE
    size = f"{parameters / 1e6:.0f} million parameters, {'at most' if is_small else 'over'} {SMALL / 1e6:.0f}"
    return ChosenSetting(name="learningRate", value=f"{rate:g}", reason=size)


def _warmup(steps: int) -> ChosenSetting:
    count = max(1, round(steps * WARMUP_SHARE))
    return ChosenSetting(name=_WARMUP, value=str(count), reason=f"{WARMUP_SHARE:.0%} of {steps} steps")
