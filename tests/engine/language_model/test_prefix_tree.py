"""The tree of what prompts begin with: kept once, found again, dropped by age."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from burnish.engine.language_model.prefix_tree import MIN_PREFIX, PrefixTree
from burnish.engine.language_model.row_cache import bytes_of, layers_of

UNBOUND = 1 << 40


def layers_for(tokens: list[int]):
    """Keys and values that tell which token they are of, in two layers; one between has none."""
    keys = torch.tensor(tokens, dtype=torch.float32).reshape(1, -1, 1).expand(2, -1, 3)
    return [(keys, keys + 0.5), None, (keys * 2, keys * 3)]


def tokens_in(cache) -> list[int]:
    keys, values = layers_of(cache)[0]
    assert torch.equal(values, keys + 0.5)
    return keys[0, :, 0].int().tolist()


def kept(*prompts: list[int], bound: int = UNBOUND) -> PrefixTree:
    tree = PrefixTree(bound=bound)
    for prompt in prompts:
        tree.keep("model", prompt, layers_for(prompt))
    return tree


INSTRUCTIONS = list(range(100, 140))
ONE, OTHER = [*INSTRUCTIONS, *range(200, 230)], [*INSTRUCTIONS, *range(300, 350)]


@pytest.mark.parametrize(
    "prompts", [(ONE, OTHER), (OTHER, ONE), (INSTRUCTIONS, ONE, OTHER), (ONE, OTHER, ONE)]
)
def test_what_prompts_share_is_kept_once_and_each_is_found_to_its_end(prompts):
    tree = kept(*prompts)
    for prompt in (ONE, OTHER, INSTRUCTIONS):
        length, cache = tree.longest("model", [*prompt, 1, 2])
        assert tokens_in(cache) == prompt
        assert length == len(prompt)
    assert tree.bytes == bytes_of(layers_for([*ONE, *OTHER[len(INSTRUCTIONS) :]]))


def test_a_beginning_that_is_hardly_one_is_neither_kept_nor_used():
    tree = kept(INSTRUCTIONS[: MIN_PREFIX - 1])
    assert tree.bytes == 0
    tree.keep("model", INSTRUCTIONS, layers_for(INSTRUCTIONS))
    assert tree.longest("model", INSTRUCTIONS[: MIN_PREFIX - 1])[0] == 0


def test_what_one_model_has_run_is_no_use_to_another_and_goes_with_it():
    tree = kept(ONE)
    tree.keep("other", OTHER, layers_for(OTHER))
    assert tree.longest("other", ONE)[0] == len(INSTRUCTIONS)
    tree.forget("model")
    assert tree.longest("model", ONE)[0] == 0
    assert tree.bytes == bytes_of(layers_for(OTHER))


def test_what_was_unused_for_longest_goes_first_and_what_is_shared_stays():
    pages = [[*INSTRUCTIONS, *range(1000 * n, 1000 * n + 30)] for n in range(1, 5)]
    tree = kept(*pages[:3], bound=bytes_of(layers_for([0] * (40 + 3 * 30))))
    tree.longest("model", pages[0])
    tree.keep("model", pages[3], layers_for(pages[3]))
    found = [tree.longest("model", page)[0] for page in pages]
    assert found == [70, 40, 70, 70]


def test_what_is_larger_than_all_room_is_not_kept():
    tree = kept(ONE, bound=100)
    assert (tree.bytes, tree.longest("model", ONE)[0]) == (0, 0)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 1), min_size=1, max_size=60), min_size=1, max_size=12),
    st.integers(0, 20_000),
)
def test_whatever_is_kept_its_bytes_are_counted_and_what_is_found_is_right(prompts, bound):
    tree = PrefixTree(bound=bound)
    for prompt in prompts:
        tree.keep("model", prompt, layers_for(prompt))
        assert tree.bytes <= bound
        length, cache = tree.longest("model", prompt)
        assert tokens_in(cache) == prompt[:length] if length else not cache.layers
    tree.forget("model")
    assert tree.bytes == 0
