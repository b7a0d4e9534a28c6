"""What a network can do, tried out on a few tokens rather than read off.

Architectures differ in the masks that they take, in where positions come from, and in what they keep in a
cache; and one that ignores what it is given computes something all the same.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import torch
from transformers import AutoModel

from burnish.engine.language_model.architecture import with_few_layers
from burnish.engine.language_model.packed_attention import (
    RunningRow,
    attending_by_segments,
    packed_inputs,
)
from burnish.engine.language_model.packing import MIN_SHARED, PackedRow, packed_with_trie
from burnish.engine.language_model.prefix import expanded, run_prefix
from burnish.engine.language_model.tree_attention import tree_inputs
from burnish.engine.language_model.trie import trie_of

#: Two prompts that begin alike; and three candidates, of which two share a token.
PROMPTS = ((2, 3, 4, 5, 6), (2, 6))
TRIE = trie_of([(3, 4, 5), (3, 6), (7, 4)])
#: Sequences that share a beginning, of which two share more.
SHARED = 2
_MORE = tuple(range(2, 2 + MIN_SHARED))
SEQUENCES = ((3, 4, *_MORE, 5, 6, 7), (3, 4, 6, 5), (3, 4, *_MORE, 7, 2))
#: Of the network that packed rows are tried on. The windows are narrower than its longest sequence.
LAYERS, VOCABULARY = 2, 32
WINDOWS, NARROW = ("sliding_window", "attention_chunk_size"), 8
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
    if not _takes_masks_and_positions(backbone):
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


@torch.no_grad()  # type: ignore[untyped-decorator]
def packs_rows(config: Any, *, masked: bool) -> bool:
    """Whether packed sequences, and tries after them, get the hidden states that each has in a plain pass.

    Tried on a few layers with narrow windows, in float32: real windows are wider than what is tried, and over
    the many layers of a model in bfloat16 rounding alone may change hidden states by half.
    """
    backbone = _random_backbone(config)
    if not _takes_masks_and_positions(backbone):
        return False
    answered = [
        (*sequence, *(TRIE.tokens[node] for node in path)) for sequence in SEQUENCES for path in TRIE.paths
    ]
    expected = [_alone(backbone, one[:SHARED], one[SHARED:]) for one in answered]
    with nullcontext(RunningRow()) if masked else attending_by_segments(backbone) as running:
        prefix = run_prefix(backbone, SEQUENCES[0][:SHARED], _device(backbone))
        row = running.row = packed_with_trie(SEQUENCES, TRIE, prefix_length=SHARED)
        states = backbone(**packed_inputs(backbone, row, prefix, masked=masked)).last_hidden_state[0]
    columns = [_columns_of(row, number, path) for number in range(len(SEQUENCES)) for path in TRIE.paths]
    return all(_close(states[some], one) for some, one in zip(columns, expected, strict=True))


def _columns_of(row: PackedRow, sequence: int, path: Sequence[int]) -> list[int]:
    """Where a sequence stands, and a path of the trie after it."""
    columns = row.columns(sequence)
    first = len(columns) - len(TRIE.tokens)
    return [*columns[:first], *(columns[first + node] for node in path)]


def _random_backbone(config: Any) -> Any:
    small = with_few_layers(config, LAYERS, vocabulary=VOCABULARY)
    for name in WINDOWS:
        if getattr(small, name, None):
            setattr(small, name, NARROW)
    # Wide enough that attention has a say, and mistakes in what it sees show.
    small.initializer_range = 2 / math.sqrt(small.hidden_size)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return AutoModel.from_config(small, dtype=torch.float32).eval().get_decoder()


def _takes_masks_and_positions(backbone: Any) -> bool:
    takes_positions = "position_ids" in inspect.signature(backbone.forward).parameters
    return bool(takes_positions and backbone._supports_attention_backend)  # noqa: SLF001 - no public name for it


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
