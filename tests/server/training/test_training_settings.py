"""How a job trains: what the model is given, and what the job's log and files say about it."""

from __future__ import annotations

import json
from dataclasses import replace

import job_requests

from burnish.engine.language_model.training import LoraTraining
from burnish.families import family_named
from burnish.server.stand_ins import with_stand_in_rate
from burnish.server.training.training_settings import manner_of, settings_file, trained_hyperparameters

USUAL = family_named("open_weights").tuning("local.m-v1:0").defaults()
NOVA = family_named("nova").tuning("amazon.nova-lite-v1:0:300k")
STOOD_IN = replace(
    job_requests.JOB,
    base_model_id="amazon.nova-lite-v1:0:300k",
    hyperparameters=with_stand_in_rate(NOVA.defaults(), NOVA),
)


def test_a_stand_in_trains_at_its_own_rate():
    assert trained_hyperparameters(STOOD_IN.hyperparameters)["learningRate"] == USUAL["learningRate"]


def test_any_other_model_trains_as_was_asked():
    assert trained_hyperparameters(USUAL) == USUAL


def test_a_job_of_an_earlier_version_goes_on_at_the_rate_that_it_began_with():
    assert trained_hyperparameters(NOVA.defaults())["learningRate"] == "0.00001"


def test_the_log_says_that_a_stand_in_trains_at_another_rate_than_was_asked_for():
    said = manner_of(STOOD_IN)
    assert "trains local.m-v1:0 at a learning rate of 0.001" in said
    assert "asked for 0.00001, which is meant for amazon.nova-lite-v1:0:300k" in said


def test_the_log_does_not_explain_a_rate_that_is_as_asked_for():
    job = replace(job_requests.JOB, hyperparameters=USUAL)
    assert manner_of(job) == "trains local.m-v1:0 at a learning rate of 0.001"


def test_the_file_holds_what_was_asked_for_and_what_was_done():
    told = json.loads(settings_file(STOOD_IN, LoraTraining()))
    assert (told["baseModel"], told["weights"]) == ("amazon.nova-lite-v1:0:300k", "local.m-v1:0")
    assert told["hyperParameters"]["learningRate"] == "0.00001"
    assert told["settings"]["learning_rate"] == 0.001


def test_the_log_names_no_rate_where_a_model_has_none():
    assert manner_of(replace(job_requests.JOB, hyperparameters={})) == "trains local.m-v1:0"
