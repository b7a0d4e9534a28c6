"""What a user leaves open is chosen from the data; what is given is taken."""

from __future__ import annotations

import pytest

from burnish.engine.language_model.defaults import MANY, chosen_training
from burnish.families import family_named

OPEN = family_named("open_weights").tuning("local.m-v1:0").defaults()
SMALL, LARGE = 135_000_000, 1_700_000_000


@pytest.mark.parametrize(
    ("examples", "epochs"), [(1, 5), (56, 5), (100, 4), (168, 2), (400, 2), (MANY - 1, 2), (MANY, 1)]
)
def test_few_examples_are_seen_more_often(examples, epochs):
    assert chosen_training(OPEN, examples=examples, parameters=SMALL).epochs == epochs


def test_small_batches_make_steps_enough_of_few_examples():
    few, many = (chosen_training(OPEN, examples=count, parameters=SMALL) for count in (56, MANY))
    assert few.batch_size < many.batch_size
    assert few.steps(56) == 70


def test_a_larger_model_takes_smaller_steps():
    small, large = (chosen_training({}, examples=56, parameters=size) for size in (SMALL, LARGE))
    assert small.learning_rate == 2 * large.learning_rate == 0.002


@pytest.mark.parametrize(("examples", "warmup"), [(4, 1), (56, 4), (800, 20)])
def test_the_rate_rises_in_a_small_share_of_the_steps(examples, warmup):
    assert chosen_training(OPEN, examples=examples, parameters=SMALL).warmup_steps == warmup


def test_what_is_given_is_taken_as_it_is_and_not_called_chosen():
    given = {**OPEN, "epochCount": "9", "learningRate": "0.0005"}
    settings = chosen_training(given, examples=56, parameters=SMALL)
    assert (settings.epochs, settings.learning_rate) == (9, 0.0005)
    assert [one.name for one in settings.chosen] == ["batchSize", "learningRateWarmupSteps"]
    assert all(one.reason for one in settings.chosen)
