"""How a job trains: what the model is given, and what log, details and files of the job say about it."""

from __future__ import annotations

import json
from dataclasses import replace

import job_requests

from burnish.engine.language_model.defaults import chosen_training
from burnish.engine.language_model.training import LoraTraining
from burnish.families import family_named
from burnish.server.stand_ins import with_stand_in_settings
from burnish.server.training.training_settings import (
    manner_of,
    settings_file,
    trained_hyperparameters,
    with_chosen,
)

OPEN_WEIGHTS = family_named("open_weights").tuning("local.m-v1:0")
NOVA = family_named("nova").tuning("amazon.nova-lite-v1:0:300k")
STOOD_IN = replace(
    job_requests.JOB,
    base_model_id="amazon.nova-lite-v1:0:300k",
    hyperparameters=with_stand_in_settings({"learningRate": "0.00001"}, NOVA),
)


def chosen_for(hyperparameters) -> LoraTraining:
    return chosen_training(trained_hyperparameters(hyperparameters), examples=56, parameters=10**8)


def test_a_stand_in_trains_at_its_own_rate_and_by_what_was_chosen():
    trained = trained_hyperparameters(STOOD_IN.hyperparameters)
    assert (trained["learningRate"], trained["epochCount"]) == ("0.001", "auto")


def test_any_other_model_trains_as_was_asked():
    assert trained_hyperparameters(OPEN_WEIGHTS.defaults()) == OPEN_WEIGHTS.defaults()


def test_a_job_of_an_earlier_version_goes_on_as_it_began():
    assert trained_hyperparameters(NOVA.defaults())["learningRate"] == "0.00001"
    earlier = {**NOVA.defaults(), "standInLearningRate": "0.001"}
    assert trained_hyperparameters(earlier)["learningRate"] == "0.001"
    assert trained_hyperparameters(earlier)["epochCount"] == "2"


def test_the_log_says_that_a_stand_in_trains_at_another_rate_than_was_asked_for():
    said = "\n".join(manner_of(STOOD_IN, chosen_for(STOOD_IN.hyperparameters)))
    assert "trains local.m-v1:0" in said
    assert "at a learning rate of 0.001: it asked for 0.00001" in said
    assert "which is meant for amazon.nova-lite-v1:0:300k" in said


def test_the_log_says_what_was_chosen_and_why():
    job = replace(job_requests.JOB, hyperparameters={**OPEN_WEIGHTS.defaults(), "batchSize": "2"})
    said = "\n".join(manner_of(job, chosen_for(job.hyperparameters)))
    assert "epochCount 5, chosen from the data (56 examples" in said
    assert "batchSize" not in said


def test_the_details_of_a_job_say_what_was_given_what_was_chosen_and_why():
    given = OPEN_WEIGHTS.defaults()
    told = with_chosen(given, chosen_for(given))
    assert given.items() <= told.items()
    assert (told["chosenEpochCount"], told["chosenLearningRate"]) == ("5", "0.002")
    assert "epochCount: 56 examples" in told["chosenBecause"]


def test_an_attempt_that_begins_anew_chooses_anew():
    given = OPEN_WEIGHTS.defaults()
    assert chosen_for(with_chosen(given, chosen_for(given))) == chosen_for(given)


def test_where_nothing_is_chosen_nothing_is_added():
    given = {"epochCount": "1", "batchSize": "2", "learningRate": "0.1", "learningRateWarmupSteps": "0"}
    assert with_chosen(given, chosen_for(given)) == given


def test_the_file_holds_what_was_asked_for_what_was_chosen_and_what_was_done():
    told = json.loads(settings_file(STOOD_IN, chosen_for(STOOD_IN.hyperparameters)))
    assert (told["baseModel"], told["weights"]) == ("amazon.nova-lite-v1:0:300k", "local.m-v1:0")
    assert told["hyperParameters"]["learningRate"] == "0.00001"
    assert {one["name"]: one["value"] for one in told["chosen"]}["epochCount"] == "5"
    assert (told["settings"]["learning_rate"], told["settings"]["epochs"]) == (0.001, 5)


def test_the_log_names_no_rate_where_a_model_has_none():
    job = replace(job_requests.JOB, hyperparameters={})
    assert list(manner_of(job, LoraTraining())) == ["trains local.m-v1:0"]
