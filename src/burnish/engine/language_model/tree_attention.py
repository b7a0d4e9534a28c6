"""Running a tree of tokens in one pass: which position attends to which.

A layer that attends to a window of the last tokens, or to chunks, does so here too, by the positions of
tokens: nodes of other branches stand between a node and its ancestors, but take up no position.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers.cache_utils import get_layer_types_and_kwargs

from burnish.engine.language_model.architecture import text_config
from burnish.engine.language_model.prefix import padded
from burnish.engine.language_model.trie import Trie


def tree_inputs(
    backbone: Any, suffixes: Sequence[Sequence[int]], trie: Trie, cache: Any, prefix_length: int
) -> dict[str, Any]:
    """What a network is given to run a trie after each suffix, all after the prefix in a cache.

    The nodes' columns follow those of the longest suffix.
    """
    weight = next(backbone.parameters())
    tokens, real = padded(suffixes, weight.device)
    nodes = torch.tensor(trie.tokens, device=weight.device).expand(len(suffixes), -1)
    queries = _positions(suffixes, tokens.shape[1], trie, prefix_length).to(weight.device)
    seen = torch.arange(prefix_length, device=weight.device).expand(len(suffixes), -1)
    keys = torch.cat([seen, queries], dim=1)
    return {
        "input_ids": torch.cat([tokens, nodes], dim=1),
        "attention_mask": masks_for(backbone, _attention(real, trie, prefix_length), queries, keys),
        "position_ids": queries,
        "past_key_values": cache,
        "use_cache": True,
    }


def masks_for(backbone: Any, mask: torch.Tensor, queries: torch.Tensor, keys: torch.Tensor) -> Any:
    """What a network takes as its mask: True where a query sees a key if no layer has a window.

    ``mask`` is (batch, 1, queries, keys); ``queries`` and ``keys`` are the positions of tokens.
    """
    masks = _by_kind(backbone.config, mask, queries, keys)
    if backbone.config._attn_implementation != "sdpa":  # noqa: SLF001 - transformers has no public name for it
        dtype = next(backbone.parameters()).dtype
        masks = {kind: _additive(mask, dtype) for kind, mask in masks.items()}
    # Where all layers are of one kind, architectures take a single mask.
    return masks if len(masks) > 1 else next(iter(masks.values()))


def _by_kind(
    config: Any, mask: torch.Tensor, queries: torch.Tensor, keys: torch.Tensor
) -> dict[str, torch.Tensor]:
    """The mask of each kind of layer that the network has; ``queries`` and ``keys`` are positions."""
    kinds, options = get_layer_types_and_kwargs(text_config(config))
    query, key = queries[:, None, :, None], keys[:, None, None, :]
    masks = {}
    for kind, sizes in dict(zip(kinds, options, strict=True)).items():
        masks[kind] = mask
        if kind == "sliding_attention":
            masks[kind] = mask & (query - key < sizes["sliding_window"])
        elif kind == "chunked_attention":
            masks[kind] = mask & (query // sizes["sliding_window"] == key // sizes["sliding_window"])
    return masks


def _additive(mask: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """Zero where a position attends to another, and else the lowest number: added to attention's scores."""
    return torch.zeros(mask.shape, dtype=dtype, device=mask.device).masked_fill(~mask, torch.finfo(dtype).min)


def _attention(real: torch.Tensor, trie: Trie, prefix_length: int) -> torch.Tensor:
    """(batch, 1, longest + nodes, prefix + longest + nodes), True where a position attends to another."""
    batch, longest = real.shape
    nodes = len(trie.tokens)
    mask = torch.zeros(
        batch, 1, longest + nodes, prefix_length + longest + nodes, dtype=torch.bool, device=real.device
    )
    mask[..., :prefix_length] = True
    causal = torch.ones(longest, longest, dtype=torch.bool, device=real.device).tril()
    mask[:, 0, :longest, prefix_length : prefix_length + longest] = causal
    mask[:, 0, longest:, prefix_length : prefix_length + longest] = real.bool().unsqueeze(1)
    mask[:, 0, longest:, prefix_length + longest :] = trie.attention_mask().to(real.device)
    return mask


def _positions(
    suffixes: Sequence[Sequence[int]], longest: int, trie: Trie, prefix_length: int
) -> torch.Tensor:
    """(batch, longest + nodes): a node's position follows from its depth, whatever stands beside it."""
    rows = [
        [
            *range(prefix_length, prefix_length + longest),
            *(prefix_length + len(suffix) + depth for depth in trie.depths),
        ]
        for suffix in suffixes
    ]
    return torch.tensor(rows)
