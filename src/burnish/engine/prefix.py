"""Running a shared prefix once.

Every example of a classification set begins with the same several hundred tokens. Here the prefix is
run once, its keys and values are widened over the batch, and only what differs is run for each example.
Autograd sums the gradients through the widened cache, so the step is the plain step.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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


class PrefixRunner:
    """Runs prefixes through a network whose lowest layers do not learn.

    What these layers make of a prefix is the same at every step, so it is computed once and kept. The numbers
    are those of `run_prefix`.
    """

    #: Batches may share a token or two more by chance than all examples do: that is another prefix.
    KEPT = 8

    def __init__(self, backbone: Any, device: torch.device) -> None:
        self._backbone = backbone
        self._device = device
        self._frozen = frozen_layers(backbone)
        self._kept: OrderedDict[tuple[int, ...], tuple[torch.Tensor, DynamicCache]] = OrderedDict()

    def run(self, tokens: Tokens) -> DynamicCache:
        """The keys and values of a prefix, for one sequence."""
        if not self._frozen or not tokens:
            return run_prefix(self._backbone, tokens, self._device)
        states, frozen = self._through_frozen_layers(tuple(tokens))
        cache = DynamicCache()
        with _layers_only(self._backbone, self._frozen, None):
            self._backbone(inputs_embeds=states, past_key_values=cache, use_cache=True)
        cache.layers[: self._frozen] = frozen.layers
        return cache

    def _through_frozen_layers(self, tokens: tuple[int, ...]) -> tuple[torch.Tensor, DynamicCache]:
        """The states that come out of the frozen layers, (1, tokens, width), and their keys and values."""
        if tokens not in self._kept:
            cache = DynamicCache()
            with torch.no_grad(), _layers_only(self._backbone, 0, self._frozen):
                states = self._backbone(
                    input_ids=torch.tensor([tokens], device=self._device),
                    past_key_values=cache,
                    use_cache=True,
                ).last_hidden_state
            self._kept[tokens] = states, cache
            if len(self._kept) > self.KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(tokens)
        return self._kept[tokens]


def frozen_layers(backbone: Any) -> int:
    """How many layers from the bottom up do not learn; 0 where layers differ in kind and cannot be split."""
    if len(set(getattr(backbone.config, "layer_types", None) or ())) > 1:
        return 0
    learning = [
        number
        for number, layer in enumerate(backbone.layers)
        if any(weight.requires_grad for weight in layer.parameters())
    ]
    return learning[0] if learning else 0


@contextmanager
def _layers_only(backbone: Any, first: int, end: int | None) -> Iterator[None]:
    """Leave the backbone with the layers from ``first`` to ``end``, and its norm where they are the last."""
    layers, norm = backbone.layers, backbone.norm
    backbone.layers = layers[first:end]
    if end is not None:
        backbone.norm = torch.nn.Identity()
    try:
        yield
    finally:
        backbone.layers, backbone.norm = layers, norm


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
