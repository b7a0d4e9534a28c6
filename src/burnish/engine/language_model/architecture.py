"""How a network is built, found by its structure: its decoder, its blocks, and the kinds of its layers.

No architecture is named here. transformers says where the decoder and the vocabulary head are, the blocks
are the decoder's one long list of modules, and adapters go onto the linear maps inside of them.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch
from transformers.cache_utils import get_layer_types_and_kwargs
from transformers.pytorch_utils import Conv1D

#: Attention whose cache holds the keys and values of tokens, one by one.
PLAIN_ATTENTION = {"full_attention", "sliding_attention", "chunked_attention"}
#: The context of architectures that name none, and whose tokenizer names none.
USUAL_CONTEXT = 2048
#: Tokenizers without a limit have an absurdly large one.
NO_LIMIT = 10_000_000
LINEAR = (torch.nn.Linear, Conv1D)


def text_config(config: Any) -> Any:
    """The configuration of the decoder of text: of a model of text alone, its own."""
    return config.get_text_config(decoder=True)


def context_of(config: Any, tokenizer: Any) -> int:
    """The length of a model's context, in tokens: as its configuration says, else as its tokenizer does."""
    named = getattr(text_config(config), "max_position_embeddings", None)
    if named:
        return int(named)
    return int(tokenizer.model_max_length) if tokenizer.model_max_length < NO_LIMIT else USUAL_CONTEXT


def with_few_layers(config: Any, layers: int, *, vocabulary: int) -> Any:
    """The decoder's configuration with so few layers, of each kind in turn, and so few tokens to know."""
    small = copy.deepcopy(text_config(config))
    small.num_hidden_layers, small.vocab_size, small.pad_token_id = layers, vocabulary, None
    if kinds := [*dict.fromkeys(getattr(small, "layer_types", None) or ())]:
        small.layer_types = (kinds * layers)[:layers]
    return small


def blocks_of(decoder: torch.nn.Module) -> Sequence[torch.nn.Module]:
    """The decoder's blocks from the lowest up; none where it has no list of them (shared blocks, say)."""
    count = text_config(decoder.config).num_hidden_layers
    lists = [
        module
        for module in decoder.modules()
        if isinstance(module, torch.nn.ModuleList) and len(module) == count
    ]
    return max(lists, key=_size, default=())


def linear_names(network: torch.nn.Module, parts: Sequence[torch.nn.Module]) -> list[str]:
    """The names, within the network, of all linear maps inside of some of its parts.

    Without those that choose a mixture's experts: what they choose is not for a few pages to change.
    """
    inside = {module for part in parts for module in part.modules() if isinstance(module, LINEAR)}
    return [name for name, module in network.named_modules() if module in inside and "router" not in name]


def is_transposed(network: torch.nn.Module, names: Sequence[str]) -> bool:
    """Whether linear maps keep their weights as (inputs, outputs), as GPT-2's do."""
    return all(isinstance(network.get_submodule(name), Conv1D) for name in names)


def other_layers(network: Any) -> list[str]:
    """The kinds of layers that keep something else than the keys and values of tokens: a state, mostly.

    State-space and recurrent layers have one state for all that they have read: it cannot be shared by
    several continuations without a copy, nor masked for a single one of them.
    """
    kinds, _ = get_layer_types_and_kwargs(text_config(network.config))
    other = sorted(set(kinds) - PLAIN_ATTENTION)
    stateful = network._is_stateful  # noqa: SLF001 - transformers has no public name for it
    return other or (["recurrent"] if stateful else [])


def _size(blocks: torch.nn.ModuleList) -> int:
    return sum(weight.numel() for weight in blocks.parameters())
