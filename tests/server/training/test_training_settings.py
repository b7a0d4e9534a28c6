"""How a job trains: its hyperparameters as numbers, and what its log and its files say about them."""

from __future__ import annotations

import json
from dataclasses import replace

import job_requests
import pytest

from burnish.engine.language_model.training import LoraTraining
from burnish.families import family_named
from burnish.server.stand_ins import with_stand_in_rate
from burnish.server.training.training_settings import manner_of, settings_file, settings_of

USUAL = family_named("open_weights").tuning("local.m-v1:0").defaults()
NOVA = family_named("nova").tuning("amazon.nova-lite-v1:0:300k")
STOOD_IN = replace(
    job_requests.JOB,
    base_model_id="amazon.nova-lite-v1:0:300k",
    hyperparameters=with_stand_in_rate(NOVA.defaults(), NOVA),
)


def test_hyperparameters_become_numbers():
    settings = settings_of({**USUAL, "epochCount": "3", "lineDropout": "0", "loraRank": "4.0"})
    assert (settings.epochs, settings.line_dropout, settings.rank) == (3, 0.0, 4)


def test_a_family_without_our_own_hyperparameters_trains_with_the_usual_ones():
    settings = settings_of(NOVA.defaults())
    assert settings.epochs == 2
    assert settings.line_dropout == LoraTraining().line_dropout


@pytest.mark.parametrize("name", ["llama", "nova", "open_weights"])
def test_the_hyperparameters_of_every_family_that_is_answered_are_understood(name):
    family = family_named(name)
    tunings = [tuning for model in family.models for tuning in model.tunings.values()]
    for tuning in [*tunings, *family.usual_tunings.values()]:
        assert settings_of(tuning.defaults()).epochs >= 1


def test_a_stand_in_trains_at_its_own_rate():
    assert settings_of(STOOD_IN.hyperparameters).learning_rate == LoraTraining().learning_rate


def test_a_job_of_an_earlier_version_goes_on_at_the_rate_that_it_began_with():
    assert settings_of(NOVA.defaults()).learning_rate == 1e-5


def test_the_log_says_that_a_stand_in_trains_at_another_rate_than_was_asked_for():
    said = manner_of(STOOD_IN, settings_of(STOOD_IN.hyperparameters))
    assert "trains local.m-v1:0 at a learning rate of 0.001" in said
    assert "asked for 0.00001, which is meant for amazon.nova-lite-v1:0:300k" in said


def test_the_log_does_not_explain_a_rate_that_is_as_asked_for():
    job = replace(job_requests.JOB, hyperparameters=USUAL)
    assert manner_of(job, settings_of(USUAL)) == "trains local.m-v1:0 at a learning rate of 0.001"


def test_the_file_holds_what_was_asked_for_and_what_was_done():
    told = json.loads(settings_file(STOOD_IN, settings_of(STOOD_IN.hyperparameters)))
    assert (told["baseModel"], told["weights"]) == ("amazon.nova-lite-v1:0:300k", "local.m-v1:0")
    assert told["hyperParameters"]["learningRate"] == "0.00001"
    assert told["settings"]["learning_rate"] == 0.001
