"""What a network can do, tried out on a few tokens rather than read off.

Architectures differ in the masks that they take, in where positions come from, and in what they keep in a
cache; and one that ignores what it is given computes something all the same.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import torch

from burnish.engine.language_model.prefix import expanded, run_prefix
from burnish.engine.language_model.tree_attention import tree_inputs
from burnish.engine.language_model.trie import trie_of

#: Two prompts that begin alike; and three candidates, of which two share a token.
PROMPTS = ((2, 3, 4, 5, 6), (2, 6))
TRIE = trie_of([(3, 4, 5), (3, 6), (7, 4)])
#: Relative differences of hidden states that come from rounding. Attending to anything else makes more.
TOLERANCE = {torch.float32: 1e-3, torch.bfloat16: 5e-2, torch.float16: 1e-2}


@torch.no_grad()  # type: ignore[untyped-decorator]
def continues_prefixes(backbone: Any) -> bool:
    """Whether tokens after a cached prefix get the hidden states that they have in a plain pass.

    Where what follows changes what stands before, as in encoders, they do not.
    """
    before, after = PROMPTS[0][:3], PROMPTS[0][3:]
    cache = run_prefix(backbone, before, _device(backbone))
    tokens = torch.tensor([after], device=_device(backbone))
    states = backbone(input_ids=tokens, past_key_values=cache, use_cache=True).last_hidden_state
    return _close(states[0], _alone(backbone, before, after))


@torch.no_grad()  # type: ignore[untyped-decorator]
def follows_trees(backbone: Any) -> bool:
    """Whether each node of a trie gets the hidden state that it has without the other branches."""
    takes_positions = "position_ids" in inspect.signature(backbone.forward).parameters
    if not (takes_positions and backbone._supports_attention_backend):  # noqa: SLF001 - no public name for it
        return False
    cache = run_prefix(backbone, PROMPTS[0][:1], _device(backbone))
    suffixes = [prompt[1:] for prompt in PROMPTS]
    inputs = tree_inputs(backbone, suffixes, TRIE, expanded(cache, len(suffixes)), 1)
    nodes = backbone(**inputs).last_hidden_state[:, max(map(len, suffixes)) :]
    return all(
        _close(nodes[row, list(path)], _alone(backbone, prompt, [TRIE.tokens[node] for node in path]))
        for row, prompt in enumerate(PROMPTS)
        for path in TRIE.paths
    )


def _alone(backbone: Any, before: Sequence[int], tokens: Sequence[int]) -> torch.Tensor:
    """The hidden states of tokens after others: a plain pass, nothing cached, nothing masked."""
    row = torch.tensor([[*before, *tokens]], device=_device(backbone))
    states: torch.Tensor = backbone(input_ids=row, use_cache=False).last_hidden_state
    return states[0, len(before) :]


def _close(ours: torch.Tensor, expected: torch.Tensor) -> bool:
    difference = (ours.float() - expected.float()).norm() / expected.float().norm()
    return bool(difference < TOLERANCE.get(expected.dtype, 1e-3))


def _device(backbone: Any) -> torch.device:
    device: torch.device = next(backbone.parameters()).device
    return device
