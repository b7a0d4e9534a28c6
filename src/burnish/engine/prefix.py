"""Running a shared prefix once.

Every example of a classification set begins with the same several hundred tokens. Here the prefix is
run once, its keys and values are widened over the batch, and only what differs is run for each example.
Autograd sums the gradients through the widened cache, so the step is the plain step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from transformers import DynamicCache

Tokens = Sequence[int]


def shared_length(sequences: Sequence[Tokens]) -> int:
    """How many leading tokens all sequences have in common."""
    first, last = min(sequences, key=tuple), max(sequences, key=tuple)
    for position, (one, other) in enumerate(zip(first, last, strict=False)):
        if one != other:
            return position
    return min(len(first), len(last))


def run_prefix(backbone: Any, tokens: Tokens, device: torch.device) -> DynamicCache:
    """The keys and values of a prefix, for one sequence."""
    cache = DynamicCache()
    if tokens:
        backbone(input_ids=torch.tensor([list(tokens)], device=device), past_key_values=cache, use_cache=True)
    return cache


def widened(cache: DynamicCache, batch: int) -> DynamicCache:
    """The same keys and values for every sequence of a batch: copied, for the cache keeps them whole."""
    wide = DynamicCache()
    for index, layer in enumerate(cache.layers):
        if layer.keys is not None and layer.values is not None:
            shape = (batch, *layer.keys.shape[1:])
            wide.update(layer.keys.expand(shape), layer.values.expand(shape), index)
    return wide


def cut_off(cache: DynamicCache) -> DynamicCache:
    """The same keys and values as leaves of the graph: gradients stop and gather there."""
    leaves = DynamicCache()
    for index, layer in enumerate(cache.layers):
        keys, values = (
            tensor.detach().requires_grad_(tensor.requires_grad) for tensor in (layer.keys, layer.values)
        )
        leaves.update(keys, values, index)
        # The cache's own copies are results of a concatenation; the leaves themselves must be used.
        leaves.layers[index].keys, leaves.layers[index].values = keys, values
    return leaves


def pass_on(leaves: DynamicCache, cache: DynamicCache) -> None:
    """Send the gradients that gathered at the leaves back through the prefix."""
    pairs = [
        (tensor, leaf.grad)
        for layer, leaf_layer in zip(cache.layers, leaves.layers, strict=True)
        for tensor, leaf in ((layer.keys, leaf_layer.keys), (layer.values, leaf_layer.values))
        if leaf is not None and leaf.grad is not None
    ]
    if pairs:
        torch.autograd.backward([tensor for tensor, _ in pairs], [gradient for _, gradient in pairs])


def padded(sequences: Sequence[Tokens], device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Sequences padded on the right with zeros, and a mask of what is real. Both are (batch, longest)."""
    longest = max(len(sequence) for sequence in sequences)
    rows = [[*sequence, *[0] * (longest - len(sequence))] for sequence in sequences]
    mask = [[1] * len(sequence) + [0] * (longest - len(sequence)) for sequence in sequences]
    return torch.tensor(rows, device=device), torch.tensor(mask, device=device)
