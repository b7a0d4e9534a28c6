"""Which rungs there are: those of the server that are named, and those that the user adds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from burnish.errors import InvalidConfig
from burnish.ladder.rungs import FEATURES, MAJORITY, chosen_rungs, prompted_rung, tuned_rung

OFFERED = (MAJORITY, FEATURES, tuned_rung("language-model", "local.some-v1:0"))
POOL = replace(tuned_rung("pool", "local.some-with-page-features-v1:0"), on_request=True)


def test_all_are_climbed_where_none_is_named():
    nova = prompted_rung("nova", "us.amazon.nova-micro-v1:0")
    assert chosen_rungs(OFFERED, [], [nova]) == (*OFFERED, nova)


def test_the_named_ones_are_climbed_from_the_cheapest_on():
    assert chosen_rungs(OFFERED, ["features", "majority"], []) == (MAJORITY, FEATURES)


def test_a_pool_is_climbed_where_it_is_named():
    assert chosen_rungs((*OFFERED, POOL), [], []) == OFFERED
    assert chosen_rungs((*OFFERED, POOL), ["pool"], []) == (POOL,)


def test_an_unknown_rung_is_named_with_the_nearest():
    with pytest.raises(InvalidConfig, match=r"no rung 'feature'.*Did you mean 'features'"):
        chosen_rungs(OFFERED, ["feature"], [])


def test_two_rungs_of_one_name_are_refused():
    with pytest.raises(InvalidConfig, match="two rungs are called 'features'"):
        chosen_rungs(OFFERED, [], [prompted_rung("features", "us.amazon.nova-micro-v1:0")])
