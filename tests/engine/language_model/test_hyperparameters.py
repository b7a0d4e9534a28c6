"""Hyperparameters become the settings of a training, whatever family they are of."""

from __future__ import annotations

import pytest

from burnish.engine.language_model.defaults import chosen_training
from burnish.engine.language_model.hyperparameters import lora_training
from burnish.engine.language_model.training import LoraTraining
from burnish.families import family_named

NOVA = family_named("nova").tuning("amazon.nova-lite-v1:0:300k").defaults()


def test_hyperparameters_become_numbers():
    settings = lora_training({"epochCount": "3", "lineDropout": "0", "loraRank": "4.0"})
    assert (settings.epochs, settings.line_dropout, settings.rank) == (3, 0.0, 4)


def test_a_family_without_our_own_hyperparameters_trains_with_the_usual_ones():
    settings = lora_training(NOVA)
    assert settings.epochs == 2
    assert settings.line_dropout == LoraTraining().line_dropout


@pytest.mark.parametrize("name", ["llama", "nova", "open_weights"])
def test_the_hyperparameters_of_every_family_that_is_answered_are_understood(name):
    family = family_named(name)
    tunings = [tuning for model in family.models for tuning in model.tunings.values()]
    for tuning in [*tunings, *family.usual_tunings.values()]:
        assert chosen_training(tuning.defaults(), examples=8, parameters=1).epochs >= 1
