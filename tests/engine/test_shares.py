"""Shares: each example is somebody's, and nobody has much more to do than the others."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from burnish.engine.shares import shares_of

COSTS = st.lists(st.integers(min_value=0, max_value=2000), max_size=64)
WORKERS = st.integers(min_value=1, max_value=9)


@given(COSTS, WORKERS)
def test_each_example_is_in_exactly_one_share(costs, workers):
    shares = shares_of(costs, workers)
    assert len(shares) == workers
    assert sorted(place for share in shares for place in share) == list(range(len(costs)))


@given(COSTS, WORKERS)
def test_shares_differ_by_no_more_than_the_costliest_example(costs, workers):
    loads = [sum(costs[place] for place in share) for share in shares_of(costs, workers)]
    assert max(loads) - min(loads) <= max(costs, default=0)


@given(st.integers(min_value=0, max_value=64), WORKERS)
def test_examples_that_cost_nothing_are_shared_out_all_the_same(count, workers):
    sizes = [len(share) for share in shares_of([0] * count, workers)]
    assert max(sizes) - min(sizes) <= 1


@given(COSTS, WORKERS)
def test_the_same_costs_give_the_same_shares_each_in_order(costs, workers):
    shares = shares_of(costs, workers)
    assert shares == shares_of(list(costs), workers)
    assert all(share == sorted(share) for share in shares)


@given(COSTS)
def test_one_worker_takes_all_in_their_order(costs):
    assert shares_of(costs, 1) == [list(range(len(costs)))]
