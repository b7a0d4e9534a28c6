"""Running a shared prefix once.

Every example of a classification set begins with the same several hundred tokens: the instructions and the
list of labels. Here this prefix is run once, its key-value cache is expanded over the batch, and only the
suffixes are run for each example. Autograd sums the gradients over the expanded cache, so that the step is
numerically that of running every example in full.

A batch goes through in micro-batches. Backpropagating each of them through the prefix would cost what was
saved, so the cache is detached first: gradients accumulate in the detached copy, and one backward pass
through the prefix at the end takes all of them (`detached`, `backpropagate`).
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
    # What the lexicographically first and last share, all in between share too.
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
    """Runs prefixes through a network whose lowest layers are frozen.

    The output of these layers for a prefix is the same at every step, so it is computed once and cached. The
    numbers are those of `run_prefix`.
    """

    #: By chance a batch may share a token or two more than all examples do, and that is another prefix. So
    #: a few are cached, and those unused for longest are dropped.
    MAX_CACHED = 8

    def __init__(self, backbone: Any, device: torch.device) -> None:
        self._backbone = backbone
        self._device = device
        self._frozen = frozen_layers(backbone)
        self._cached: OrderedDict[tuple[int, ...], tuple[torch.Tensor, DynamicCache]] = OrderedDict()

    def run(self, tokens: Tokens) -> DynamicCache:
        """The keys and values of a prefix, for one sequence."""
        if not self._frozen or not tokens:
            return run_prefix(self._backbone, tokens, self._device)
        states, frozen = self._through_frozen_layers(tuple(tokens))
        cache = DynamicCache()
        with _layers_only(self._backbone, self._frozen, None):
            self._backbone(inputs_embeds=states, past_key_values=cache, use_cache=True)
        # Layers keep their numbers, so the places of those that were left out are still empty.
        cache.layers[: self._frozen] = frozen.layers
        return cache

    def _through_frozen_layers(self, tokens: tuple[int, ...]) -> tuple[torch.Tensor, DynamicCache]:
        """The hidden states after the frozen layers, (1, tokens, width), and the cache of these layers."""
        if tokens not in self._cached:
            cache = DynamicCache()
            with torch.no_grad(), _layers_only(self._backbone, 0, self._frozen):
                states = self._backbone(
                    input_ids=torch.tensor([tokens], device=self._device),
                    past_key_values=cache,
                    use_cache=True,
                ).last_hidden_state
            self._cached[tokens] = states, cache
            if len(self._cached) > self.MAX_CACHED:
                self._cached.popitem(last=False)
        self._cached.move_to_end(tokens)
        return self._cached[tokens]


def frozen_layers(backbone: Any) -> int:
    """How many of the lowest layers are frozen; 0 where layers differ in kind.

    A backbone whose layers differ (sliding-window and full attention, say) may look up the kind of a layer by
    its index, and would take the wrong one in a stack that begins in the middle.
    """
    if len(set(getattr(backbone.config, "layer_types", None) or ())) > 1:
        return 0
    trained = [
        number
        for number, layer in enumerate(backbone.layers)
        if any(weight.requires_grad for weight in layer.parameters())
    ]
    return trained[0] if trained else 0


@contextmanager
def _layers_only(backbone: Any, first: int, end: int | None) -> Iterator[None]:
    """Reduce the backbone to the layers from ``first`` to ``end``; the norm stays where they are the last."""
    layers, norm = backbone.layers, backbone.norm
    backbone.layers = layers[first:end]
    if end is not None:
        backbone.norm = torch.nn.Identity()
    try:
        yield
    finally:
        backbone.layers, backbone.norm = layers, norm


def expanded(cache: DynamicCache, batch: int) -> DynamicCache:
    """The cache with its one sequence expanded to a batch, as a copy."""
    batched = DynamicCache()
    for index, layer in enumerate(cache.layers):
        if layer.keys is not None and layer.values is not None:
            shape = (batch, *layer.keys.shape[1:])
            batched.update(layer.keys.expand(shape), layer.values.expand(shape), index)
    return batched


def detached(cache: DynamicCache) -> DynamicCache:
    """The cache with its tensors detached from the graph: as leaves, they accumulate gradients themselves."""
    leaves = DynamicCache()
    for index, layer in enumerate(cache.layers):
        keys, values = (
            tensor.detach().requires_grad_(tensor.requires_grad) for tensor in (layer.keys, layer.values)
        )
        leaves.update(keys, values, index)
        # `update` stores the result of a concatenation, which is no leaf: put the leaves themselves there.
        leaves.layers[index].keys, leaves.layers[index].values = keys, values
    return leaves


def backpropagate(leaves: DynamicCache, cache: DynamicCache) -> None:
    """Backpropagate the gradients accumulated in a detached cache through the prefix that it came from."""
    pairs = [
        (tensor, leaf.grad)
        for layer, leaf_layer in zip(cache.layers, leaves.layers, strict=True)
        for tensor, leaf in ((layer.keys, leaf_layer.keys), (layer.values, leaf_layer.values))
        if leaf is not None and leaf.grad is not None
    ]
    if pairs:
        torch.autograd.backward([tensor for tensor, _ in pairs], [gradient for _, gradient in pairs])


def padded(sequences: Sequence[Tokens], device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Sequences padded on the right with zeros, and a mask of the real tokens. Both are (batch, longest)."""
    longest = max(len(sequence) for sequence in sequences)
    rows = [[*sequence, *[0] * (longest - len(sequence))] for sequence in sequences]
    mask = [[1] * len(sequence) + [0] * (longest - len(sequence)) for sequence in sequences]
    return torch.tensor(rows, device=device), torch.tensor(mask, device=device)
