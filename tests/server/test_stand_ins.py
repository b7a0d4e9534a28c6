"""A stand-in trains by what its job says, and at rates that it needs; what the job leaves open is chosen."""

from __future__ import annotations

import pytest

from burnish.families import CustomizationType, family_named
from burnish.families.open_weights import CHOSEN_BY_DEFAULT
from burnish.server.stand_ins import stand_in_rate, trained_instead, with_stand_in_settings

NOVA = family_named("nova").tuning("amazon.nova-lite-v1:0:300k")
LLAMA = family_named("llama").tuning("meta.llama3-3-70b-instruct-v1:0:128k")
CLAUDE = family_named("claude").tuning("anthropic.claude-3-haiku-20240307-v1:0:200k")


@pytest.mark.parametrize("tuning", [NOVA, LLAMA])
def test_what_a_job_leaves_open_is_chosen_and_not_the_familys_default(tuning):
    values = with_stand_in_settings({}, tuning)
    assert tuning.defaults().items() <= values.items()
    instead = trained_instead(values)
    assert set(instead) == set(CHOSEN_BY_DEFAULT) & set(tuning.defaults())
    assert set(instead.values()) == {"auto"}


@pytest.mark.parametrize("tuning", [NOVA, LLAMA])
def test_what_a_job_says_is_taken_even_where_it_is_the_familys_default(tuning):
    instead = trained_instead(with_stand_in_settings(tuning.defaults(), tuning))
    assert instead == {"learningRate": "0.001"}


def test_what_was_asked_for_is_kept_beside_it():
    given = {"learningRate": "0.00002", "epochCount": "5", "batchSize": "2"}
    assert with_stand_in_settings(given, NOVA) == {
        **given,
        "learningRateWarmupSteps": "10",
        "standInLearningRate": "0.002",
        "standInLearningRateWarmupSteps": "auto",
    }


@pytest.mark.parametrize(
    ("asked", "trained"), [("1e-6", "0.0001"), ("0.00005", "0.005"), ("1e-4", "0.01"), ("auto", "auto")]
)
def test_a_rate_keeps_its_ratio_to_the_default(asked, trained):
    assert stand_in_rate(asked, usual="0.00001") == trained


def test_a_rate_stays_within_the_bounds_of_the_open_models():
    assert stand_in_rate("0.1", usual="0.0001") == "0.1"


def test_a_method_without_hyperparameters_leaves_all_of_them_to_the_data():
    distillation = family_named("nova").tuning("amazon.nova-lite-v1:0:300k", CustomizationType.DISTILLATION)
    assert with_stand_in_settings({}, distillation) == dict.fromkeys(CHOSEN_BY_DEFAULT, "auto")


def test_a_family_without_hyperparameters_that_are_chosen_is_left_as_it_is():
    assert trained_instead(with_stand_in_settings({}, CLAUDE)).get("learningRate") is None
