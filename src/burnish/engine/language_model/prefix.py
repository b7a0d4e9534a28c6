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
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import torch
from transformers import DynamicCache
from transformers.cache_utils import Cache, DynamicLayer

from burnish.engine.language_model.architecture import blocks_of
from burnish.engine.language_model.block_forwards import running_as

Tokens = Sequence[int]
#: What a network is given for a row of tokens.
RowInputs = Callable[[Tokens], dict[str, torch.Tensor]]


def shared_length(sequences: Sequence[Tokens]) -> int:
    """How many leading tokens all sequences have in common."""
    # What the lexicographically first and last share, all in between share too.
    first, last = min(sequences, key=tuple), max(sequences, key=tuple)
    for position, (one, other) in enumerate(zip(first, last, strict=False)):
        if one != other:
            return position
    return min(len(first), len(last))


def token_inputs(device: torch.device) -> RowInputs:
    """Rows of the vocabulary's tokens, as they are."""
    return lambda tokens: {"input_ids": torch.tensor([list(tokens)], device=device)}


def run_prefix(
    backbone: Any, tokens: Tokens, device: torch.device, rows: RowInputs | None = None
) -> DynamicCache:
    """The keys and values of a prefix, for one sequence."""
    cache = DynamicCache()
    if tokens:
        backbone(**(rows or token_inputs(device))(tokens), past_key_values=cache, use_cache=True)
    return cache


class PrefixRunner:
    """Runs prefixes through a network whose lowest blocks are frozen.

    The output of these blocks for a prefix is the same at every step, so it is computed once and cached. The
    numbers are those of `run_prefix`, which takes over where no block is frozen, or the decoder has no list
    of blocks (`architecture.blocks_of`).
    """

    #: By chance a batch may share a token or two more than all examples do, and that is another prefix. So
    #: a few are cached, and those unused for longest are dropped.
    MAX_CACHED = 8

    def __init__(self, backbone: Any, device: torch.device, rows: RowInputs | None = None) -> None:
        self._backbone = backbone
        self._device = device
        self._rows = rows
        self._frozen = blocks_of(backbone)[: frozen_blocks(backbone)]
        self._cached: OrderedDict[tuple[int, ...], tuple[Any, list[Any]]] = OrderedDict()

    def run(self, tokens: Tokens) -> DynamicCache:
        """The keys and values of a prefix, for one sequence."""
        if not self._frozen or not tokens:
            return run_prefix(self._backbone, tokens, self._device, self._rows)
        key = tuple(tokens)
        if key not in self._cached:
            return self._first_run(key)
        self._cached.move_to_end(key)
        output, layers = self._cached[key]
        with _giving(self._frozen, output):
            cache = run_prefix(self._backbone, tokens, self._device, self._rows)
        # Blocks keep their numbers, so the places of those that did not run are still empty.
        cache.layers[: len(layers)] = layers
        return cache

    def _first_run(self, tokens: tuple[int, ...]) -> DynamicCache:
        """The keys and values of a prefix; what the frozen blocks have to do with them is cached."""
        with _outputs_of(self._frozen[-1]) as outputs:
            cache = run_prefix(self._backbone, tokens, self._device, self._rows)
        self._cached[tokens] = outputs[-1], cache.layers[: len(self._frozen)]
        if len(self._cached) > self.MAX_CACHED:
            self._cached.popitem(last=False)
        return cache


def frozen_blocks(backbone: Any) -> int:
    """How many of the lowest blocks are frozen."""
    trained = [
        number
        for number, block in enumerate(blocks_of(backbone))
        if any(weight.requires_grad for weight in block.parameters())
    ]
    return trained[0] if trained else 0


@contextmanager
def _outputs_of(block: Any) -> Iterator[list[Any]]:
    """A list to which the block's outputs are added, in whichever form its architecture gives them."""
    outputs: list[Any] = []
    hook = block.register_forward_hook(lambda _module, _arguments, output: outputs.append(output))
    try:
        yield outputs
    finally:
        hook.remove()


def _giving(blocks: Sequence[Any], output: Any) -> AbstractContextManager[None]:
    """Let blocks give an output without computing anything."""
    return running_as(blocks, lambda _: lambda *_arguments, **_options: output)


def expanded(cache: DynamicCache, batch: int) -> DynamicCache:
    """The cache with its one sequence expanded to a batch, as a copy."""
    batched = DynamicCache()
    for index, layer in enumerate(cache.layers):
        if layer.keys is not None and layer.values is not None:
            keys, values = (one.expand(batch, -1, -1, -1) for one in (layer.keys, layer.values))
            batched.update(keys, values, index)
    return batched


class _SharedLayer(DynamicLayer):  # type: ignore[misc]
    """Keys and values that several continuations follow: theirs are not kept."""

    def __init__(self, keys: torch.Tensor, values: torch.Tensor) -> None:
        super().__init__()
        self.lazy_initialization(keys, values)
        self.keys, self.values = keys, values

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *_: Any, **__: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The keys and values with those of a continuation after them."""
        return torch.cat([self.keys, key_states], dim=-2), torch.cat([self.values, value_states], dim=-2)


def shared(cache: DynamicCache, *, batch: int = 1) -> Cache:
    """The cache of one sequence as one that a batch goes on from, any number of times: it stays as it is."""
    layers = [
        _SharedLayer(*(one.expand(batch, -1, -1, -1) for one in (layer.keys, layer.values)))
        for layer in cache.layers
    ]
    return Cache(layers=layers)


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


def suffix_inputs(
    suffixes: Sequence[Tokens], cache: Any, prefix_length: int, device: torch.device
) -> dict[str, Any]:
    """What a network is given to run suffixes after the prefix in a cache, padded on the right."""
    tokens, real = padded(suffixes, device)
    seen = torch.ones(len(suffixes), prefix_length, dtype=real.dtype, device=device)
    positions = torch.arange(prefix_length, prefix_length + tokens.shape[1], device=device)
    return {
        "input_ids": tokens,
        "attention_mask": torch.cat([seen, real], dim=1),
        "position_ids": positions.expand(len(suffixes), -1),
        "past_key_values": cache,
        "use_cache": True,
    }
