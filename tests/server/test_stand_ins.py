"""A stand-in takes the rates of the model whose id it answers to, and trains at those that it needs."""

from __future__ import annotations

import pytest

from burnish.families import family_named
from burnish.families.open_weights import LEARNING_RATE
from burnish.server.stand_ins import stand_in_rate, with_stand_in_rate

NOVA = family_named("nova").tuning("amazon.nova-lite-v1:0:300k")
LLAMA = family_named("llama").tuning("meta.llama3-3-70b-instruct-v1:0:128k")
CLAUDE = family_named("claude").tuning("anthropic.claude-3-haiku-20240307-v1:0:200k")


@pytest.mark.parametrize("tuning", [NOVA, LLAMA])
def test_the_default_rate_of_a_family_is_the_default_of_the_open_models(tuning):
    assert with_stand_in_rate(tuning.defaults(), tuning)["standInLearningRate"] == LEARNING_RATE.default


def test_what_was_asked_for_is_kept_beside_it():
    given = {**NOVA.defaults(), "learningRate": "0.00002", "epochCount": "5"}
    assert with_stand_in_rate(given, NOVA) == {**given, "standInLearningRate": "0.002"}


@pytest.mark.parametrize(
    ("asked", "trained"), [("1e-6", "0.0001"), ("0.00005", "0.005"), ("1e-4", "0.01"), ("auto", "0.001")]
)
def test_a_rate_keeps_its_ratio_to_the_default(asked, trained):
    assert stand_in_rate(asked, usual="0.00001") == trained


def test_a_rate_stays_within_the_bounds_of_the_open_models():
    assert stand_in_rate("0.1", usual="0.0001") == "0.1"


def test_a_family_without_a_rate_is_left_as_it_is():
    assert with_stand_in_rate(CLAUDE.defaults(), CLAUDE) == CLAUDE.defaults()
