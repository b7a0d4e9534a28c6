"""Gradient checkpointing: a block's inner numbers are computed again on the way back instead of kept.

Chen et al., arXiv 1604.06174. transformers' own checkpointing gives up caches, which prefixes are run with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch.utils.checkpoint import checkpoint
from transformers import DynamicCache

from burnish.engine.language_model.block_forwards import running_as


def checkpointed(blocks: Sequence[torch.nn.Module]) -> AbstractContextManager[None]:
    """Let blocks keep nothing but their inputs for the way back, which must end before this does."""
    return running_as(blocks, _checkpointing)


def _checkpointing(forward: Callable[..., Any]) -> Callable[..., Any]:
    def checkpointing(*arguments: Any, **options: Any) -> Any:
        run = _Rerunnable(forward)
        return checkpoint(run, *arguments, use_reentrant=False, preserve_rng_state=False, **options)

    return checkpointing


class _Rerunnable:
    """A block's pass that may be run a second time: then the cache that it has filled stays as it is."""

    def __init__(self, forward: Callable[..., Any]) -> None:
        self._forward = forward
        self._has_run = False

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        if self._has_run:
            arguments = tuple(map(_empty_if_cache, arguments))
            options = {name: _empty_if_cache(value) for name, value in options.items()}
        self._has_run = True
        return self._forward(*arguments, **options)


def _empty_if_cache(value: Any) -> Any:
    return DynamicCache() if isinstance(value, DynamicCache) else value
